package store

import "context"

// Decoy makes a row durable that nobody reads, in place of the one before: as much
// work as inserting a key, without keeping one. Its name is the empty one, which no
// secret has.
func (s *Store) Decoy(ctx context.Context, wrapped []byte) error {
	return s.write(ctx, func(ctx context.Context, w *writeConn) error {
		const text = "INSERT INTO secret (name, wrapped) VALUES ('', ?) ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped"
		_, err := w.conn.ExecContext(ctx, text, wrapped)
		return err
	})
}

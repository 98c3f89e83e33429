// Package sealed has the outside of the real one.
package sealed

type Value struct{ id uint64 }

func (v Value) Use(f func(plain []byte) error) error { return f(nil) }
func (v Value) Equal(w Value) bool                   { return false }
func (v Value) IsZero() bool                         { return v.id == 0 }

type Of[T any] struct{ v Value }

func (o Of[T]) Use(f func(*T) error) error { return f(new(T)) }

type Date struct {
	Year       int32
	Month, Day uint8
}

type Session struct{}

func (s *Session) Seal(label string, b []byte) (Value, error) { return Value{}, nil }

func Public(err error) error { return err }

func (s *Session) OpenHPKE(label string, info, aad, enc, ciphertext []byte) (Value, error) {
	return Value{}, nil
}

func SealOf[T any](s *Session, label string, p *T) (Of[T], error) { return Of[T]{}, nil }

type Store struct{}

func (st *Store) Set(name string, b []byte) error { return nil }

func SetOf[T any](st *Store, name string, p *T) error { return nil }

package sqlstore

import (
	"context"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
)

// keepForgotten is how long other nodes have to hear whom one has erased.
const keepForgotten = time.Hour

// Tidy removes technical rows whose time is over, in small transactions so that
// nobody waits for it.
func (o Ops) Tidy(ctx context.Context, now time.Time) error {
	for _, t := range []struct {
		query  string
		before int64
	}{
		{o.db.text.tidy, millis(now.Add(-keepForgotten))},
		{`DELETE FROM idempotent WHERE key IN (SELECT key FROM idempotent WHERE at < ? LIMIT 1000)`, millis(now.Add(-party.KeepRepeats))},
		{`DELETE FROM system_token WHERE hash IN (SELECT hash FROM system_token WHERE expires < ? LIMIT 1000)`, millis(now)},
		{`DELETE FROM sign_in WHERE hash IN (SELECT hash FROM sign_in WHERE expires < ? LIMIT 1000)`, millis(now)},
		{`DELETE FROM notice_visit WHERE hash IN (SELECT hash FROM notice_visit WHERE expires < ? LIMIT 1000)`, millis(now)},
		{`DELETE FROM challenge WHERE id IN (SELECT id FROM challenge WHERE expires < ? LIMIT 1000)`, millis(now.Add(-account.KeepChallenges))},
		{`DELETE FROM guess WHERE key IN (SELECT key FROM guess WHERE since < ? LIMIT 1000)`, millis(now.Add(-account.GuessWindow))},
		{`DELETE FROM passkey WHERE hash IN (SELECT hash FROM passkey WHERE ended_at > 0 AND ended_at < ? LIMIT 1000)`, millis(now.Add(-account.UndoFor))},
		{`DELETE FROM provider_link WHERE ended_at > 0 AND ended_at < ?`, millis(now.Add(-account.UndoFor))},
		{`DELETE FROM certificate WHERE account IS NULL AND ends < ?`, millis(now.Add(-pki.KeptAfterExpiry))},
		{`DELETE FROM file_reset WHERE ends < ?`, millis(now)},
		{`DELETE FROM address_removed WHERE ended_at < ?`, millis(now.Add(-account.UndoFor))},
		{`DELETE FROM address_change WHERE switched_at > 0 AND ends < ?`, millis(now)},
		{`DELETE FROM block WHERE CASE WHEN ended_at > 0 THEN ended_at ELSE until END < ?`, millis(now.Add(-account.KeepBlocks))},
		{`DELETE FROM import_mapping WHERE at < ?`, millis(now.Add(-party.KeepMapping))},
		{`DELETE FROM entity_lock WHERE ends < ?`, millis(now)},
		{`DELETE FROM tag_change WHERE ends < ?`, millis(now)},
		{`DELETE FROM saved_list WHERE ended_at > 0 AND ended_at < ?`, millis(now.Add(-party.SavedRegret))},
		{`DELETE FROM saved_list WHERE used_at < ?`, millis(now.Add(-party.KeepSavedLists))},
		{`DELETE FROM list_file WHERE at < ?`, millis(now.Add(-party.KeepListFiles))},
		{`DELETE FROM pass_use WHERE expires < ?`, millis(now.Add(-party.KeepPasses))},
		{`DELETE FROM pass WHERE expires < ?`, millis(now.Add(-party.KeepPasses))},
		{`DELETE FROM directory_member WHERE ended > 0 AND ended < ?`, millis(now.Add(-account.KeepMemberships))},
		{`DELETE FROM known_browser WHERE seen_at < ?`, millis(now.Add(-account.KnownBrowserFor))},
		{`DELETE FROM request WHERE id IN (SELECT r.id FROM request r WHERE r.sealed IS NOT NULL AND r.ended_at > 0 AND r.ended_at < ?
			AND NOT EXISTS (SELECT 1 FROM party p WHERE p.id = r.party) LIMIT 1000)`, millis(now.Add(-party.KeepRequests))},
		{`DELETE FROM change_event WHERE hour < ? AND seq < (SELECT head FROM change_feed f WHERE f.system = change_event.system)`, millis(now.Add(-party.KeepNews))},
		{`UPDATE outbox SET sealed = NULL WHERE id IN (SELECT id FROM outbox WHERE state = 'dead' AND sealed IS NOT NULL AND ended < ? LIMIT 1000)`, millis(now.Add(-jobs.KeepPayload))},
		{`DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state <> 'waiting' AND ended < ? LIMIT 1000)`, millis(now.Add(-jobs.KeepDelivery))},
	} {
		for more := t.query != ""; more && ctx.Err() == nil; {
			err := o.db.InTx(ctx, func(tx *Tx) error {
				res, err := tx.exec(t.query, t.before)
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				more = n == 1000
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

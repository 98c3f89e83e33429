package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Accounts reads accounts, on the pool of readers or inside a transaction. It
// implements account.Reader.
type Accounts struct {
	q    querier
	keys *keyring.Ring
}

// AccountsTx writes accounts in one transaction. It implements account.Writer.
type AccountsTx struct {
	Accounts
	tx *Tx
}

var (
	_ account.Writer    = AccountsTx{}
	_ account.Technical = Ops{}
)

// Accounts returns the reader of accounts on the pool.
func (db *DB) Accounts() Accounts { return Accounts{q: db.readers, keys: db.cfg.Keys} }

// Accounts returns the reader and writer of accounts in this transaction.
func (tx *Tx) Accounts() AccountsTx {
	return AccountsTx{Accounts: Accounts{q: steady{tx.w.conn}, keys: tx.w.db.cfg.Keys}, tx: tx}
}

// Context is what reads inside the transaction are given.
func (tx *Tx) Context() context.Context { return tx.ctx }

var errNoAccount = habeas.NotFound("There is no such account.").WithCode("account.none")

// sealWords seals a value for a place under the key of a subject.
func sealWords(key *keyring.Key, place string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return key.Seal(place, text), nil
}

func openWords(key *keyring.Key, place string, sealed []byte, v any) error {
	text, err := key.Open(place, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// keyOf returns the key of a subject, the house's for the zero one.
func keyOf(ctx context.Context, keys *keyring.Ring, id habeas.SubjectID) (*keyring.Key, error) {
	if id.IsZero() {
		return keys.House(), nil
	}
	return keys.Key(ctx, id)
}

func accountPlace(id habeas.AccountID) string     { return "account/" + string(id[:]) }
func addressPlace(h keyring.LookupHash) string    { return "address/" + string(h[:]) }
func passkeyPlace(h keyring.LookupHash) string    { return "passkey/" + string(h[:]) }
func signInPlace(t account.Token) string          { return "sign-in/" + string(t[:]) }
func challengePlace(id habeas.ChallengeID) string { return "challenge/" + string(id[:]) }

// Account implements account.Reader.
func (r Accounts) Account(ctx context.Context, id habeas.AccountID) (account.Account, error) {
	a := account.Account{ID: id}
	var created, ends int64
	var sealed []byte
	err := r.q.QueryRowContext(ctx, `SELECT a.state, a.created_at, a.sealed, COALESCE(g.ends, 0) FROM account a
		LEFT JOIN registration g ON g.account = a.id WHERE a.id = ?`, id[:]).Scan(&a.State, &created, &sealed, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return a, errNoAccount
	}
	if err != nil {
		return a, failure(err)
	}
	a.CreatedAt, a.Ends = moment(created), moment(ends)
	key, err := r.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return a, err
	}
	return a, failure(openWords(key, accountPlace(id), sealed, &a.Profile))
}

// sealedAddress is the personal part of an address.
type sealedAddress struct {
	Mailbox string `json:"m"`
	Display string `json:"d"`
	Voucher string `json:"v,omitempty"`
}

const selectAddress = `SELECT hash, account, proved_at, proof, is_main, sealed FROM account_address`

func (r Accounts) scanAddress(ctx context.Context) func(row) (account.Address, error) {
	return r.scanAddressWith(ctx, r.keys.Key)
}

func (r Accounts) scanAddressWith(ctx context.Context, keyOf func(context.Context, habeas.SubjectID) (*keyring.Key, error)) func(row) (account.Address, error) {
	return func(s row) (account.Address, error) {
		var a account.Address
		var hash, id, sealed []byte
		var proved int64
		if err := s.Scan(&hash, &id, &proved, &a.Proof, &a.Main, &sealed); err != nil {
			return a, err
		}
		copy(a.Hash[:], hash)
		copy(a.Account[:], id)
		a.ProvedAt = moment(proved)
		key, err := keyOf(ctx, habeas.SubjectOf(a.Account))
		if err != nil {
			return a, err
		}
		var in sealedAddress
		if err := openWords(key, addressPlace(a.Hash), sealed, &in); err != nil {
			return a, fmt.Errorf("address: %w", err)
		}
		a.Mailbox, a.Display, a.Voucher = in.Mailbox, in.Display, in.Voucher
		return a, nil
	}
}

// AddressAt implements account.Reader. It does the same work whether somebody has
// proved the address or not, lately or long ago.
func (r Accounts) AddressAt(ctx context.Context, hash keyring.LookupHash) (account.Address, bool, error) {
	a, err := r.scanAddressWith(ctx, r.keys.Read)(r.q.QueryRowContext(ctx, selectAddress+` WHERE hash = ?`, hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		text, err := r.keys.StandIn(ctx)
		if err == nil {
			err = json.Unmarshal(text, &sealedAddress{})
		}
		return account.Address{}, false, failure(err)
	}
	return a, err == nil, failure(err)
}

// Addresses implements account.Reader: the main one first.
func (r Accounts) Addresses(ctx context.Context, id habeas.AccountID) ([]account.Address, error) {
	rows, err := r.q.QueryContext(ctx, selectAddress+` WHERE account = ? ORDER BY is_main DESC, proved_at`, id[:])
	return collect(rows, err, r.scanAddress(ctx))
}

// sealedPasskey is the personal part of a passkey.
type sealedPasskey struct {
	Name       string          `json:"n,omitempty"`
	Credential json.RawMessage `json:"c"`
}

const selectPasskey = `SELECT ` + credentialColumns + ` FROM passkey`

func (r Accounts) scanPasskey(ctx context.Context) func(row) (account.Passkey, error) {
	return func(s row) (account.Passkey, error) {
		var in sealedPasskey
		c, err := r.scanCredential(ctx, s, "passkey", passkeyPlace, &in)
		return account.Passkey{
			Hash: c.hash, Account: c.account, AddedAt: moment(c.added), UsedAt: moment(c.used), EndedAt: moment(c.ended),
			Name: in.Name, Credential: in.Credential,
		}, err
	}
}

// Passkeys implements account.Reader: oldest first.
func (r Accounts) Passkeys(ctx context.Context, id habeas.AccountID) ([]account.Passkey, error) {
	rows, err := r.q.QueryContext(ctx, selectPasskey+` WHERE account = ? AND ended_at = 0 ORDER BY added_at`, id[:])
	return collect(rows, err, r.scanPasskey(ctx))
}

// Passkey returns one passkey, removed ones too.
func (r Accounts) Passkey(ctx context.Context, hash keyring.LookupHash) (account.Passkey, error) {
	p, err := r.scanPasskey(ctx)(r.q.QueryRowContext(ctx, selectPasskey+` WHERE hash = ?`, hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return p, habeas.NotFound("There is no such passkey.").WithCode("passkey.none")
	}
	return p, failure(err)
}

// CreateAccount implements account.Writer.
func (w AccountsTx) CreateAccount(a account.Account, e audit.Entry) error {
	return w.saveAccount(`INSERT INTO account (sealed, state, created_at, id) VALUES (?,?,?,?)`, a, e)
}

// ChangeAccount implements account.Writer.
func (w AccountsTx) ChangeAccount(a account.Account, e audit.Entry) error {
	return w.saveAccount(`UPDATE account SET sealed = ?, state = ?, created_at = ? WHERE id = ?`, a, e)
}

func (w AccountsTx) saveAccount(query string, a account.Account, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(a.ID))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, accountPlace(a.ID), a.Profile)
	if err != nil {
		return err
	}
	if err := exactlyOne(w.tx.exec(query, sealed, string(a.State), millis(a.CreatedAt), a.ID[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// AddAddress implements account.Writer.
func (w AccountsTx) AddAddress(a account.Address, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(a.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, addressPlace(a.Hash), sealedAddress{a.Mailbox, a.Display, a.Voucher})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO account_address (hash, account, proved_at, proof, is_main, sealed) VALUES (?,?,?,?,?,?)`,
		a.Hash[:], a.Account[:], millis(a.ProvedAt), string(cmp.Or(a.Proof, habeas.ProofCode)), a.Main, sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// AddPasskey implements account.Writer.
func (w AccountsTx) AddPasskey(p account.Passkey, e audit.Entry) error {
	return w.savePasskey(`INSERT INTO passkey (account, added_at, used_at, ended_at, sealed, hash) VALUES (?,?,?,?,?,?)`, p, e)
}

// ChangePasskey implements account.Writer.
func (w AccountsTx) ChangePasskey(p account.Passkey, e audit.Entry) error {
	return w.savePasskey(`UPDATE passkey SET account = ?, added_at = ?, used_at = ?, ended_at = ?, sealed = ? WHERE hash = ?`, p, e)
}

func (w AccountsTx) savePasskey(query string, p account.Passkey, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(p.Account))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, passkeyPlace(p.Hash), sealedPasskey{p.Name, p.Credential})
	if err != nil {
		return err
	}
	err = exactlyOne(w.tx.exec(query, p.Account[:], millis(p.AddedAt), millis(p.UsedAt), millis(p.EndedAt), sealed, p.Hash[:]))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RemovePasskeys forgets every passkey of an account, those that could still be
// taken back too: what recovery does.
func (w AccountsTx) RemovePasskeys(id habeas.AccountID, e audit.Entry) error {
	if _, err := w.tx.exec(`DELETE FROM passkey WHERE account = ?`, id[:]); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EraseAccount implements account.Writer. The leaves stay; their detail becomes
// noise with the key.
func (w AccountsTx) EraseAccount(id habeas.AccountID, e audit.Entry) error {
	if err := w.tx.Audit(e); err != nil {
		return err
	}
	if err := w.tx.dropChallenges(id); err != nil {
		return err
	}
	if _, err := w.tx.partKeepers(habeas.SubjectOf(id)); err != nil {
		return err
	}
	for _, query := range slices.Concat(partStaff, []string{
		`DELETE FROM keeper WHERE subject = ?`,
		`DELETE FROM role_grant WHERE account IS NULL AND address IN (SELECT hash FROM account_address WHERE account = ? AND proof = 'code')`,
		`DELETE FROM role_grant WHERE account = ?`,
		`DELETE FROM role_application WHERE account = ?`,
		`DELETE FROM creator_site WHERE account = ?`,
		`DELETE FROM mandate WHERE account = ?`,
		`DELETE FROM account_address WHERE account = ?`,
		`DELETE FROM address_change WHERE account = ?`,
		`DELETE FROM address_removed WHERE account = ?`,
		`DELETE FROM passkey WHERE account = ?`,
		`DELETE FROM provider_link WHERE account = ?`,
		`DELETE FROM registration WHERE account = ?`,
		`DELETE FROM file_reset WHERE account = ?`,
		`DELETE FROM sign_in WHERE account = ?`,
		`DELETE FROM release_file WHERE account = ?`,
		`DELETE FROM block WHERE account = ?`,
		`DELETE FROM intervention WHERE account = ?`,
		`DELETE FROM consent WHERE account = ?`,
		`DELETE FROM staff_group WHERE account = ?`,
		`UPDATE saved_list SET account = NULL WHERE shared <> 0 AND account = ?`, // others look through it too
		`DELETE FROM saved_list WHERE account = ?`,
		`DELETE FROM tag_change WHERE account = ?`,
		`DELETE FROM list_file WHERE account = ?`,
		`DELETE FROM pass_use WHERE pass IN (SELECT id FROM pass WHERE account = ?)`,
		`DELETE FROM pass WHERE account = ?`,
		`DELETE FROM system_hand WHERE account = ?`,
		`DELETE FROM guardian WHERE account = ?`,
		`DELETE FROM digest WHERE account = ?`,
		`DELETE FROM entity_licence WHERE account = ?`,
		`DELETE FROM showing WHERE account = ?`,
		`DELETE FROM completing WHERE account = ?`,
		`DELETE FROM account_log WHERE account = ?`,
		`DELETE FROM log_reading WHERE subject = ?`,
		`DELETE FROM outbox WHERE subject = ?`,
	}) {
		if _, err := w.tx.exec(query, id[:]); err != nil {
			return err
		}
	}
	if _, err := w.tx.lapseCases(habeas.SubjectOf(id), e.At); err != nil {
		return err
	}
	if _, err := w.tx.partImports(habeas.SubjectOf(id)); err != nil {
		return err
	}
	if _, err := w.tx.partCertificates(habeas.SubjectOf(id), e.At); err != nil {
		return err
	}
	if _, err := w.tx.partEscrow(habeas.SubjectOf(id), e.At); err != nil {
		return err
	}
	if _, err := w.tx.partMandates(habeas.SubjectOf(id), e.At); err != nil {
		return err
	}
	if err := w.tx.orphan(habeas.SubjectOf(id), e); err != nil {
		return err
	}
	return exactlyOne(w.tx.exec(`DELETE FROM account WHERE id = ?`, id[:]))
}

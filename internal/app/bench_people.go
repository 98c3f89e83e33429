package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// The kinds of account that are measured.
type memberKind int

const (
	plain memberKind = iota
	withPasskey
	closed
)

// record makes a record that another system has told of.
func (b *Bench) record(ctx context.Context, a email.Address) error {
	other := habeas.Actor{Kind: habeas.ActorSystem, System: habeas.SystemID{0: 1, 15: 9}}
	_, err := b.server.Systems.Records().FindOrCreate(ctx, other, party.Assertion{
		Email: a, HasEmail: true, Values: party.Values{"identity": {"given_name": "Ada", "family_name": "Okoye"}},
	})
	return err
}

// entry witnesses what is made for the measurement.
func (b *Bench) entry(e audit.Event, subject habeas.SubjectID) audit.Entry {
	return b.server.Accounts.entry(e, subject, habeas.Server, nil)
}

// member makes an account of a kind that has proved an address.
func (b *Bench) member(kind memberKind) func(ctx context.Context, a email.Address) error {
	return func(ctx context.Context, a email.Address) error {
		_, err := b.newMember(ctx, a, kind)
		return err
	}
}

func (b *Bench) newMember(ctx context.Context, a email.Address, kind memberKind) (habeas.AccountID, error) {
	now := b.server.Clock.Now()
	id := habeas.NewID[habeas.AccountKind](now)
	subject := habeas.SubjectOf(id)
	if err := b.server.Keys.Commit(ctx, b.server.Keys.NewKey(subject)); err != nil {
		return id, err
	}
	return id, b.server.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Accounts()
		who := account.Account{ID: id, State: account.Active, CreatedAt: now, Profile: account.Profile{Language: "en"}}
		if kind == closed {
			who.State = account.Deactivated
		}
		if err := w.CreateAccount(who, b.entry(audit.AccountCreated, subject)); err != nil {
			return err
		}
		address := account.Address{Hash: b.server.Accounts.addressHash(a), Account: id, ProvedAt: now, Main: true, Mailbox: a.Mailbox(), Display: a.Display()}
		if err := w.AddAddress(address, b.entry(audit.AddressProved, subject)); err != nil || kind != withPasskey {
			return err
		}
		p := account.Passkey{Hash: b.server.Keys.Lookup(account.LookupPasskey, a.Key()), Account: id, AddedAt: now, Credential: []byte(`{}`)}
		return w.AddPasskey(p, b.entry(audit.CredentialAdded, subject))
	})
}

// claimed makes a record that its person has claimed.
func (b *Bench) claimed(ctx context.Context, a email.Address) error {
	_, _, err := b.claimedRecord(ctx, a)
	return err
}

func (b *Bench) claimedRecord(ctx context.Context, a email.Address) (p party.Party, id habeas.AccountID, err error) {
	if err := b.record(ctx, a); err != nil {
		return p, id, err
	}
	if id, err = b.newMember(ctx, a, plain); err != nil {
		return p, id, err
	}
	return p, id, b.server.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		known, err := tx.Records().KnownAt(ctx, b.server.Keys.Lookup(party.LookupEmail, a.Key()))
		if err != nil {
			return err
		}
		if len(known) != 1 {
			return errors.New("bench: the record to be claimed is not there")
		}
		if p, err = tx.Records().Party(ctx, known[0].Party); err != nil {
			return err
		}
		p.State, p.Account, p.ClaimedAt = party.Claimed, id, b.server.Clock.Now()
		p.Version++
		return tx.Records().ChangeParty(p, nil, nil, b.entry(audit.ClaimAccepted, habeas.SubjectOf(p.ID)))
	})
}

// pass makes a record whose person has handed over a consent code. Of the code only the
// name is kept here: it is tried with another secret.
func (b *Bench) pass(ctx context.Context, a email.Address) error {
	p, id, err := b.claimedRecord(ctx, a)
	if err != nil {
		return err
	}
	for range drawTries {
		if err = b.hand(ctx, a, p, id); err != errPassDraw { //nolint:errorlint // compared with the very value
			return err
		}
	}
	return err
}

// hand makes one consent code, unless another one has its name.
func (b *Bench) hand(ctx context.Context, a email.Address, p party.Party, id habeas.AccountID) error {
	session := sealed.Open(ctx)
	defer session.Close()
	desk, now := passDesk{keys: b.server.Keys, clock: b.server.Clock}, b.server.Clock.Now()
	code, link := drawPass()
	b.codes.Store(a.Key(), mistyped(string(code)))
	short, err := session.Seal("code", code)
	if err != nil {
		return err
	}
	long, err := session.Seal("link", link)
	if err != nil {
		return err
	}
	one, other := desk.read(short), desk.read(long)
	return b.server.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		_, taken, err := tx.Passes().PassNamed(ctx, one.Name)
		if err != nil {
			return err
		}
		if taken {
			return errPassDraw
		}
		return tx.Passes().CreatePass(party.Pass{
			ID: habeas.NewID[habeas.PassKind](now), Party: p.ID, Account: id, Held: p.ClaimedAt, Name: one.Name, Code: one.Whole, Link: other.Whole,
			Sets: []string{"phone"}, Uses: 1, Expires: now.Add(time.Hour),
		}, b.entry(audit.PassGiven, habeas.SubjectOf(p.ID)))
	})
}

// mistyped is a code with another last letter.
func mistyped(code string) string {
	last := byte('7')
	if code[len(code)-1] == last {
		last = '8'
	}
	return code[:len(code)-1] + string(last)
}

// byCode books for the party of a consent code that does not fit.
func (b *Bench) byCode(ctx context.Context, address string, n int) (*http.Request, error) {
	a, err := email.Parse(address)
	if err != nil {
		return nil, err
	}
	code, made := b.codes.Load(a.Key())
	if !made {
		nobodys, _ := drawPass()
		code = string(nobodys)
	}
	body, err := json.Marshal(map[string]any{
		"consent_code": code, "ticket": map[string]string{"id": fmt.Sprintf("T-%07d", n), "title": "Guided tour"},
	})
	if err != nil {
		return nil, err
	}
	return b.call(ctx, body, b.tokens[n/codesPerSystem%len(b.tokens)])
}

// codesPerSystem is how many wrong codes one system tries: fewer than are looked at.
const codesPerSystem = party.TriesPerSystem - 10

// moreSystems connects as many systems as so many wrong codes take.
func (b *Bench) moreSystems(ctx context.Context, codes int) error {
	for len(b.tokens) < codes/codesPerSystem+1 {
		token, err := b.authorize(ctx)
		if err != nil {
			return err
		}
		b.tokens = append(b.tokens, token)
	}
	return nil
}

// call is a call of find-or-create by a connected system.
func (b *Bench) call(ctx context.Context, body []byte, token string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/api/v1/parties:findOrCreate", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r, nil
}

// wrongCode asks for a code and types another one.
func (b *Bench) wrongCode(ctx context.Context, address string, _ int) (*http.Request, error) {
	ask, err := b.form(ctx, "/sign-in/code", url.Values{"address": {address}})
	if err != nil {
		return nil, err
	}
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(ask)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	c, asked := strings.CutPrefix(res.Header.Get("Location"), "/code?c=")
	if !asked {
		return nil, fmt.Errorf("bench: no code was asked for: status %d", res.StatusCode)
	}
	r, err := b.form(ctx, "/code", url.Values{"c": {c}, "code": {"00000000"}})
	if err != nil {
		return nil, err
	}
	for _, cookie := range res.Cookies() {
		r.AddCookie(cookie)
	}
	return r, nil
}

// late makes a server spend time on requests that ask for it, after the work and before
// the answer leaves: before the work it would pass while others finish theirs. It counts,
// because sleeping is not so exact.
func (b *Bench) late(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Header.Get(delayHeader) == "late" {
			for began := time.Now(); time.Since(began) < b.delay; {
				continue
			}
		}
	})
}

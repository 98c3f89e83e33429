package app

import (
	"crypto/rand"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// passDesk looks at consent codes, for systems and for people alike.
type passDesk struct {
	keys  *keyring.Ring
	clock habeas.Clock
}

// The letters of a consent code. Its name finds the pass; what follows is secret: 40 bits
// in a code that is typed, 130 in a link (NIST SP 800-63B asks for 128).
const (
	passName     = 4
	passTyped    = passName + 8
	passLinked   = passName + 26
	passAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	maxTypedPass = 100 // bytes that are looked at
)

// drawPass draws the code and what the link carries, both under one name. The caller
// seals them, which clears them.
func drawPass() (code, link []byte) {
	letters := make([]byte, passTyped+passLinked-passName)
	defer clear(letters)
	rand.Read(letters) // never fails: crypto/rand aborts the program instead
	for i, b := range letters {
		letters[i] = passAlphabet[b%32]
	}
	code = make([]byte, 0, passTyped+2)
	for i, c := range letters[:passTyped] {
		if i > 0 && i%4 == 0 {
			code = append(code, '-')
		}
		code = append(code, c)
	}
	link = append(append(make([]byte, 0, passLinked), letters[:passName]...), letters[passTyped:]...)
	return code, link
}

// read is what is looked up of a code as somebody typed it: case, blanks and hyphens do
// not count, and look-alikes are read as Crockford's alphabet does. Anything gives hashes,
// so that nonsense is looked up like a code.
func (d passDesk) read(typed sealed.Value) (c party.ConsentCode) {
	c.Typed = typed
	_ = typed.Use(func(text []byte) error {
		letters := make([]byte, 0, maxTypedPass)
		defer func() { clear(letters[:cap(letters)]) }()
		for _, b := range text[:min(len(text), maxTypedPass)] {
			if b = paperLetter(b); b != 0 {
				letters = append(letters, b)
			}
		}
		name := letters[:min(len(letters), passName)]
		c.Name = d.keys.LookupSecret(party.LookupPassName, name)     //sealcheck:allow escape a keyed hash is what is kept
		c.Whole = d.keys.LookupSecret(party.LookupPassCode, letters) //sealcheck:allow escape a keyed hash is what is kept
		return nil
	})
	return c
}

// booker is who shows a code.
type booker struct {
	actor   habeas.Actor
	account habeas.AccountID // zero: a system, or a person without an account
	name    string           // of what the keyed hash of the booker is made
	who     string           // the proved address of a person
	limits  []passLimit      // where wrong codes of theirs are counted
}

type passLimit struct {
	key   keyring.LookupHash
	tries int
}

// limit counts wrong codes of a caller.
func (d passDesk) limit(caller string, tries int) passLimit {
	return passLimit{d.keys.Lookup("pass-caller", caller), tries}
}

// system is a connected system that shows a code somebody typed there.
func (d passDesk) system(a habeas.Actor) booker {
	name := "system " + a.System.String()
	return booker{actor: a, name: name, limits: []passLimit{d.limit(name, party.TriesPerSystem)}}
}

// in is the booker as one pass knows them: two passes cannot be compared.
func (d passDesk) in(x party.Pass, by booker) keyring.LookupHash {
	return d.keys.Lookup(party.LookupPassBooker, x.ID.String()+"|"+by.name)
}

// opened is what a code that fits leads to.
type opened struct {
	pass  party.Pass
	party party.Party
	uses  []party.PassUse // before this one
	as    keyring.LookupHash
}

// known reports whether the booker has used the pass before.
func (o opened) known() bool {
	return slices.ContainsFunc(o.uses, func(u party.PassUse) bool { return u.Booker == o.as })
}

// open looks at a code. Everything is read before anything is decided, and each refusal
// reads and writes the same, so that nobody learns which of the reasons it was (PTY-A22).
// refused is what is said although the rows of the try are kept.
func (d passDesk) open(tx *sqlstore.Tx, c party.ConsentCode, by booker, ticket habeas.TicketID) (o opened, refused, err error) {
	ctx, now := tx.Context(), d.clock.Now()
	for _, l := range by.limits {
		n, err := tx.Ops().Turns(ctx, l.key, now, party.PassWindow)
		if err != nil {
			return o, nil, err
		}
		if n >= l.tries {
			return o, party.ErrPassTries, nil
		}
	}
	guessed := d.keys.Lookup("pass-guess", string(c.Name[:]))
	wrong, err := tx.Ops().Turns(ctx, guessed, now, party.PassWindow)
	if err != nil {
		return o, nil, err
	}
	x, found, err := tx.Passes().PassNamed(ctx, c.Name)
	if err != nil {
		return o, nil, err
	}
	if !found { // a record that is nobody's is looked for all the same
		x = party.Pass{ID: habeas.NewID[habeas.PassKind](now), Party: habeas.NewID[habeas.PartyKind](now)}
	}
	p, err := tx.Records().Party(ctx, x.Party)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		return o, nil, err
	}
	uses, err := tx.Passes().PassUses(ctx, x.ID)
	if err != nil {
		return o, nil, err
	}
	o = opened{pass: x, party: p, uses: uses, as: d.in(x, by)}
	fits, opens, admits := x.Fits(c), x.Opens(p, now), x.Admits(uses, o.as, ticket)
	switch {
	case !found || !fits || !opens || !admits || wrong >= party.TriesPerPass:
		return opened{}, party.ErrPass, d.refuse(tx, p, by, guessed)
	case by.account == x.Account:
		return opened{}, party.ErrPassOwn, nil
	}
	return o, nil, nil
}

// refuse counts a try and notes it: with the record whose pass was named, so that its
// person sees it, or with the house.
func (d passDesk) refuse(tx *sqlstore.Tx, p party.Party, by booker, guessed keyring.LookupHash) error {
	now, keys := d.clock.Now(), []keyring.LookupHash{guessed}
	for _, l := range by.limits {
		keys = append(keys, l.key)
	}
	if _, err := tx.Ops().TakeTurns(tx.Context(), keys, now, party.PassWindow); err != nil {
		return err
	}
	e := audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.PassRefused, Actor: by.actor, At: now}
	if !p.ID.IsZero() {
		e.Subject = habeas.SubjectOf(p.ID)
	}
	return tx.Audit(e)
}

// use makes the row of a use of an opened pass.
func (d passDesk) use(o opened, by booker) party.PassUse {
	return party.PassUse{
		Pass: o.pass.ID, Party: o.pass.Party, Booker: o.as, System: by.actor.System, Who: by.who, At: d.clock.Now(), Expires: o.pass.Expires,
	}
}

// tell writes to who gave a pass that somebody new uses it.
func (d passDesk) tell(tx *sqlstore.Tx, o opened) error {
	if o.known() {
		return nil
	}
	if wanted, err := wants(tx, o.pass.Account, account.TellPasses); err != nil || !wanted {
		return err
	}
	who, err := tx.Accounts().Account(tx.Context(), o.pass.Account)
	if err != nil {
		return err
	}
	addresses, err := tx.Accounts().Addresses(tx.Context(), o.pass.Account)
	if err != nil {
		return err
	}
	return (&Mailer{Clock: d.clock}).Post(tx, habeas.SubjectOf(o.pass.Account), Letter{
		Kind: mail.KindPassUsed, To: account.Holdings{Addresses: addresses}.Main().Mailbox, Language: who.Profile.Language,
		Link: "/me/records/" + o.pass.Party.String() + "/consents",
	})
}

package app

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

var (
	errTicket     = habeas.Invalid("ticket", "This is no ticket for this description, or its half hour is over. Validate the description again.").WithCode("entity.ticket")
	errNoTicket   = habeas.Invalid("ticket", "Validate the description first, and send the ticket; or say why it is created without.").WithCode("entity.ticket-needed")
	errCandidates = habeas.Conflict("There are entities that may be the same. Look at them; if none is, say so and why.").WithCode("entity.candidates")
)

// mostCandidates is how many entities that may be the same are shown.
const mostCandidates = 10

// likely is from which probability on an entity that the index finds counts as one that may
// be the same; namesake is the probability of one with the same name and type, where there is
// no better guess.
const (
	likely   = 0.2
	namesake = 0.5
)

// ticketKey signs validation tickets.
func (s *Entities) ticketKey() []byte { return s.DB.Keys().House().Derive("habeas/entity-ticket", 32) }

// ticket says that an author has had a description checked; it counts until ends.
func (s *Entities) ticket(d entity.Description, author habeas.AccountID, ends time.Time) string {
	out := binary.BigEndian.AppendUint64(nil, uint64(ends.Unix())) //nolint:gosec // after 1970
	text, err := json.Marshal(d)
	if err != nil {
		panic("app: a description of plain values cannot be written: " + err.Error())
	}
	h := hmac.New(sha256.New, s.ticketKey())
	h.Write(out)
	h.Write(author[:])
	h.Write(text)
	return base64.RawURLEncoding.EncodeToString(h.Sum(out))
}

func (s *Entities) checkTicket(ticket string, d entity.Description, author habeas.AccountID) error {
	b, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(b) != 8+sha256.Size {
		return errTicket
	}
	ends := time.Unix(int64(binary.BigEndian.Uint64(b)), 0) //nolint:gosec // what is too large differs
	if !hmac.Equal([]byte(s.ticket(d, author, ends)), []byte(ticket)) || !s.Clock.Now().Before(ends) {
		return errTicket
	}
	return nil
}

// Validate implements entity.Writes.
func (s *Entities) Validate(ctx context.Context, w entity.Writer, d entity.Description) (r entity.Report, err error) {
	if err := s.may(ctx, w); err != nil {
		return r, s.refused(ctx, w, entityCreate, err)
	}
	d, r.Findings = entity.Normalise(d, s.Kinds)
	if entity.Refusal(r.Findings) != nil {
		return r, nil
	}
	if err := entity.CanCreate(w, d); err != nil {
		return r, s.refused(ctx, w, entityCreate, err)
	}
	if r.Candidates, err = s.candidates(ctx, s.DB.Entities(), w, d); err != nil {
		return r, err
	}
	r.Ends = s.Clock.Now().Add(entity.TicketFor).Truncate(time.Second)
	r.Ticket = s.ticket(d, w.Author, r.Ends)
	return r, nil
}

// candidates are the entities that may be the same as a description, the likeliest first, as
// far as the writer may know of them. The store's are always true; the index adds those whose
// names are only alike.
func (s *Entities) candidates(ctx context.Context, from entity.Reader, w entity.Writer, d entity.Description) ([]entity.Candidate, error) {
	found := map[entity.ID]entity.Candidate{}
	add := func(id entity.ID, p float64) error {
		if found[id].P >= p {
			return nil
		}
		e, err := from.One(ctx, id)
		if err != nil || e.State != entity.Active {
			return err
		}
		seen, ok := entity.See(e, audienceOf(w), false)
		if ok {
			found[id] = entity.Candidate{Entity: id, Name: seen.Description.Label(), Type: seen.Description.Type, P: p}
		}
		return nil
	}
	for _, x := range d.Externals {
		id, err := from.ByExternal(ctx, x)
		if err == nil && id != 0 {
			err = add(id, 1)
		}
		if err != nil {
			return nil, err
		}
	}
	same, err := from.Labelled(ctx, d.Label(), mostCandidates)
	if err != nil {
		return nil, err
	}
	for _, e := range same {
		if e.Description.Type == d.Type {
			if err := add(e.ID, namesake); err != nil {
				return nil, err
			}
		}
	}
	if s.Ready() {
		a, err := s.Index.Find(ctx, entity.Question{Text: d.Label(), Types: []entity.Type{d.Type}, Limit: mostCandidates, Audience: audienceOf(w)})
		if err != nil {
			return nil, err
		}
		for _, h := range a.Hits {
			if h.P < likely {
				continue
			}
			if err := add(h.ID, h.P); err != nil {
				return nil, err
			}
		}
	}
	out := make([]entity.Candidate, 0, len(found))
	for _, c := range found {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b entity.Candidate) int {
		return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.Entity, b.Entity))
	})
	return out[:min(len(out), mostCandidates)], nil
}

// reason checks what a writer says why.
func reason(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 3 || n > 500 || !utf8.ValidString(text) {
		return "", errWhy
	}
	return text, nil
}

// Create implements entity.Writes.
func (s *Entities) Create(ctx context.Context, w entity.Writer, d entity.Draft) (e entity.Entity, err error) {
	desc, found := entity.Normalise(d.Description, s.Kinds)
	now := s.Clock.Now()
	p := entity.Past{Entity: entity.Entity{ID: entity.NewID(), State: entity.Active, Version: 1, Description: desc, Created: now, Changed: now}}
	err = s.may(ctx, w)
	if err == nil {
		err = entity.CanCreate(w, desc)
	}
	if err == nil {
		err = s.checked(ctx, w, d, desc, found, &p)
	}
	if err == nil {
		err = s.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return s.create(tx, w, p) })
	}
	return p.Entity, s.refused(ctx, w, entityCreate, err)
}

// checked asks for the ticket, or for why there is none (ENT-10).
func (s *Entities) checked(ctx context.Context, w entity.Writer, d entity.Draft, desc entity.Description, found []entity.Finding, p *entity.Past) (err error) {
	if err := entity.Refusal(found); err != nil {
		return err
	}
	if d.Override != "" {
		if p.Why, err = reason(d.Override); err != nil {
			return err
		}
	}
	switch {
	case d.Ticket != "":
		if err := s.checkTicket(d.Ticket, desc, w.Author); err != nil {
			return err
		}
	case d.Override == "":
		return errNoTicket
	}
	if p.Why == "" && s.Ready() {
		alike, err := s.candidates(ctx, s.DB.Entities(), w, desc)
		if err == nil && len(alike) > 0 {
			err = errCandidates
		}
		return err
	}
	return nil
}

// create writes a new entity, unless an equal one came to be meanwhile.
func (s *Entities) create(tx *sqlstore.Tx, w entity.Writer, p entity.Past) error {
	if p.Why == "" {
		same := &Entities{DB: s.DB, Kinds: s.Kinds} // without the index, which the writer must not wait for
		alike, err := same.candidates(tx.Context(), tx.Entities(), w, p.Description)
		if err == nil && len(alike) > 0 {
			err = errCandidates
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Entities().Save([]entity.Past{p}, s.event(audit.EntityWritten, entityCreate, p.ID)); err != nil {
		return err
	}
	return s.did(tx, w, entityCreate, p.ID)
}

// Edit implements entity.Writes.
func (s *Entities) Edit(ctx context.Context, w entity.Writer, c entity.Change) (e entity.Entity, err error) {
	desc, found := entity.Normalise(c.Description, s.Kinds)
	err = s.write(ctx, w, entityEdit, func(tx *sqlstore.Tx) error {
		was, all, err := s.held(tx, w, entity.Versioned{ID: c.ID, Version: c.Version})
		if err != nil {
			return err
		}
		if err := entity.Refusal(found); err != nil {
			return err
		}
		e = was
		if e.Description, err = entity.Edited(w, was.Description, desc, all); err != nil {
			return err
		}
		e.Version, e.Changed = was.Version+1, s.Clock.Now()
		if err := tx.Entities().Save([]entity.Past{{Entity: e}}, s.event(audit.EntityWritten, entityEdit, c.ID)); err != nil {
			return err
		}
		return s.did(tx, w, entityEdit, c.ID)
	})
	if err != nil {
		return e, err
	}
	return s.Resolve(ctx, c.ID, time.Time{}, audienceOf(w))
}

// unlocked refuses a change of what somebody else holds a ticket for.
func (s *Entities) unlocked(tx *sqlstore.Tx, w entity.Writer, id entity.ID) error {
	mark, _, err := tx.Entities().Locked(tx.Context(), id, s.Clock.Now())
	if err == nil && mark != nil && !hmac.Equal(mark, lockMark(w.Lock)) {
		err = errLocked
	}
	return err
}

func lockMark(ticket string) []byte {
	sum := sha256.Sum256([]byte(ticket))
	return sum[:16]
}

// Lock implements entity.Writes.
func (s *Entities) Lock(ctx context.Context, w entity.Writer, id entity.ID) (ticket string, ends time.Time, err error) {
	now := s.Clock.Now()
	ticket, ends = rand.Text(), now.Add(entity.LockFor)
	err = s.write(ctx, w, entityLock, func(tx *sqlstore.Tx) error {
		e, err := tx.Entities().One(tx.Context(), id)
		if err == nil {
			_, _, err = s.held(tx, w, entity.Versioned{ID: id, Version: e.Version})
		}
		return err
	})
	if err != nil {
		return "", ends, err
	}
	taken, err := s.DB.Ops().LockEntity(ctx, id, lockMark(ticket), now, ends)
	if err == nil && !taken {
		err = errLocked
	}
	if err != nil {
		return "", ends, err
	}
	return ticket, ends, nil
}

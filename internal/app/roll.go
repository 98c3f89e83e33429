package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

const (
	// mostRolled is how many changed records a question reads again before it is answered;
	// more are read behind its back, rollBatch at a time, and the page says so.
	mostRolled = 1_000
	rollBatch  = 200
)

// Rolls keeps the roll of records true: it is built once after start, beside the search
// index, and follows each commit. What came to be is taken in as it was said; what changed is
// noted and read again before the next question. It is safe for concurrent use.
type Rolls struct {
	roll    *party.Roll
	records *Records
	log     *slog.Logger
	built   atomic.Bool
	wake    chan struct{}
	reading sync.Mutex // one reads again at a time, so that the newest state is put last
}

// NewRolls returns a keeper. It takes in what is said before Use.
func NewRolls(roll *party.Roll, log *slog.Logger) *Rolls {
	return &Rolls{roll: roll, log: log, wake: make(chan struct{}, 1)}
}

// Use hands over where records are read.
func (k *Rolls) Use(r *Records) { k.records = r }

// Enter takes in a record that has just come to be.
func (k *Rolls) Enter(p party.Party, s party.Statement) { k.roll.Enter(p, s) }

// Touch notes that something about a subject, as a rule a record, has changed.
func (k *Rolls) Touch(id habeas.SubjectID) {
	k.roll.Touch(habeas.PartyID(id))
	if k.roll.Waits() > mostRolled {
		k.nudge()
	}
}

func (k *Rolls) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Keep reads again what has changed where that is much, until ctx ends.
func (k *Rolls) Keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		if err := k.readAll(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("keeping the list of people current failed", "error", err)
		}
	}
}

// Settle reads again what has changed, unless that is much. It reports whether the roll
// covers everything.
func (k *Rolls) Settle(ctx context.Context) (bool, error) {
	if !k.built.Load() || k.roll.Waits() > mostRolled {
		k.nudge()
		return false, nil
	}
	return true, k.readAll(ctx)
}

func (k *Rolls) readAll(ctx context.Context) error {
	for k.built.Load() {
		more, err := k.readSome(ctx)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// readSome reads a portion again. Whoever waits here finds it done.
func (k *Rolls) readSome(ctx context.Context) (more bool, err error) {
	k.reading.Lock()
	defer k.reading.Unlock()
	due := k.roll.Due(rollBatch)
	for i, id := range due {
		if err := k.read(ctx, id); err != nil {
			for _, left := range due[i:] {
				k.roll.Touch(left)
			}
			return false, err
		}
	}
	return len(due) == rollBatch, nil
}

// read takes in a record as it is now, or the one that shows it; what is there no more is
// forgotten.
func (k *Rolls) read(ctx context.Context, id habeas.PartyID) error {
	from := k.records.DB.Records()
	rec, said, err := k.records.load(ctx, from, id)
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		k.roll.Forget(id)
		return nil
	default:
		if err != nil {
			return err
		}
	}
	if rec.Party.ID != id {
		k.roll.Forget(id)
	}
	parts, err := from.Members(ctx, rec.Party.ID)
	if err != nil {
		return err
	}
	taggings, err := k.records.DB.Tags().TagsOn(ctx, rec.Party.ID)
	if err != nil {
		return err
	}
	e := party.Entry{Party: rec.Party, Said: said, Mail: rec.Text("contact", "email") != "", Joined: len(parts) > 1}
	for _, t := range taggings {
		e.Tags = append(e.Tags, t.Tag)
	}
	k.roll.Put(e)
	return nil
}

// Build fills the roll from a walk over all words. What the words alone do not tell is read
// once more: records with others in them, and those about which something was decided.
func (k *Rolls) Build(ctx context.Context, each func(visit func(party.Party, party.Statement)) error) error {
	db := k.records.DB
	tags := map[habeas.PartyID][]habeas.TagID{}
	if err := db.Tags().EachTag(ctx, func(t party.Tagging) { tags[t.Party] = append(tags[t.Party], t.Tag) }); err != nil {
		return err
	}
	var p party.Party
	var said []party.Statement
	put := func() {
		if len(said) > 0 {
			rec := party.Fold(p, said, party.Settled{}, k.records.schemas)
			k.roll.Put(party.Entry{Party: p, Said: said, Mail: rec.Text("contact", "email") != "", Tags: tags[p.ID]})
		}
	}
	err := each(func(of party.Party, s party.Statement) {
		if of.ID != p.ID {
			put()
			said = said[:0]
		}
		p, said = of, append(said, s)
	})
	if err != nil {
		return err
	}
	put()
	if err := db.Records().EachUneven(ctx, k.roll.Touch); err != nil {
		return err
	}
	k.built.Store(true)
	return k.readAll(ctx)
}

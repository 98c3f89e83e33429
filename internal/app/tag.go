package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// tagBatch is how many records are given a tag, or lose it, in one transaction.
const tagBatch = 200

// AllTags implements web/party.Tags.
func (l *Lists) AllTags(ctx context.Context, a habeas.Actor) ([]party.Tag, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return l.records.DB.Tags().AllTags(ctx)
}

// TagCounts implements web/party.Tags.
func (l *Lists) TagCounts(ctx context.Context, a habeas.Actor) (map[habeas.TagID]int, bool, error) {
	if err := staff(&a); err != nil {
		return nil, false, err
	}
	ready, err := l.rolls.Settle(ctx)
	if err != nil || !ready {
		return nil, false, err
	}
	counts := map[habeas.TagID]int{}
	for _, f := range l.rolls.roll.Find(party.Filter{}, nil, party.Sight{}, l.records.Clock.Now()).Facets {
		for _, v := range f.Values {
			if id, err := habeas.ParseID[habeas.TagKind](v.Value); err == nil {
				counts[id] = v.N
			}
		}
	}
	return counts, true, nil
}

// TagsOn implements web/party.Tags. Whoever asks has opened the record, which is witnessed
// there.
func (l *Lists) TagsOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.TagOn, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	return l.records.tagsOn(ctx, id)
}

// tagsOn lists the tags on a record, each once, by their words.
func (r *Records) tagsOn(ctx context.Context, id habeas.PartyID) ([]party.TagOn, error) {
	from := r.DB.Tags()
	all, err := from.AllTags(ctx)
	if err != nil {
		return nil, err
	}
	taggings, err := from.TagsOn(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []party.TagOn
	for _, tag := range all {
		if i := slices.IndexFunc(taggings, func(t party.Tagging) bool { return t.Tag == tag.ID }); i >= 0 {
			out = append(out, party.TagOn{Tag: tag, By: taggings[i].By, At: taggings[i].At()})
		}
	}
	return out, nil
}

// MyTags implements web/party.Tags. As of notes, nobody reads them here while it is disputed
// whose record it is.
func (l *Lists) MyTags(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.TagOn, error) {
	return l.records.myTags(ctx, a, id)
}

func (r *Records) myTags(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.TagOn, error) {
	rec, _, err := r.own(ctx, r.DB.Records(), a, id)
	if err != nil || rec.Party.State != party.Claimed {
		return nil, err
	}
	return r.tagsOn(ctx, rec.Party.ID)
}

// copyTags lists the tags on a record for its person's copy.
func (r *Records) copyTags(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]copiedLine, error) {
	tags, err := r.myTags(ctx, a, id)
	var out []copiedLine
	for _, t := range tags {
		out = append(out, copiedLine{"tag given by " + r.Accounts.NameOf(ctx, t.By), t.Words, t.At.Format(time.RFC3339)})
	}
	return out, err
}

// picked returns the records that were chosen.
func (l *Lists) picked(ctx context.Context, a *habeas.Actor, p party.Picked) ([]habeas.PartyID, error) {
	s, err := l.sight(ctx, a, p.Filter)
	if err != nil {
		return nil, err
	}
	ids := p.IDs
	if p.All {
		ready, err := l.rolls.Settle(ctx)
		if err != nil {
			return nil, err
		}
		if !ready {
			return nil, errListBuilding
		}
		found, _, err := l.find(ctx, p.Filter, s)
		if err != nil {
			return nil, err
		}
		ids = found.IDs
	}
	switch {
	case len(ids) == 0:
		return nil, party.ErrNobodyPicked
	case len(ids) > party.MaxPicked:
		return nil, habeas.Invalid("pick", "At most {max} records at once. Narrow the list down.").With("max", strconv.Itoa(party.MaxPicked)).WithCode("pick.many")
	}
	return ids, nil
}

var errListBuilding = habeas.Unavailable("The list is being built. Try again in a moment.").WithCode("list.building")

// Tag implements web/party.Tags. Each record has its own line in the ledger.
func (l *Lists) Tag(ctx context.Context, a habeas.Actor, words string, p party.Picked) (party.TagChange, error) {
	ids, err := l.picked(ctx, &a, p)
	if err != nil {
		return party.TagChange{}, err
	}
	if words, err = party.TagWords(words); err != nil {
		return party.TagChange{}, err
	}
	c := l.newChange(a, true)
	err = l.inBatches(ctx, &c, ids, func(tx *sqlstore.Tx, some []habeas.PartyID) ([]party.Tagging, error) {
		tag, err := l.tagNamed(ctx, tx, a, words)
		if err != nil {
			return nil, err
		}
		c.Tag = tag.ID
		var done []party.Tagging
		for _, id := range some {
			t, err := l.give(ctx, tx, a, tag, id)
			if err != nil && len(ids) == 1 {
				return nil, err
			}
			if err != nil && habeas.KindOf(err) != habeas.KindConflict {
				return nil, err
			}
			if t != nil {
				done = append(done, *t)
			}
		}
		return done, nil
	})
	return c, err
}

// tagNamed finds a tag of the catalogue, or makes it.
func (l *Lists) tagNamed(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, words string) (party.Tag, error) {
	w := tx.Tags()
	all, err := w.AllTags(ctx)
	if err != nil {
		return party.Tag{}, err
	}
	if tag, ok := party.TagNamed(all, words); ok {
		return tag, nil
	}
	if err := party.Room(all); err != nil {
		return party.Tag{}, err
	}
	tag := party.Tag{ID: habeas.NewID[habeas.TagKind](l.records.Clock.Now()), Words: words}
	return tag, w.SaveTag(tag, l.records.houseEvent(audit.TagMade, a, map[string]string{"tag": words}))
}

// give gives a tag to a record, or to the one that shows it; nil where it has it or is gone.
func (l *Lists) give(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, tag party.Tag, id habeas.PartyID) (*party.Tagging, error) {
	top, err := topOf(ctx, tx.Records(), id)
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		return nil, nil
	default:
		if err != nil {
			return nil, err
		}
	}
	has, err := tx.Tags().TagsOn(ctx, top.ID)
	if err != nil {
		return nil, err
	}
	t, err := party.Give(has, top.ID, tag.ID, a.Account, l.records.Clock.Now())
	if err != nil || t == nil {
		return nil, err
	}
	return t, tx.Tags().SaveTagging(*t, l.tagged(audit.TagGiven, a, *t, tag))
}

func (l *Lists) tagged(e audit.Event, a habeas.Actor, t party.Tagging, tag party.Tag) audit.Entry {
	return l.records.event(e, t.Party, a, map[string]string{"tag": tag.Words})
}

// newChange begins what can be taken back.
func (l *Lists) newChange(a habeas.Actor, given bool) party.TagChange {
	now := l.records.Clock.Now()
	return party.TagChange{ID: habeas.NewID[habeas.TagChangeKind](now), By: a.Account, Given: given, Ends: now.Add(party.TagRegret)}
}

// inBatches works on records, some in each transaction, and keeps what was done so far beside
// it, so that it can be taken back also when the work ends early.
func (l *Lists) inBatches(ctx context.Context, c *party.TagChange, ids []habeas.PartyID, do func(*sqlstore.Tx, []habeas.PartyID) ([]party.Tagging, error)) error {
	for some := range slices.Chunk(ids, tagBatch) {
		next := *c
		err := l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			done, err := do(tx, some)
			if err != nil {
				return err
			}
			next.Tag, next.Done = c.Tag, slices.Concat(c.Done, done)
			return tx.Ops().KeepTagChange(ctx, next)
		})
		if err != nil {
			return err
		}
		*c = next
	}
	return nil
}

// Untag implements web/party.Tags.
func (l *Lists) Untag(ctx context.Context, a habeas.Actor, id habeas.TagID, p party.Picked) (party.TagChange, error) {
	ids, err := l.picked(ctx, &a, p)
	if err != nil {
		return party.TagChange{}, err
	}
	tag, err := l.tag(ctx, id)
	if err != nil {
		return party.TagChange{}, err
	}
	c := l.newChange(a, false)
	c.Tag = tag.ID
	err = l.inBatches(ctx, &c, ids, func(tx *sqlstore.Tx, some []habeas.PartyID) ([]party.Tagging, error) {
		var done []party.Tagging
		for _, id := range some {
			has, err := tx.Tags().TagsOn(ctx, id)
			if err != nil {
				return nil, err
			}
			for _, t := range has {
				if t.Tag != tag.ID {
					continue
				}
				was, err := tx.Tags().RemoveTagging(t.ID, l.tagged(audit.TagTaken, a, t, tag))
				if err != nil {
					return nil, err
				}
				if was {
					done = append(done, t)
				}
			}
		}
		return done, nil
	})
	return c, err
}

func (l *Lists) tag(ctx context.Context, id habeas.TagID) (party.Tag, error) {
	all, err := l.records.DB.Tags().AllTags(ctx)
	if err != nil {
		return party.Tag{}, err
	}
	i := slices.IndexFunc(all, func(t party.Tag) bool { return t.ID == id })
	if i < 0 {
		return party.Tag{}, party.ErrNoTag
	}
	return all[i], nil
}

// TagChange implements web/party.Tags.
func (l *Lists) TagChange(ctx context.Context, a habeas.Actor, id habeas.TagChangeID) (party.TagChange, error) {
	if err := staff(&a); err != nil {
		return party.TagChange{}, err
	}
	c, err := l.records.DB.Tags().TagChange(ctx, id)
	if err == nil && (c.By != a.Account || l.records.Clock.Now().After(c.Ends)) {
		err = party.ErrTagLate
	}
	return c, err
}

// UndoTags implements web/party.Tags. What was erased since stays so.
func (l *Lists) UndoTags(ctx context.Context, a habeas.Actor, id habeas.TagChangeID) error {
	c, err := l.TagChange(ctx, a, id)
	if err != nil {
		return err
	}
	a.Kind = habeas.ActorStaff
	tag, err := l.tag(ctx, c.Tag)
	if err != nil {
		return errors.Join(party.ErrTagLate, err)
	}
	for some := range slices.Chunk(c.Done, tagBatch) {
		err := l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			for _, t := range some {
				if err := l.undoTag(ctx, tx, a, c.Given, t, tag); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return l.records.DB.Ops().EndTagChange(ctx, id)
}

func (l *Lists) undoTag(ctx context.Context, tx *sqlstore.Tx, a habeas.Actor, given bool, t party.Tagging, tag party.Tag) error {
	if given {
		_, err := tx.Tags().RemoveTagging(t.ID, l.tagged(audit.TagTaken, a, t, tag))
		return err
	}
	_, err := tx.Records().Party(ctx, t.Party)
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		return nil
	default:
		if err != nil {
			return err
		}
	}
	return tx.Tags().SaveTagging(t, l.tagged(audit.TagGiven, a, t, tag))
}

// RemoveTag implements web/party.Tags: out of the catalogue, when nobody has it.
func (l *Lists) RemoveTag(ctx context.Context, a habeas.Actor, id habeas.TagID) error {
	if err := staff(&a); err != nil {
		return err
	}
	tag, err := l.tag(ctx, id)
	if err != nil {
		return err
	}
	counts, ready, err := l.TagCounts(ctx, a)
	switch {
	case err != nil:
		return err
	case !ready:
		return errListBuilding
	case counts[id] > 0:
		return party.ErrTagUsed
	}
	return l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Tags().RemoveTag(id, l.records.houseEvent(audit.TagRemoved, a, map[string]string{"tag": tag.Words}))
	})
}

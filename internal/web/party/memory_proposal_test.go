package party

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

func (m *memoryRecords) Settle(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, reply party.Reply) (habeas.EventID, error) {
	rec, err := m.My(ctx, a, id)
	if err != nil {
		return habeas.EventID{}, err
	}
	if rec.Party.Version != version {
		return habeas.EventID{}, habeas.Conflict("This record changed while you were looking at it. Look at it again.")
	}
	event := habeas.NewID[habeas.EventKind](m.clock.Now())
	settled, values, err := rec.Settle(reply, event, m.said[id])
	return event, m.settle(id, a, settled, values, err)
}

func (m *memoryRecords) TakeBack(ctx context.Context, a habeas.Actor, id habeas.PartyID, rule habeas.EventID) (habeas.EventID, error) {
	rec, err := m.My(ctx, a, id)
	if err != nil {
		return habeas.EventID{}, err
	}
	event := habeas.NewID[habeas.EventKind](m.clock.Now())
	settled, _, err := rec.Settled.TakeBack(rule, event, m.said[id])
	return event, m.settle(id, a, settled, nil, err)
}

func (m *memoryRecords) UndoSettle(_ context.Context, a habeas.Actor, id habeas.PartyID, decided habeas.EventID) error {
	rec, err := m.record(id)
	if err != nil {
		return err
	}
	settled, values, err := rec.Undo(decided, m.said[id], m.schemas)
	return m.settle(id, a, settled, values, err)
}

func (m *memoryRecords) settle(id habeas.PartyID, a habeas.Actor, settled party.Settled, values party.Values, err error) error {
	if err != nil {
		return err
	}
	if values.Len() > 0 {
		m.say(id, m.clock.Now(), party.Source{Kind: party.FromSelf, Account: a.Account}, party.Occasion{}, values)
		if settled.Last != nil {
			settled.Last.Said = m.said[id][len(m.said[id])-1].ID
		}
	}
	m.settled[id] = settled
	p := m.parties[id]
	p.Version++
	m.parties[id] = p
	m.told = append(slices.Clone(m.told), "settled "+flat(values))
	return nil
}

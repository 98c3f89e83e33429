package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// subjects are what the actor's Activity is about: the account and its records.
func (r *Records) subjects(ctx context.Context, a habeas.Actor) (map[habeas.SubjectID]habeas.PartyID, error) {
	parties, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	out := map[habeas.SubjectID]habeas.PartyID{habeas.SubjectOf(a.Account): {}}
	for _, p := range parties {
		parts, err := r.DB.Records().Members(ctx, p.ID) // with what is merged into it
		if err != nil {
			return nil, err
		}
		for _, id := range parts {
			out[habeas.SubjectOf(id)] = p.ID
		}
	}
	return out, nil
}

// Activity implements web/party.Records.
func (r *Records) Activity(ctx context.Context, a habeas.Actor, before habeas.EventID, limit int) ([]party.Look, error) {
	subjects, err := r.subjects(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []party.Look
	for subject, id := range subjects {
		events, err := r.DB.Events(ctx, subject, before, limit)
		if err != nil {
			return nil, err
		}
		for _, w := range events {
			out = append(out, r.look(ctx, a, w, id))
		}
	}
	slices.SortFunc(out, func(x, y party.Look) int { return bytes.Compare(y.ID[:], x.ID[:]) })
	out = onceEach(out)
	return out[:min(limit, len(out))], nil
}

// onceEach keeps one line of a merge or split, which is witnessed on every record that it
// touches.
func onceEach(looks []party.Look) []party.Look {
	type step struct {
		event     audit.Event
		join, did string
		by        habeas.AccountID
	}
	seen := make(map[step]bool)
	return slices.DeleteFunc(looks, func(l party.Look) bool {
		s := step{l.Event, l.Detail["event"], l.Detail["step"], l.Actor.Account}
		twice := s.join != "" && seen[s]
		seen[s] = true
		return twice
	})
}

func (r *Records) look(ctx context.Context, a habeas.Actor, w audit.Witnessed, id habeas.PartyID) party.Look {
	name := r.actorName(ctx, a, w.Actor)
	if name == "somebody" && audit.ByGuardian(w.Event) {
		name = "a guardian"
	}
	return party.Look{
		Witnessed: w, Party: id, ActorName: name,
		Mine: w.Actor.Kind == habeas.ActorPerson && w.Actor.Account == a.Account,
	}
}

func (r *Records) actorName(ctx context.Context, reader, who habeas.Actor) string {
	switch who.Kind {
	case habeas.ActorSystem:
		return r.Systems.NameOf(ctx, who.System)
	case habeas.ActorPerson, habeas.ActorStaff:
		if who.Account == reader.Account {
			return "you"
		}
		if who.Kind == habeas.ActorPerson && !reader.Has(habeas.RoleStaff) {
			return "somebody" // without an account, or whose claim was undone
		}
		return r.Accounts.NameOf(ctx, who.Account)
	case habeas.ActorServer:
	}
	return "this server"
}

// Line implements web/party.Records.
func (r *Records) Line(ctx context.Context, a habeas.Actor, event habeas.EventID) (party.Look, error) {
	subjects, err := r.subjects(ctx, a)
	if err != nil {
		return party.Look{}, err
	}
	for subject, id := range subjects {
		w, err := r.DB.Event(ctx, subject, event)
		if habeas.KindOf(err) == habeas.KindNotFound {
			continue
		}
		if err != nil {
			return party.Look{}, err
		}
		return r.look(ctx, a, w, id), nil
	}
	return party.Look{}, habeas.NotFound("There is no such line in your activity.").WithCode("activity.none")
}

// Opening is what a receipt carries beside the inclusion proof, so that its owner
// can show what the leaf says: the leaf, the key of this one event, and the detail
// (the extra line of a C2SP tlog-proof, which is not authenticated by itself but by
// the commitment in the leaf).
type Opening struct {
	Leaf   string `json:"leaf"`
	Key    string `json:"key"`    // base64url of the event key
	Detail string `json:"detail"` // canonical JSON that the leaf commits to
}

// receipt proves a line; pending is true while it waits for its place in the tree or
// for a checkpoint that covers it.
func (r *Records) receipt(ctx context.Context, w audit.Witnessed) (text []byte, pending bool, err error) {
	if w.Index < 0 {
		return nil, true, nil
	}
	key := r.Keys.House()
	if !w.Subject.IsZero() {
		if key, err = r.Keys.Key(ctx, w.Subject); err != nil {
			return nil, false, err
		}
	}
	month, err := r.Keys.Month(ctx, w.At)
	if err != nil {
		return nil, false, err
	}
	extra, err := json.Marshal(Opening{
		Leaf: string(w.Leaf), Key: base64.RawURLEncoding.EncodeToString(audit.EventKey(w.ID, key, month)), Detail: string(w.Text),
	})
	if err != nil {
		return nil, false, err
	}
	return r.Ledger.Receipt(ctx, w.Index, extra)
}

// Receipt implements web/party.Records.
func (r *Records) Receipt(ctx context.Context, a habeas.Actor, event habeas.EventID) ([]byte, bool, error) {
	l, err := r.Line(ctx, a, event)
	if err != nil {
		return nil, false, err
	}
	return r.receipt(ctx, l.Witnessed)
}

// Prove implements web/party.Records.
func (r *Records) Prove(ctx context.Context, a habeas.Actor, event habeas.EventID, flip bool) (bool, string, error) {
	l, err := r.Line(ctx, a, event)
	if err != nil {
		return false, "", err
	}
	receipt, pending, err := r.receipt(ctx, l.Witnessed)
	if err != nil {
		return false, "", err
	}
	if pending {
		return false, "This line is written, but not yet in a signed checkpoint. Try again in a few seconds.", nil
	}
	leaf := l.Leaf
	if flip {
		leaf = bytes.Clone(leaf)
		leaf[len(leaf)/2] ^= 1
	}
	good, finding := r.Ledger.Check(receipt, leaf)
	return good, finding, nil
}

package entity

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
)

// maxTogether bounds how many entities are merged into one, or one is split into.
const maxTogether = 100

var (
	errMergeNone  = habeas.Invalid("others", "Name 1 to 100 other entities that are merged into this one, each once.").WithCode("merge.others")
	errMergeTypes = habeas.Invalid("others", "Entities of different types are not one. Correct the type first.").WithCode("merge.types")
	errSplitParts = habeas.Invalid("parts", "An entity is split into 2 to 100 others.").WithCode("split.parts")
	// ErrUndone refuses to undo what was undone, and undoing itself.
	ErrUndone = habeas.Conflict("This was undone already, or is itself the undoing of something.").WithCode("undo.done")
	// ErrSuperseded refuses an undo where a later evolution stands in the way.
	ErrSuperseded = habeas.Conflict("Evolution {seq} came later and changed these identifiers again. Undo that one first.").WithCode("undo.superseded")
	// ErrEditedSince refuses an undo that would lose what was written since.
	ErrEditedSince = habeas.Conflict("One of the entities was edited since. Merge or delete it instead.").WithCode("undo.edited")
	// ErrPurged refuses an undo where an administrator has destroyed what was said.
	ErrPurged = habeas.Gone("What was said of this entity was destroyed for good.").WithCode("undo.purged")
)

// Evolved is what an operation does: the entities as they are afterwards, and its step.
type Evolved struct {
	Saved []Past
	Step  Step
}

// evolve begins an operation.
func evolve(op Operation, at time.Time, old, fresh []ID) *Evolved {
	return &Evolved{Step: Step{Evolution: Evolution{Operation: op, Old: old, New: fresh, At: at}}}
}

// put adds an entity as it is afterwards, one version on.
func (v *Evolved) put(e Entity, state State, d Description, successors []ID) {
	e.State, e.Description, e.Successors = state, d, successors
	e.Version++
	e.Changed = v.Step.At
	v.add(Past{Entity: e})
}

func (v *Evolved) add(p Past) {
	v.Saved = append(v.Saved, p)
	v.Step.Parts = append(v.Step.Parts, Part{p.ID, p.Version})
}

// turn makes those whose identifiers led to entities that end lead to where these lead now, so that
// chains stay collapsed: one step from any identifier to what is meant. Where nothing is left
// they are deleted, too.
func (v *Evolved) turn(followers []Entity, from, to []ID) {
	seen := map[ID]bool{}
	for _, f := range followers {
		if seen[f.ID] { // it led to two of those that end
			continue
		}
		seen[f.ID] = true
		var leads []ID
		for _, id := range f.Successors {
			if !slices.Contains(from, id) {
				leads = appendNew(leads, id)
				continue
			}
			for _, id := range to {
				leads = appendNew(leads, id)
			}
		}
		state := f.State
		switch {
		case len(leads) == 0:
			state = Deleted
		case len(leads) > 1:
			state = Split
		}
		v.put(f, state, Description{}, leads)
	}
}

func appendNew(ids []ID, id ID) []ID {
	if slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

// Merge makes one entity of several. followers are those whose identifiers lead to one of the
// others. All must be active: so what an identifier leads to is always active, and no cycle
// can come to be.
func Merge(into Entity, others []Entity, followers map[ID][]Entity, types *Types, at time.Time) (*Evolved, error) {
	if len(others) == 0 || len(others) > maxTogether {
		return nil, errMergeNone
	}
	old := make([]ID, len(others))
	merged := into.Description
	for i, o := range others {
		if o.ID == into.ID || slices.Contains(old[:i], o.ID) {
			return nil, errMergeNone
		}
		if o.Description.Type != into.Description.Type {
			return nil, errMergeTypes
		}
		old[i] = o.ID
		merged = combine(merged, o.Description, types)
	}
	merged, found := Normalise(merged, types)
	if err := Refusal(found); err != nil {
		return nil, err
	}
	v := evolve(OpMerge, at, old, []ID{into.ID})
	v.put(into, Active, merged, nil)
	var turned []Entity
	for _, o := range others {
		v.put(o, Merged, Description{}, []ID{into.ID})
		turned = append(turned, followers[o.ID]...)
	}
	v.turn(turned, old, []ID{into.ID})
	return v, nil
}

// combine adds to a survivor what another entity says. The survivor's word wins: names of the
// other become aliases, and of an attribute that an entity has once, its own stays. What was
// not for the public does not become so.
func combine(into, from Description, types *Types) Description {
	t, _ := types.Of(into.Type)
	out := into
	out.Attributes = slices.Clone(into.Attributes)
	closed := from.Secret() && !into.Secret()
	for _, a := range from.Attributes {
		x, known := t.expects(a.Name)
		if known && !x.Many && slices.ContainsFunc(into.Attributes, func(b Attribute) bool { return b.Name == a.Name }) {
			continue
		}
		if a.Name == AttrName {
			a.Name = AttrAlias
		}
		if closed {
			a.Access |= Hidden
		}
		if !slices.ContainsFunc(out.Attributes, func(b Attribute) bool {
			return b.same(a) || a.Name == AttrAlias && isName(b.Name) && b.Value == a.Value
		}) {
			out.Attributes = append(out.Attributes, a)
		}
	}
	out.Access |= from.Access & Protected
	if closed {
		return out
	}
	out.Externals, out.SameAs, out.References = union(into.Externals, from.Externals), union(into.SameAs, from.SameAs), union(into.References, from.References)
	return out
}

func isName(attribute string) bool { return attribute == AttrName || attribute == AttrAlias }

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// Divide splits an entity into new ones, each with an identifier of its own. followers are
// those whose identifiers lead to it. What is hidden in it goes to its history.
func Divide(of Entity, parts []Description, fresh []ID, followers []Entity, at time.Time) (*Evolved, error) {
	if len(parts) < 2 || len(parts) > maxTogether {
		return nil, errSplitParts
	}
	v := evolve(OpSplit, at, []ID{of.ID}, fresh)
	v.put(of, Split, Description{}, fresh)
	for i, d := range parts {
		v.add(Past{Entity: Entity{ID: fresh[i], State: Active, Version: 1, Description: d, Created: at, Changed: at}})
	}
	v.turn(followers, []ID{of.ID}, fresh)
	return v, nil
}

// End deletes an entity: its identifier stays as a tombstone, for ever.
func End(of Entity, followers []Entity, at time.Time) *Evolved {
	v := evolve(OpDelete, at, []ID{of.ID}, nil)
	v.put(of, Deleted, Description{}, nil)
	v.turn(followers, []ID{of.ID}, nil)
	return v
}

// Undone is what is known of a part of a step that is to be undone: as it is, as the step made
// it, and as it was before (Version 0: the step created it).
type Undone struct {
	Now           Entity
	After, Before Past
}

// Undo takes a step back. Later ones that changed the same identifiers are refused by whoever
// calls. What was edited since keeps its edits: from it goes what the step brought, and what
// the step took comes back. What a split made leads back to what it was split from, and with it
// the followers of that: of an undone split of a part, say.
func Undo(s Step, parts []Undone, followers []Entity, at time.Time) (*Evolved, error) {
	if s.UndoneBy != 0 || s.Undoes != 0 {
		return nil, ErrUndone
	}
	v := evolve(OpUndo, at, s.New, s.Old)
	v.Step.Undoes = s.Seq
	var made, known []ID
	for _, p := range parts {
		known = append(known, p.Now.ID)
		edited := !p.Now.sameAs(p.After.Entity)
		switch {
		case p.Before.Version == 0 && edited:
			return nil, ErrEditedSince
		case p.Before.Version == 0:
			v.put(p.Now, Merged, Description{}, s.Old)
			made = append(made, p.Now.ID)
		case edited && (p.Now.State != Active || p.Before.State != Active):
			return nil, ErrEditedSince
		case edited:
			v.put(p.Now, Active, reverted(p.Before.Description, p.After.Description, p.Now.Description), nil)
		default:
			v.put(p.Now, p.Before.State, p.Before.Description, p.Before.Successors)
		}
	}
	v.turn(slices.DeleteFunc(followers, func(f Entity) bool {
		toMade := func(id ID) bool { return slices.Contains(made, id) }
		return slices.Contains(known, f.ID) || !slices.ContainsFunc(f.Successors, toMade)
	}), made, s.Old)
	return v, nil
}

// sameAs reports whether two versions say the same.
func (e Entity) sameAs(o Entity) bool {
	a, b := e.Description, o.Description
	return e.State == o.State && slices.Equal(e.Successors, o.Successors) && a.Type == b.Type && a.Access == b.Access &&
		slices.Equal(a.Attributes, b.Attributes) && slices.Equal(a.Externals, b.Externals) && slices.Equal(a.SameAs, b.SameAs) && slices.Equal(a.References, b.References)
}

// reverted takes from a description what a step brought, and gives back what it took.
func reverted(before, after, now Description) Description {
	now.Attributes = back(before.Attributes, after.Attributes, now.Attributes)
	now.Externals = back(before.Externals, after.Externals, now.Externals)
	now.SameAs = back(before.SameAs, after.SameAs, now.SameAs)
	now.References = back(before.References, after.References, now.References)
	if after.Access == now.Access {
		now.Access = before.Access
	}
	return now
}

func back[T comparable](before, after, now []T) (out []T) {
	for _, x := range now {
		if slices.Contains(before, x) || !slices.Contains(after, x) {
			out = append(out, x)
		}
	}
	for _, x := range before {
		if !slices.Contains(after, x) && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

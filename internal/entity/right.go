package entity

import (
	"slices"

	"github.com/habeas-data/habeas"
)

var (
	// ErrUnregistered refuses writers without a certificate that counts (REG-02).
	ErrUnregistered = habeas.Forbidden("Only registered people write about entities: those with a certificate of their registration that counts.").WithCode("entity.unregistered")
	// ErrProof refuses a sign-in that was not proved by a key.
	ErrProof = habeas.Forbidden("Sign in with your passkey or your certificate before you write about entities.").WithCode("entity.proof")
	// ErrProtected refuses changes of a protected entity (ENT-41).
	ErrProtected = habeas.Forbidden("This entity is protected: only administrators change it.").WithCode("entity.protected")
	// ErrFlags refuses who changes a flag that only administrators change.
	ErrFlags = habeas.Forbidden("Only administrators protect, hide or publish what is there already, and protect or publish what is new.").WithCode("entity.flags")
	// ErrSteward refuses what only administrators do (ENT-13).
	ErrSteward = habeas.Forbidden("Only administrators do this.").WithCode("entity.steward")
	// ErrGone says that an entity was deleted.
	ErrGone = habeas.Gone("This entity was deleted.").WithCode("entity.deleted")
	// ErrMoved says that an identifier leads to another one.
	ErrMoved = habeas.Conflict("This identifier leads to another entity now. Look at that one.").WithCode("entity.moved")
	// ErrBehalf refuses a creator who does anything but create and edit for somebody else.
	ErrBehalf = habeas.Forbidden("On behalf of somebody else entities are created and edited, and nothing else.").WithCode("entity.behalf")
)

// Steward reports whether a writer is an administrator, with the role proved by a key.
func (w Writer) Steward() bool { return w.Actor.Has(habeas.RoleAdministrator) }

// Proved refuses a writer who did not prove a key. That they are registered is asked elsewhere.
func (w Writer) Proved() error {
	if w.Actor.Account.IsZero() || w.Author.IsZero() {
		return ErrUnregistered
	}
	if !w.Actor.Proof.OfKey() {
		return ErrProof
	}
	return nil
}

// CanCreate says whether a writer may create an entity like this. Who creates may hide it; to
// protect it, or to publish what is said of a person, takes an administrator.
func CanCreate(w Writer, d Description) error {
	if !w.Steward() && (d.Access&(Protected|Published) != 0 || slices.ContainsFunc(d.Attributes, func(a Attribute) bool { return a.Access&Protected != 0 })) {
		return ErrFlags
	}
	return nil
}

// CanPart says whether a writer may make one part of what an entity is split into: with the
// entity's own flags, and nothing in public that was not.
func CanPart(w Writer, of, part Description) error {
	if !w.Steward() && (part.Access != of.Access || of.Secret() && !part.Secret()) {
		return ErrFlags
	}
	return nil
}

// CanChange says whether a writer may change an entity that they see.
func CanChange(w Writer, e Entity) error {
	switch {
	case e.State == Deleted:
		return ErrGone
	case e.State != Active:
		return ErrMoved
	case e.Description.Access&Protected != 0 && !w.Steward():
		return ErrProtected
	}
	return nil
}

// Edited returns what becomes of an entity when a writer gives it a description: what is hidden
// from the writer stays. It refuses changes of flags, and of protected attributes, by others
// than administrators. all says that the writer sees what is hidden.
func Edited(w Writer, was, now Description, all bool) (Description, error) {
	if w.Steward() {
		return now, nil
	}
	if was.Access != now.Access {
		return now, ErrFlags
	}
	guarded := func(d Description) (out []Attribute) {
		for _, a := range d.Attributes {
			if a.Access&Protected != 0 && (all || a.Access&Hidden == 0) {
				out = append(out, a)
			}
		}
		return out
	}
	if !sameSet(guarded(was), guarded(now)) {
		return now, ErrFlags
	}
	if !all {
		for _, a := range was.Attributes {
			if a.Access&Hidden != 0 && !slices.Contains(now.Attributes, a) {
				now.Attributes = append(now.Attributes, a)
			}
		}
	}
	return now, nil
}

func sameSet(a, b []Attribute) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x Attribute) bool { return !slices.Contains(b, x) })
}

// See returns an entity as an audience sees it; ok is false where it may not know of it. own
// says that who asks has created it. The result shares nothing that is hidden.
func See(e Entity, to Audience, own bool) (_ Entity, ok bool) {
	d := e.Description
	switch {
	case to.Steward:
		return e, true
	case e.State != Active:
		return Entity{ID: e.ID, State: e.State, Version: e.Version, Successors: e.Successors}, true
	case own:
		return e, true
	case d.Access&Hidden != 0, d.Type == Person && d.Access&Published == 0 && !to.Registered:
		return Entity{}, false
	}
	if slices.ContainsFunc(d.Attributes, func(a Attribute) bool { return a.Access&Hidden != 0 }) {
		shown := make([]Attribute, 0, len(d.Attributes))
		for _, a := range d.Attributes {
			if a.Access&Hidden == 0 {
				shown = append(shown, a)
			}
		}
		e.Description.Attributes = shown
	}
	return e, true
}

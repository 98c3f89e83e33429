package pki

import (
	"fmt"
	"time"
)

// Need is something that somebody has to do at the machine of the root.
type Need struct {
	Issuer Issuer    // the generation that needs an heir, or the root, which needs a list
	By     time.Time // after that, certificates cannot be given, or others do not believe; zero: there was never one
}

// Needs returns what has to be done in a ceremony where the root is on another machine: an heir
// for the newest generation of each authority, a list of the root that ends on listEnds (zero:
// there is none). Each is said in good time: CeremonyLead, RootCRLSoon.
func Needs(all []Generation, listEnds, now time.Time) (needs []Need) {
	newest := map[Kind]Generation{}
	for _, g := range all {
		if g.Kind != Root && g.Generation > newest[g.Kind].Generation {
			newest[g.Kind] = g
		}
	}
	for _, kind := range []Kind{Identity, Server, Attribute} {
		g, there := newest[kind]
		if !there {
			continue
		}
		by := kind.AbleUntil(g.Ends)
		if !g.RevokedAt.IsZero() {
			by = g.RevokedAt
		}
		if now.Add(CeremonyLead).After(by) {
			needs = append(needs, Need{g.Issuer, by})
		}
	}
	if len(newest) > 0 && now.Add(RootCRLSoon).After(listEnds) {
		needs = append(needs, Need{Root.Nth(1), listEnds})
	}
	return needs
}

// Late reports whether it should have been done.
func (n Need) Late(now time.Time) bool { return !n.By.IsZero() && !now.Before(n.By) }

// What and Do are the need in English, for operators.
func (n Need) What() string {
	day := n.By.UTC().Format(time.DateOnly)
	switch {
	case n.Issuer.Kind == Root && n.By.IsZero():
		return "Nobody can read which authorities the root has revoked: no list of it was brought in yet."
	case n.Issuer.Kind == Root:
		return fmt.Sprintf("The list of the authorities that the root has revoked ends on %s.", day)
	}
	return fmt.Sprintf("The %s authority can issue for the whole time only until %s.", n.Issuer.Kind, day)
}

// Do is what to do about it.
func (n Need) Do() string {
	if n.Issuer.Kind == Root {
		return "Sign the next list where the root is (habeas pki crl) and bring it in (habeas pki import)."
	}
	return fmt.Sprintf("Request its next generation (habeas pki sub %s), sign it where the root is and bring it in.", n.Issuer.Kind)
}

package scrub

import (
	"slices"
	"sync"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/scan"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// What is the same for all Scrubbers is made once.
var (
	byForm  = sync.OnceValue(func() *scan.Scanner { return scan.New(scan.Options{}) })
	byProse = sync.OnceValue(func() *prose.Finder { return prose.New() })
)

// allFinders are those that find something that is wanted.
func (s *Scrubber) allFinders() (all []span.Finder) {
	wanted := func(k Kind) bool { return s.wanted[k] }
	if wanted(Known) {
		all = append(all, s.known)
	}
	if slices.ContainsFunc([]Kind{Key, Email, Card, IBAN, ID, Phone, IP, MAC, Birth}, wanted) {
		all = append(all, byForm())
	}
	if wanted(Address) || wanted(Person) {
		all = append(all, byProse())
	}
	return all
}

// finding is view.Find, or a part of it.
type finding func(dst []span.Span, w span.Window, finders ...span.Finder) []span.Span

// find runs the finders over a window, and over what is encoded in it. s is locked for
// reading.
func (s *Scrubber) find(dst []span.Span, w span.Window, by finding) []span.Span {
	if len(s.finders) == 0 {
		return dst
	}
	first := len(dst)
	dst = by(dst, w, s.finders...)
	kept := slices.DeleteFunc(dst[first:], func(sp span.Span) bool { return !s.wanted[sp.Kind] || sp.Start >= sp.End })
	return dst[:first+len(kept)]
}

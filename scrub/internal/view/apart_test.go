package view_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/scrub/internal/view"
)

// bits are what texts are made of in which something is masked: values, whole and in halves,
// as they are and encoded, and what stands between.
func bits() []string {
	all := strings.Split(" | |, |. |: |:|\n|\r\n|\t|\"|'|=|=\n|\\\n|\\|/|+|-|_|.|;|&|%|(|)|{|}|<|>|*|x|0x|a|7|é|\u200b|\u0301|"+
		"Jude|Obscure|Jude Obscure|JudeTheObscure|JudeThe|Ju|de|J u d e|J|u|d|e|4829137|4829|137|Al Wu|Al|Wu|Jos|é Ñ|andú|ordinary words|"+
		"4a|4a:75:64:65|4A 75 64 65|0x4a,0x75,0x64,0x65|4a7564654f627363757265|SnVkZSBPYnNjdXJl|SnVkZSBP|YnNjdXJl|SnVkZU9ic2N1cmU=|"+
		"c29tZSB3b3JkcyBiZWZvcmUgaXQgYW5kIG1vcmUg|c29tZSB3b3JkcyBiZWZvcmUgaXQgYW5kIG1vcmUgSnVkZQ==|%4a|%4Aude|Jude+Obscure|"+
		"Jude%20Obscure|&#74;ude|&amp;|\\u004aude|\\n|=4Aude|=4A=75=64=65|=20|=3D", "|")
	return append(all, "|")
}

// Proves SCR-2.
func TestWhatStandsApartCanBeMasked(t *testing.T) {
	m := matcher(t, samples...)
	const masked = "******************"
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, most int) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits()), 0, most).Draw(t, name), "")
		}
		before, value, after := draw("before", 12), draw("value", 4), draw("after", 12)
		if !view.Apart([]byte(before), []byte(value), []byte(after)) {
			return
		}
		was := view.Find(nil, all(before+value+after), m)
		is := view.FindExact(nil, all(before+masked+after), m)
		end := len(before) + len(masked)
		for _, sp := range is {
			old := sp
			if sp.Start >= end {
				old.Start, old.End = sp.Start-len(masked)+len(value), sp.End-len(masked)+len(value)
			}
			if !slices.Contains(was, old) {
				t.Fatalf("%q, %q, %q: %v %q was not found before", before, value, after, sp, (before + masked + after)[sp.Start:sp.End])
			}
		}
	})
}

// Proves SCR-2.
func TestFindIsItsTwoHalves(t *testing.T) {
	m, f := matcher(t, samples...), byWord("JudeTheObscure")
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits()), 0, 30).Draw(t, "text"), "")
		both := view.FindContext(nil, all(text), m, f)
		for _, sp := range view.FindExact(nil, all(text), m, f) {
			if !slices.Contains(both, sp) {
				both = append(both, sp)
			}
		}
		for _, sp := range view.Find(nil, all(text), m, f) {
			if !slices.Contains(both, sp) {
				t.Fatalf("%q: %v is in neither half", text, sp)
			}
		}
	})
}

// byWord finds a word, and is not Exact.
type byWord string

func (f byWord) Find(dst []span.Span, w span.Window) []span.Span {
	for p := w.From; p < w.To; p++ {
		if strings.HasPrefix(string(w.Text[p:]), string(f)) {
			dst = append(dst, span.Span{Start: p, End: p + len(f), Kind: span.Key})
		}
	}
	return dst
}

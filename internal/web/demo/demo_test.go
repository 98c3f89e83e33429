package demo

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/internal/lang"
)

func TestOnlyLinksIntoThisServerAreMadeOutInAMail(t *testing.T) {
	const text = "Open http://localhost:80/code?c=1\nor https://example.org/x, or (http://localhost:80/me)."
	var paths []string
	for _, p := range linked(text, "http://localhost:80/") {
		if p.Path != "" {
			paths = append(paths, p.Path)
		}
	}
	if got := strings.Join(paths, " "); got != "/code?c=1 /me" {
		t.Errorf("links to %q", got)
	}
}

func TestMakingOutLinksLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{"http://localhost:80/", "http://localhost:80", "a", " ", "\n", ")", "é"})).Draw(t, "words")
		text, out := strings.Join(words, ""), ""
		for _, p := range linked(text, "http://localhost:80/") {
			out += p.Text
		}
		if out != text {
			t.Fatalf("%q became %q", text, out)
		}
	})
}

func TestTheTourBarTellsTheStepOrWhereOneIs(t *testing.T) {
	catalogue, err := lang.Standard()
	if err != nil {
		t.Fatal(err)
	}
	p := catalogue.Printer("en")
	if tourBar(p, 0, "/demo") != nil {
		t.Error("the start page needs no way back to itself")
	}
	if bar := tourBar(p, 0, "/me"); bar == nil || len(bar.Links) != 3 || bar.Step != 0 {
		t.Errorf("off the tour: %+v", bar)
	}
	for step := range tourSteps {
		bar := tourBar(p, step+1, "/me")
		if bar.Step != step+1 || !bar.Post || bar.Next == nil || (bar.Back == "") != (step == 0) {
			t.Errorf("step %d: %+v", step+1, bar)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// small makes a filler with few words.
func small(t *testing.T) *filler {
	t.Helper()
	dir := t.TempDir()
	for kind, words := range map[string]string{
		"given": "jude 3\nolga 2\n", "surname": "emlin 3\nhaas 1\n", "common": "table 3\nrun 2\nquay 1\n", "town": "celle 2\n", "country": "norway 2\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, kind+".txt"), []byte(words), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := newFiller(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNamesAndAddressesAreMarkedWhereTheyStand(t *testing.T) {
	s := small(t).fill(`Hi {u}, this is {Y}. Bye`)
	if len(s.people) != 2 || len(s.addresses) != 0 {
		t.Fatalf("%d people and %d addresses, 2 and 0 were expected", len(s.people), len(s.addresses))
	}
	first, second := s.people[0], s.people[1]
	if s.text[:first[0]] != "Hi " || s.text[first[1]:second[0]] != ", this is " || s.text[second[1]:] != ". Bye" {
		t.Errorf("%q is marked at %v", s.text, s.people)
	}
}

func TestTheSameSeedMakesTheSameSentences(t *testing.T) {
	texts := func() []string {
		f := small(t)
		var all []string
		for _, s := range f.copies(nil, lines(people), 1) {
			all = append(all, s.text)
		}
		return all
	}
	if !slices.Equal(texts(), texts()) {
		t.Error("two runs differ")
	}
}

func TestEverySlotOfTheTemplatesIsFilled(t *testing.T) {
	f := small(t)
	for _, l := range append(lines(people), lines(nobody)...) {
		s := f.fill(l)
		for i := range len(s.text) - 2 {
			if s.text[i] == '{' && s.text[i+2] == '}' {
				t.Errorf("%q has a slot left", s.text)
			}
		}
	}
}

package party

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/internal/email"
)

var fieldTypes = []FieldType{Text, LongText, Date, Email, Phone, Country, Language, URL, Number}

func TestWhatAMaskShows(t *testing.T) {
	for _, c := range []struct {
		kind       FieldType
		text, want string
	}{
		{Date, "1984-05-03", "•••• 1984"},
		{Phone, "+49 30 901820", "•••• 20"},
		{Number, "M-20417", "•••• 17"},
		{Number, "4711", "••••"},
		{Text, "Berger", "B••••"},
		{Text, "Żaneta", "Ż••••"},
		{Text, "Tim", "••••"},
		{Country, "ES", "••••"},
		{Language, "en", "••••"},
		{URL, "https://example.org/tim", "••••"},
		{LongText, "I teach the piano.", "••••"},
		{Email, "tim@example.org", "t••@e•••••.org"},
		{Email, "no address", "••••"},
		{Text, "", "••••"},
	} {
		if got := Mask(FieldSchema{Type: c.kind}, c.text); got != c.want {
			t.Errorf("Mask(%s, %q) = %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

func TestAMaskShowsOnlyItsFewCharacters(t *testing.T) {
	allowed := map[FieldType]int{Date: 4, Phone: 2, Number: 2, Text: 1}
	rapid.Check(t, func(t *rapid.T) {
		f := FieldSchema{Type: rapid.SampledFrom(fieldTypes).Draw(t, "type")}
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{4}-[0-9]{2}-[0-9]{2}`), rapid.StringMatching(`[a-z]{1,9}@[a-z]{1,9}\.org`)).Draw(t, "text")
		got := Mask(f, text)
		if a, err := email.Parse(text); f.Type == Email && err == nil {
			if got != email.Mask(a) {
				t.Fatalf("address shown as %q", got)
			}
			return
		}
		shown := []rune(strings.TrimSpace(strings.Replace(got, "••••", "", 1)))
		if len(shown) > allowed[f.Type] {
			t.Fatalf("%s: %q of %q", f.Type, got, text)
		}
		if len([]rune(text)) > 4 && strings.Contains(got, text) {
			t.Fatalf("%s: the whole of %q stands in %q", f.Type, text, got)
		}
	})
}

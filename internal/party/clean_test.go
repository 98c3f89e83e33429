package party

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

func TestEveryFieldTypeTakesTheGoodAndRefusesTheBad(t *testing.T) {
	for _, c := range []struct {
		kind FieldType
		good map[string]string // as typed → as kept
		bad  []string
	}{
		{Text, map[string]string{" Tim ": "Tim", "Jose\u0301": "José", "O’Brien": "O’Brien", "नि\u200dक": "नि\u200dक", "<script>": "<script>", "=cmd()": "=cmd()"}, []string{
			"Tim\u202eBerger", "Tim\u200b", "a\nb", "a\x00b", "\xff", "\ufeffTim", "a\u2028b", "\ufffd", strings.Repeat("x", 201),
		}},
		{LongText, map[string]string{"one\r\ntwo\t3": "one\r\ntwo\t3"}, []string{"a\u202eb", "a\x07b", "a\u2029b"}},
		{Date, map[string]string{"1984-05-03": "1984-05-03", " 2024-02-29 ": "2024-02-29", "0001-01-01": "0001-01-01"}, []string{
			"1984-5-3", "03.05.1984", "1984-02-30", "2023-02-29", "0000-01-01", "2201-01-01", "19840503", "1984-05-03T00:00:00Z", "-984-05-03", "१९८४-०५-०३",
		}},
		{Email, map[string]string{"Tim@Example.org": "Tim@Example.org"}, []string{"tim", "tim@", "Tim <tim@example.org>", "a@b.org, c@d.org", "tim@[127.0.0.1]"}},
		{Phone, map[string]string{"+49 (30) 901-820": "+49 (30) 901-820", "112": "112"}, []string{"12", "call me", "123456789012345678", "+49 30 ٣٤٥", "30;90"}},
		{Country, map[string]string{"es": "ES", "ES": "ES"}, []string{"ESP", "E1", "E", "ß", "ſs", "ＥＳ"}},
		{Language, map[string]string{"en": "en", "es-MX": "es-MX", "zh-Hant-TW": "zh-Hant-TW"}, []string{"e", "--", "en-", "-en", "en_GB", "12", "engl ish", strings.Repeat("a", 60)}},
		{URL, map[string]string{"https://example.org/a?b=c": "https://example.org/a?b=c", "http://example.org": "http://example.org"}, []string{
			"javascript:alert(1)", "data:text/html,x", "example.org", "//example.org", "https://", "ftp://example.org", "https://exa mple.org",
		}},
		{Number, map[string]string{"M-204 17": "M-204 17"}, []string{"one two three four five"}},
	} {
		f := FieldSchema{Name: "x", Type: c.kind}
		for in, want := range c.good {
			if got, bad := f.Clean(in); bad != nil || got != want {
				t.Errorf("%s %q: kept as %q (%v), want %q", c.kind, in, got, bad, want)
			}
		}
		for _, in := range c.bad {
			if got, bad := f.Clean(in); bad == nil {
				t.Errorf("%s %q: kept as %q", c.kind, in, got)
			}
		}
		if got, bad := f.Clean("  "); bad != nil || got != "" {
			t.Errorf("%s: nothing is kept as %q (%v)", c.kind, got, bad)
		}
	}
}

func TestALimitCountsCharactersNotBytes(t *testing.T) {
	f := FieldSchema{Type: Text, Max: 5}
	for text, want := range map[string]bool{"абвгд": true, "абвгде": false, "e\u0301e\u0301e\u0301e\u0301e\u0301": true} {
		if _, bad := f.Clean(text); (bad == nil) != want {
			t.Errorf("%q: %v", text, bad)
		}
	}
}

func TestAllFaultsAreToldTogetherAndNoneRepeatsTheInput(t *testing.T) {
	schemas := defaults(t)
	_, err := schemas.Clean(Values{
		"identity": {"birth_date": "secretive", "given_name": "a\u202eb", "shoe": "44"}, "diary": {"x": "y"},
		"contact": {"email": "secretive"}, "address": {"city": "Lisbon"},
	})
	got := map[string]bool{}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("%v: want several faults", err)
	}
	for _, one := range joined.Unwrap() {
		var e *habeas.Error
		if !errors.As(one, &e) || e.Kind != habeas.KindInvalid {
			t.Fatalf("%v", one)
		}
		got[e.Field] = true
	}
	for _, field := range []string{"identity.birth_date", "identity.given_name", "identity", "fields", "contact.email"} {
		if !got[field] {
			t.Errorf("nothing is said about %s: %v", field, got)
		}
	}
	if strings.Contains(err.Error(), "secretive") || strings.Contains(err.Error(), "shoe") || strings.Contains(err.Error(), "diary") {
		t.Errorf("the input is repeated: %v", err)
	}
	for range 20 {
		if _, again := schemas.Clean(Values{"identity": {"birth_date": "x", "given_name": "a\u202eb"}}); again.Error() != "identity.birth_date: Use a real date as year-month-day, for example 1984-05-03.\nidentity.given_name: This holds characters that cannot be seen. Type it again." {
			t.Fatalf("faults in another order: %v", again)
		}
	}
}

func TestCleanIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := FieldSchema{Type: rapid.SampledFrom(fieldTypes).Draw(t, "type"), Max: rapid.IntRange(0, 50).Draw(t, "max")}
		checkClean(t, f, rapid.OneOf(rapid.String(), rapid.StringMatching(`[ a-zé+0-9@.\-]{0,30}`)).Draw(t, "text"))
	})
}

func checkClean(t interface{ Fatalf(string, ...any) }, f FieldSchema, text string) {
	got, bad := f.Clean(text)
	if bad != nil {
		return
	}
	limit := f.Max
	if limit == 0 {
		limit = 200
	}
	switch {
	case !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || strings.TrimSpace(got) != got:
		t.Fatalf("%s: %q was kept as %q", f.Type, text, got)
	case utf8.RuneCountInString(got) > limit:
		t.Fatalf("%s: %d characters were kept, at most %d", f.Type, utf8.RuneCountInString(got), limit)
	case strings.ContainsAny(got, "\u200b\u202a\u202e\u2066\ufeff\x00\u2028"):
		t.Fatalf("%s: %q hides something", f.Type, got)
	}
	if again, bad := f.Clean(got); bad != nil || again != got {
		t.Fatalf("%s: %q was kept as %q, and that as %q (%v)", f.Type, text, got, again, bad)
	}
}

func FuzzClean(f *testing.F) {
	for i, text := range []string{"Tim", "1984-05-03", "tim@example.org", "+49 30", "ES", "en", "https://example.org", "M-1", "e\u0301 \u202e", "\xff", "\u1e9e\u0345"} {
		f.Add(i%len(fieldTypes), 10*i, text)
	}
	f.Fuzz(func(t *testing.T, kind, limit int, text string) {
		n := len(fieldTypes)
		checkClean(t, FieldSchema{Type: fieldTypes[(kind%n+n)%n], Max: max(limit%300, 0)}, text)
	})
}

func TestSchemasThatMakeNoSenseAreRefused(t *testing.T) {
	one := []FieldSchema{{Name: "a", Type: Text}}
	for name, sets := range map[string][]SetSchema{
		"no name": {{Fields: one}}, "capitals": {{Name: "Contact", Fields: one}}, "no field": {{Name: "contact"}},
		"twice": {{Name: "contact", Fields: one}, {Name: "contact", Fields: one}}, "a field without name": {{Name: "contact", Fields: []FieldSchema{{}}}},
		"a field twice": {{Name: "contact", Fields: append(one, one...)}},
	} {
		if _, err := NewSchemas(sets...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

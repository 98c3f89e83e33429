package lang

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

func spanish(t testing.TB) Printer {
	t.Helper()
	c, err := Standard()
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer("es")
}

func folder(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestLoadMergesFilesAndRefusesContradictions(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		fails string // part of the error; empty when it loads
	}{
		{"two subjects", map[string]string{"es/a.json": `{"Yes": "Sí"}`, "es/b.json": `{"No": "No"}`}, ""},
		{"same key, same value", map[string]string{"es/a.json": `{"Yes": "Sí"}`, "es/b.json": `{"Yes": "Sí"}`}, ""},
		{"same key, other value", map[string]string{"es/a.json": `{"Yes": "Sí"}`, "es/b.json": `{"Yes": "Claro"}`}, "twice"},
		{"same key in one file", map[string]string{"es/a.json": `{"Yes": "Sí", "Yes": "Claro"}`}, "twice"},
		{"lost placeholder", map[string]string{"es/a.json": `{"To {name}": "A alguien"}`}, "placeholders"},
		{"invented placeholder", map[string]string{"es/a.json": `{"To you": "A {name}"}`}, "placeholders"},
		{"empty translation", map[string]string{"es/a.json": `{"Yes": ""}`}, "no text"},
		{"not an object", map[string]string{"es/a.json": `["Yes"]`}, "one JSON object"},
		{"nested", map[string]string{"es/a.json": `{"Yes": {"a": "b"}}`}, "no text"},
		{"trailing text", map[string]string{"es/a.json": `{"Yes": "Sí"} {}`}, "after the object"},
		{"broken", map[string]string{"es/a.json": `{"Yes": `}, "es/a.json"},
		{"language without rules", map[string]string{"tlh/a.json": `{}`}, "no rules"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(folder(tt.files))
			if tt.fails == "" && err != nil {
				t.Fatal(err)
			}
			if tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Fatalf("error %v, want one about %q", err, tt.fails)
			}
		})
	}
}

func TestMatchChoosesTheBestLanguageOnOffer(t *testing.T) {
	c, err := Standard()
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"":                               "en",
		"es":                             "es",
		"es-MX,es;q=0.9,en;q=0.8":        "es",
		"en-GB,en;q=0.9,es;q=0.8":        "en",
		"fi":                             "en",
		"fi,es;q=0.5":                    "es",
		"*":                              "en",
		";;;":                            "en",
		strings.Repeat("es,", 1000):      "en", // longer than any browser sends
		"de-DE,de;q=0.9,es;q=0.7,en;q=0": "es",
	} {
		if got := c.Match(header); got != want {
			t.Errorf("Match(%.40q) = %q, want %q", header, got, want)
		}
	}
}

func TestSentencesFillTheirPlaceholders(t *testing.T) {
	c, err := Load(folder(map[string]string{"es/a.json": `{
		"Sent to {count} people.": "Enviado a {count} personas.",
		"{n} record": "{n} registro", "{n} records": "{n} registros"}`}))
	if err != nil {
		t.Fatal(err)
	}
	en, es := c.Printer("en"), c.Printer("es")
	for _, tt := range []struct{ got, want string }{
		{en.T("Sent to {count} people.", "count", 12345), "Sent to 12,345 people."},
		{es.T("Sent to {count} people.", "count", 12345), "Enviado a 12.345 personas."},
		{es.T("Sent to {count} people.", "count", 1234), "Enviado a 1234 personas."},
		{es.Fill("Sent to {count} people.", map[string]string{"count": "3"}), "Enviado a 3 personas."},
		{en.Plural(1, "{n} record", "{n} records"), "1 record"},
		{es.Plural(1, "{n} record", "{n} records"), "1 registro"},
		{es.Plural(0, "{n} record", "{n} records"), "0 registros"},
		{es.T("No translation for {x}.", "x", "this"), "No translation for this."},
		{en.T("Unknown {y} stays.", "x", "!"), "Unknown {y} stays."},
		{en.T("{x}", "x", "{x} {y}"), "{x} {y}"},
		{en.T("open { brace"), "open { brace"},
		{en.T("odd {x}", "x"), "odd {x}"},
		{Printer{}.T("zero printer"), "zero printer"},
		{c.Printer("xx").T("unknown language"), "unknown language"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestDatesReadAsPeopleSayThem(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, madrid)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	en, es, now := Printer{}, spanish(t), at("2025-11-22 09:00")
	buenosAires := time.FixedZone("-03", -3*3600)
	for _, tt := range []struct{ got, want string }{
		{en.Date(at("2025-05-03 14:05")), "3 May 2025"},
		{es.Date(at("2025-05-03 14:05")), "3 de mayo de 2025"},
		{en.DateTime(at("2025-05-03 14:05"), madrid), "3 May 2025, 14:05 CEST"},
		{es.DateTime(at("2025-05-03 14:05").UTC(), madrid), "3 de mayo de 2025, 14:05 CEST"},
		{en.DateTime(at("2025-05-03 14:05"), buenosAires), "3 May 2025, 09:05 UTC-03:00"},
		{en.Ago(at("2025-11-22 00:01"), now), "today"},
		{en.Ago(at("2025-11-21 23:59"), now), "yesterday"},
		{es.Ago(at("2025-11-21 23:59"), now), "ayer"},
		{en.Ago(at("2025-05-03 14:05"), now), "3 May"},
		{es.Ago(at("2025-05-03 14:05"), now), "3 de mayo"},
		{en.Ago(at("2024-05-03 14:05"), now), "3 May 2024"},
		{en.Age(at("2025-11-22 08:00"), now), "today"},
		{en.Age(at("2026-11-22 08:00"), now), "today"},
		{en.Age(at("2025-11-21 08:00"), now), "yesterday"},
		{en.Age(at("2025-11-12 08:00"), now), "10 days ago"},
		{en.Age(at("2025-10-23 08:00"), now), "30 days ago"},
		{en.Age(at("2025-10-22 08:00"), now), "1 month ago"},
		{es.Age(at("2025-05-03 14:05"), now), "hace 6 meses"},
		{en.Age(at("2024-11-22 08:00"), now), "1 year ago"},
		{es.Age(at("2019-11-23 08:00"), now), "hace 5 años"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	en, es := Printer{}, spanish(t)
	for _, tt := range []struct{ got, want string }{
		{en.Number(0), "0"},
		{en.Number(999), "999"},
		{en.Number(1000), "1,000"},
		{en.Number(-1234567), "-1,234,567"},
		{es.Number(9999), "9999"},
		{es.Number(10000), "10.000"},
		{es.Number(-123), "-123"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		plain := strings.ReplaceAll(es.Number(n), ".", "")
		if plain != strings.ReplaceAll(en.Number(n), ",", "") {
			t.Fatalf("%d reads differently in the two languages", n)
		}
	})
}

func TestMissingListsWhatHasNoTranslation(t *testing.T) {
	c, err := Load(folder(map[string]string{"es/a.json": `{"Yes": "Sí"}`}))
	if err != nil {
		t.Fatal(err)
	}
	sentences := []string{"Yes", "No", "Maybe", "No"}
	if got := strings.Join(c.Missing("es", sentences), "|"); got != "Maybe|No" {
		t.Errorf("missing %q", got)
	}
	if got := c.Missing("en", sentences); got != nil {
		t.Errorf("English is the source, yet misses %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(`{"To {name}": "A {name}"}`)
	f.Add(`{"a": "{", "b": "}{"}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(folder(map[string]string{"es/a.json": text}))
		if err != nil {
			return
		}
		for key := range c.messages["es"] {
			c.Printer("es").T(key, "name", "x")
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("es-MX,es;q=0.9,en;q=0.8")
	c, err := Standard()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := c.Match(header); !c.Has(got) {
			t.Fatalf("Match gave %q, which is not on offer", got)
		}
	})
}

package session

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// jude plays the worked example of the specification into a log: somebody says who they
// are, is greeted by name, and greeted again.
func jude(t *testing.T, l *Log, log *slog.Logger) {
	t.Helper()
	tx := l.Begin()
	ctx := With(t.Context(), tx)
	tx.Request("My username is JudeTheObscure")
	tx.Analysis(Analyse("My username is JudeTheObscure", nil)...)
	tx.Set("SecureDataStore", ScopeSession, storeWith(t, l, "UserName", "JudeTheObscure"))
	log.InfoContext(ctx, "greeting JudeTheObscure", "user", "judetheobscure")
	tx.Output("Hi JudeTheObscure")
	tx.Response("Hi JudeTheObscure")
	tx.End()

	tx = l.Begin()
	tx.Request("Hello")
	tx.Analysis(Analyse("Hello", nil)...)
	tx.Output("Hello again, JudeTheObscure!<br/>")
	tx.Output("Your username is still JUDETHEOBSCURE, <word>.")
	tx.Response("Hello again, JudeTheObscure!<br/>Your username is still JUDETHEOBSCURE, <word>.")
	tx.End()
}

// Proves SLG-3.
func TestTheWorkedExampleNamesNobody(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, dir, clock)
	var console bytes.Buffer
	l := open(t, j, clock)
	jude(t, l, slog.New(NewHandler(slog.NewJSONHandler(&console, nil))))
	l.Close(Completed)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Find(dir, l.ID())
	if err != nil {
		t.Fatal(err)
	}
	export := toXML(t, s)
	for name, text := range map[string]string{
		"the files": everything(t, dir), "the export": export, "the server's log": console.String(), "what was read": toJSON(t, s),
	} {
		if i := strings.Index(strings.ToLower(text), "jude"); i >= 0 {
			t.Errorf("%s names somebody: … %s …", name, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	if !strings.Contains(console.String(), "greeting ⟦") {
		t.Errorf("the server's log says %s", console.String())
	}
	golden(t, "jude.xml", steady(export))
}

// The same without a scrubber that knows anything: the search above can fail.
func TestWithoutSealingTheExampleNamesSomebody(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Request("My username is JudeTheObscure")
	tx.End()
	if !strings.Contains(toXML(t, k.session()), "JudeTheObscure") {
		t.Error("a value that nothing knows is gone; the test of the worked example would prove nothing")
	}
}

// A value that is sealed at the end of a transaction is gone from its beginning, too.
func TestAValueIsScrubbedFromWhatWasSaidBeforeItWasSealed(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Request("call me Kshetrapala")
	tx.Input("greeting", map[string]any{"to": "KSHETRAPALA", "times": 2})
	tx.Warn("Kshetrapala is long")
	seal(t, tx, "UserName", "Kshetrapala")
	tx.End()
	if got := toXML(t, k.session()); strings.Contains(strings.ToLower(got), "kshetra") {
		t.Errorf("it is still there:\n%s", got)
	}
}

// Where the value cannot be sealed, nothing that could hold it is written.
func TestWhatCannotBeCheckedIsWithheld(t *testing.T) {
	k := &kept{}
	ctx, cancel := context.WithCancel(t.Context())
	l := Open(ctx, Options{Flow: "greeting", Sink: k, Clock: noon()})
	tx := l.Begin()
	tx.Request("I am Kshetrapala")
	if _, err := tx.Seal("UserName", bytes.Repeat([]byte("x"), 1<<20)); err == nil {
		t.Fatal("a value of a megabyte was sealed")
	}
	tx.End()
	got := toXML(t, k.session())
	if strings.Contains(got, "Kshetrapala") || !strings.Contains(got, "withheld") || !strings.Contains(got, `name="UserName"`) {
		t.Errorf("the log says\n%s", got)
	}
	cancel()
}

func TestNamesThatAreNoneAreNotWritten(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Set("jude@example.org", ScopeSession, 1)
	tx.Step("Jude, born 1895!", "é")
	tx.Ends(Refused, "j@e")
	tx.End()
	if got := strings.ToLower(toXML(t, k.session())); strings.Contains(got, "jude") || strings.Contains(got, "j@e") {
		t.Errorf("the log says\n%s", got)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What one session calls a value tells nothing about it in another.
func TestTwoSessionsCallOneValueDifferently(t *testing.T) {
	k := &kept{}
	for range 2 {
		l := Open(t.Context(), Options{Flow: "greeting", Sink: k, Clock: noon()})
		tx := l.Begin()
		tx.Request("I am Kshetrapala")
		seal(t, tx, "UserName", "Kshetrapala")
		tx.Output("Hi Kshetrapala")
		tx.End()
		l.Close(Completed)
	}
	first, second := k.lines[0].Events, k.lines[2].Events
	name := strings.TrimPrefix(first[0].Text, "I am ")
	if first[2].Text != "Hi "+name || strings.Contains(second[0].Text, name) || !strings.Contains(second[0].Text, "⟦") {
		t.Errorf("the first says %q and %q, the second %q", first[0].Text, first[2].Text, second[0].Text)
	}
}

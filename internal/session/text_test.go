package session

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestASessionIsAConversationInTheTerminal(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Request("two\nlines\x1b[31m")
	tx.Analysis(Analyse("Hi you", nil)...)
	seal(t, tx, "code", "12345678")
	tx.Delete("code", ScopeSession)
	tx.Step("code asked for", "")
	tx.Trigger(Trigger{ID: "t", Flow: "GreetUser", FlowID: "f", Vertex: "v", Mappings: []Mapping{{"a", "b"}}}, nil)
	tx.Parameter("error", map[string]string{"code": "code.wrong"})
	tx.Warn("look")
	tx.Response("page account/code")
	tx.Ends(Failed, "K3F9X7ABCDEF")
	tx.End()
	l.Close("")
	var b bytes.Buffer
	if err := WriteText(&b, k.session()); err != nil {
		t.Fatal(err)
	}
	want := `Session SESSION, flow greeting, began about 2026-11-23 12:00 UTC, took 0 s, failed

1. after 0 s, failed, reference K3F9X7ABCDEF
  ▶ two
      lines␛[31m
    understood: hi · you
    code = ⟦code⟧  (initialization)
    code is gone
    reached: code asked for
    flow GreetUser (f) begins, [[a → b]]
  ◀ error = {"code":"code.wrong"}
  ! look
  ◀ page account/code
`
	if got := steady(b.String()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	broken := errors.New("broken")
	r, w := io.Pipe()
	_ = r.CloseWithError(broken)
	if err := WriteText(w, k.session()); !errors.Is(err, broken) {
		t.Errorf("a terminal that is gone: %v", err)
	}
}

func TestADayIsReadAsPeopleSayIt(t *testing.T) {
	now := noon().Now()
	for text, want := range map[string]string{"today": "2026-11-23", "yesterday": "2026-11-22", "2025-02-28": "2025-02-28", "soon": "", "": ""} {
		got, ok := ParseDay(text, now)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%q is %s, %v; want %q", text, got, ok, want)
		}
	}
	if !strings.HasPrefix(newID(now), "261123-") {
		t.Error("the name of a session does not begin with its day")
	}
}

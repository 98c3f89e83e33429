package ui

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/session"
)

// lines is a sink that remembers.
type lines struct {
	mu  sync.Mutex
	all []session.Line
}

func (l *lines) Put(line session.Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

// recorded serves handlers under a server that records flows.
func recorded(t *testing.T, mount func(b *Base, m *edge.Mux)) (*lines, http.Handler) {
	t.Helper()
	origin, err := edge.ParseOrigin("http://localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	kept, clock := &lines{}, habeas.NewManualClock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	rd, err := NewRenderer(Config{Org: "Riverside Arts", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	b := &Base{Renderer: rd, Clock: clock, Origin: origin, Cookies: edge.Cookies{Origin: origin}, Flows: session.NewFlows(kept, clock)}
	m := &edge.Mux{Failures: &edge.Failures{Page: rd.Failure, Log: slog.New(slog.DiscardHandler)}}
	mount(b, m)
	return kept, edge.WithRequestID(m)
}

// ask gets a page as a browser does.
func ask(t *testing.T, h http.Handler, path string, cookies []*http.Cookie) (status int, body string, set []*http.Cookie) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	reply := rec.Result()
	defer reply.Body.Close()
	b, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(b), reply.Cookies()
}

// What a person is asked to quote finds the session, for a fault and for a panic alike.
func TestAFaultIsFoundByTheNumberOnItsPage(t *testing.T) {
	kept, h := recorded(t, func(b *Base, m *edge.Mux) {
		b.Handle(m, Anybody, "GET /fault", b.Begins(FlowClaim, func(http.ResponseWriter, *http.Request, Visit) error {
			return errors.New("the disk of Kshetrapala")
		}))
		b.Handle(m, Anybody, "GET /panic", b.Begins(FlowClaim, func(http.ResponseWriter, *http.Request, Visit) error {
			panic("Kshetrapala")
		}))
	})
	for i, path := range []string{"/fault", "/panic"} {
		status, page, _ := ask(t, h, path, nil)
		line := kept.all[2*i]
		if status != http.StatusInternalServerError || line.Outcome != session.Failed || line.Reference == "" || !strings.Contains(page, line.Reference) {
			t.Errorf("%s: status %d, outcome %q, reference %q", path, status, line.Outcome, line.Reference)
		}
		if end := kept.all[2*i+1]; !end.End || end.Outcome != session.Failed {
			t.Errorf("%s: a session that nothing ties to its browser goes on: %+v", path, end)
		}
		for _, e := range line.Events {
			if strings.Contains(e.Text, "Kshetrapala") {
				t.Errorf("%s: the log quotes the fault: %s", path, e.Text)
			}
		}
	}
}

func TestTheFlowCookieThatComesWithTheAnswerTiesTheNextRequest(t *testing.T) {
	kept, h := recorded(t, func(b *Base, m *edge.Mux) {
		b.Handle(m, Anybody, "GET /begin", b.Begins(FlowClaim, func(w http.ResponseWriter, r *http.Request, _ Visit) error {
			b.Flow(w, r)
			http.Redirect(w, r, "/go/on/pty_06h0f110wwkqbd507y4s9w1ecm?c=secret", http.StatusSeeOther)
			return nil
		}))
		b.Handle(m, Anybody, "GET /on", b.Continues(func(_ http.ResponseWriter, r *http.Request, _ Visit) error {
			Refused(r, errors.Join(habeas.Invalid("code", "Wrong."), habeas.Conflict("Changed.").WithCode("claim.changed")))
			return habeas.Conflict("Changed.").WithCode("claim.changed")
		}, FlowClaim))
		b.Handle(m, Anybody, "GET /other", b.Continues(func(_ http.ResponseWriter, r *http.Request, _ Visit) error {
			if session.From(r.Context()) != nil {
				t.Error("a page of another flow is recorded")
			}
			return nil
		}, FlowSignIn))
		b.Handle(m, Anybody, "GET /end", b.Continues(func(_ http.ResponseWriter, r *http.Request, _ Visit) error {
			FlowEnds(r, FlowSignIn, session.Failed) // is not this flow
			FlowEnds(r, FlowClaim, session.Completed)
			return nil
		}, FlowSignIn, FlowClaim))
	})
	_, _, cookies := ask(t, h, "/begin", nil)
	for _, path := range []string{"/on", "/other", "/end", "/on"} {
		ask(t, h, path, cookies)
	}
	if len(kept.all) != 4 {
		t.Fatalf("%d lines, want three steps and the end: %+v", len(kept.all), kept.all)
	}
	for i, want := range []session.Outcome{"", session.Refused, session.Completed, session.Completed} {
		if l := kept.all[i]; l.Session != kept.all[0].Session || l.Outcome != want || l.End != (i == 3) {
			t.Errorf("line %d: %+v, want outcome %q", i, l, want)
		}
	}
	if to := kept.all[0].Events[1].Text; to != "go to /go/on/{id}" {
		t.Errorf("the way on is %q", to)
	}
	var codes []string
	for _, e := range kept.all[1].Events {
		if e.Type == session.OutputParameter {
			codes = append(codes, string(e.Value))
		}
	}
	if got := strings.Join(codes, " "); got != `"invalid in code" "claim.changed"` {
		t.Errorf("refused because of %s", got)
	}
}

func TestASealedPieceIsAChip(t *testing.T) {
	for text, want := range map[string][]Piece{
		"":                     nil,
		"plain":                {{"plain", false}},
		"Hi ⟦KNOWN:a⟧<br/>you": {{"Hi ", false}, {"KNOWN:a", true}, {"\nyou", false}},
		"⟦a⟧⟦b⟧":               {{"a", true}, {"b", true}},
		"open ⟦ only":          {{"open ⟦ only", false}},
		"shut ⟧ ⟦ first":       {{"shut ⟧ ⟦ first", false}},
	} {
		got := Pieces(text)
		if len(got) != len(want) {
			t.Errorf("%q is %v, want %v", text, got, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q is %v, want %v", text, got, want)
			}
		}
	}
}

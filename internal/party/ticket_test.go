package party

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// Proves PTY-21.
func TestATicketIsCancelledInAVersionThatIsNoOlder(t *testing.T) {
	active := Ticket{Version: 3, State: TicketActive, At: noon}
	cancelled := Ticket{Version: 3, State: TicketCancelled, At: noon}
	later := noon.Add(time.Hour)
	for name, c := range map[string]struct {
		was     Ticket
		version int64
		changed bool
		is      int64
		code    string
	}{
		"as it stands":               {active, 0, true, 3, ""},
		"in its own version":         {active, 3, true, 3, ""},
		"in a newer one":             {active, 5, true, 5, ""},
		"in an older one":            {active, 2, false, 3, "ticket.stale"},
		"twice":                      {cancelled, 0, false, 3, ""},
		"again in a newer version":   {cancelled, 4, true, 4, ""},
		"again in an older version":  {cancelled, 1, false, 3, "ticket.stale"},
		"again in the known version": {cancelled, 3, false, 3, ""},
	} {
		is, changed, err := c.was.Cancel(c.version, later)
		var e *habeas.Error
		code := ""
		if errors.As(err, &e) {
			code = e.Code
		}
		if changed != c.changed || is.Version != c.is || code != c.code || changed && (is.State != TicketCancelled || !is.At.Equal(later)) || !changed && is != c.was {
			t.Errorf("%s: %+v, changed %v (%v)", name, is, changed, err)
		}
	}
}

// Proves PTY-21.
func TestALateDeliveryRevivesNoTicket(t *testing.T) {
	ticket := rapid.Custom(func(t *rapid.T) Ticket {
		return Ticket{Version: rapid.Int64Range(1, 4).Draw(t, "version"), State: rapid.SampledFrom([]TicketState{TicketActive, TicketCancelled}).Draw(t, "state")}
	})
	rapid.Check(t, func(t *rapid.T) {
		arrive := func(order []Ticket) (known Ticket) {
			for _, d := range order {
				if d.succeeds(known) {
					known = d
				}
			}
			return known
		}
		all := rapid.SliceOfN(ticket, 1, 8).Draw(t, "deliveries")
		if a, b := arrive(all), arrive(rapid.Permutation(all).Draw(t, "order")); a != b {
			t.Fatalf("the order of deliveries decides: %+v or %+v", a, b)
		}
	})
}

func TestEveryFaultOfAnAssertionIsNamedAtOnce(t *testing.T) {
	long := strings.Repeat("x", 301)
	in := Assertion{
		Source: Source{Kind: FromSystem}, Kind: "thing", ExternalID: "", Idempotent: long, Values: Values{"identity": {"birth_date": "soon"}},
		Ticket: &TicketInput{Ref: "a\u202eb", Version: -1, State: "lost", Title: long, Starts: "tomorrow", BookedBy: long},
	}
	err := in.Check(defaults(t))
	var every []string
	for _, line := range strings.Split(err.Error(), "\n") {
		field, _, _ := strings.Cut(line, ": ")
		every = append(every, field)
	}
	want := []string{"identity.birth_date", "kind", "Idempotency-Key", "email", "ticket.id", "ticket.version", "ticket.state", "ticket.title", "ticket.starts", "ticket.booked_by"}
	if strings.Join(every, " ") != strings.Join(want, " ") {
		t.Errorf("faults at %q, want %q", every, want)
	}
	if strings.Contains(err.Error(), "soon") || strings.Contains(err.Error(), "xxx") || strings.Contains(err.Error(), "tomorrow") {
		t.Errorf("the input is repeated: %v", err)
	}
	good := Assertion{
		Source: Source{Kind: FromSystem}, ExternalID: "42", Values: Values{"identity": {"birth_date": "1984-05-03"}},
		Ticket: &TicketInput{Ref: "B-1", Starts: "2026-05-03T18:00:00+02:00"},
	}
	if err := good.Check(defaults(t)); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func TestHowAPartyIsCalled(t *testing.T) {
	for want, c := range map[string]struct {
		kind   Kind
		values Values
	}{
		"Tim Berger":  {Person, Values{"identity": {"given_name": "Tim", "family_name": "Berger"}, "organisation": {"name": "Bonn & Sons"}}},
		"Tim":         {Person, Values{"identity": {"given_name": "Tim"}}},
		"Berger":      {Person, Values{"identity": {"family_name": "Berger"}}},
		"Bonn & Sons": {Organisation, Values{"identity": {"given_name": "Tim"}, "organisation": {"name": "Bonn & Sons"}}},
		"":            {Person, Values{"contact": {"email": "tim@example.org"}}},
	} {
		rec := Fold(Party{Kind: c.kind}, []Statement{{ID: habeas.NewID[habeas.StatementKind](noon), Values: c.values}}, Settled{}, defaults(t))
		if got := rec.Name(); got != want {
			t.Errorf("called %q, want %q", got, want)
		}
	}
}

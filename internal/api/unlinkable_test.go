package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// utterance is one call of somebody, small enough that calls meet each other often.
type utterance struct {
	who                             int // 0 is the system that is watched
	address, external, given, birth string
	kind                            party.Kind
	ticket                          string
	claim                           bool // afterwards somebody claims what was named
}

func drawUtterance(t *rapid.T) utterance {
	return utterance{
		who:      rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "who"),
		address:  rapid.SampledFrom([]string{"", "a", "a", "b"}).Draw(t, "address"),
		external: rapid.SampledFrom([]string{"", "", "x", "y"}).Draw(t, "external"),
		given:    rapid.SampledFrom([]string{"", "", "Ann", "Ben", "Anna"}).Draw(t, "given"),
		birth:    rapid.SampledFrom([]string{"", "", "1960-01-02", "1990-03-04"}).Draw(t, "birth"),
		kind:     rapid.SampledFrom([]party.Kind{party.Person, party.Person, party.Organisation}).Draw(t, "kind"),
		ticket:   rapid.SampledFrom([]string{"", "T-1", "T-2"}).Draw(t, "ticket"),
		claim:    rapid.Bool().Draw(t, "claim"),
	}
}

// say carries out an utterance and returns what its speaker sees. The space keeps
// the addresses of one run apart from those of another.
func (u utterance) say(w *world, space int) string {
	who := habeas.Actor{Kind: habeas.ActorSystem, System: habeas.SystemID{0: 1, 15: byte(u.who)}}
	in := party.Assertion{Kind: u.kind, Values: party.Values{"identity": {"given_name": u.given, "birth_date": u.birth}}}
	if u.address != "" {
		a, err := email.Parse(fmt.Sprintf("%s%d@example.org", u.address, space))
		if err != nil {
			w.Fatal(err)
		}
		in.Email, in.HasEmail = a, true
	}
	if u.external != "" {
		in.ExternalID = fmt.Sprintf("%s%d", u.external, space)
	}
	if u.ticket != "" {
		in.Ticket = &party.TicketInput{Ref: fmt.Sprintf("%s/%d", u.ticket, space)}
	}
	w.clock.Advance(time.Millisecond)
	ref, err := w.systems.Records().FindOrCreate(context.Background(), who, in)
	if err != nil {
		if habeas.KindOf(err) == habeas.KindInternal {
			w.Fatal(err)
		}
		return err.Error()
	}
	if u.claim {
		prefix, n := ref.Handle(w.keys.Cipher("reference/" + who.System.String()))
		if id, err := w.db.Records().ByReference(w.ctx(), who.System, prefix, n); err == nil {
			claim(w, id)
		}
	}
	return ref.String()
}

// apart returns what system 0 sees among the others, and what it sees alone.
func apart(all []utterance, together, alone *world, space int) (among, by string) {
	var saw, sees []string
	for _, u := range all {
		if got := u.say(together, space); u.who == 0 {
			saw = append(saw, got)
		}
	}
	for _, u := range all {
		if u.who == 0 {
			u.claim = false
			sees = append(sees, u.say(alone, space))
		}
	}
	return strings.Join(saw, "\n"), strings.Join(sees, "\n")
}

// What a system sees depends only on what it said itself, whatever others say and
// claim in between. Proves PTY-A27.
func TestWhatASystemSeesDependsOnItsOwnWordsOnly(t *testing.T) {
	keys := newRing(t)
	together, alone := open(t, keys), open(t, keys)
	space := 0
	rapid.Check(t, func(rt *rapid.T) {
		space++
		all := rapid.SliceOfN(rapid.Custom(drawUtterance), 1, 25).Draw(rt, "calls")
		if saw, sees := apart(all, together, alone, space); saw != sees {
			rt.Fatalf("among others it saw\n%s\nalone it sees\n%s", saw, sees)
		}
	})
}

// Another system's word moves what is behind a row to another record. The reference
// must not show it.
func TestAConflictThatOnlyOthersKnowOfIsNotSeen(t *testing.T) {
	keys := newRing(t)
	saw, sees := apart([]utterance{
		{who: 1, address: "a", given: "Ann"},
		{address: "a", external: "x"},
		{address: "a", given: "Ben"}, // moves to a record of its own, because of what the other said
		{address: "a", external: "x"},
		{address: "a", given: "Carla"},
	}, open(t, keys), open(t, keys), 0)
	if saw != sees {
		t.Fatalf("among others it saw\n%s\nalone it sees\n%s", saw, sees)
	}
}

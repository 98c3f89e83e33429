package demo

import (
	"slices"
	"strings"
	"testing"

	habeas "github.com/habeas-data/habeas"
)

func TestCastIsTheSameInEveryWorld(t *testing.T) {
	names := []string{
		"Tim Berger", "Bell Aster", "Bill Harrow", "Oscar Fennel", "Alice Fenner", "Nora Quill", "Ada Winter", "Ines Calder",
	}
	for _, w := range []*World{full(), New(99, 0, 0, testNow)} {
		for i, name := range names {
			if w.People[i].Name() != name {
				t.Errorf("person %d is %s, want %s", i, w.People[i].Name(), name)
			}
		}
		if w.People[Nora].Role != habeas.RoleStaff || w.People[Ada].Role != habeas.RoleAdministrator ||
			w.People[Tim].Role != habeas.RolePerson {
			t.Error("roles of the cast are wrong")
		}
		if w.People[Ines].Profile == nil || w.People[Ines].Title != "Dr" {
			t.Error("Ines has no public profile")
		}
	}
}

// Full names of well-known people who share a family name with somebody of the
// cast.
func TestCastBearsNobodysName(t *testing.T) {
	known := list(`Helmut Berger, Senta Berger, John Berger, Gerhard Berger, Thomas Berger, Sandy Berger, Roland Berger,
		Alexander Calder, Peter Quill, Edgar Winter, Johnny Winter, Alex Winter, Ariel Winter, Eric Winter, Aaron Winter,
		Jon Aster, Ari Aster, John Aster, Oscar Wilde, Alice Cooper, Ada Lovelace, Bill Gates, Tim Cook, Steve Fenner,
		Peter Fenner, Arnold Harrow, Tim Burton, Tim Berners-Lee, Frank Fenner, Lisa Harrow`)
	for _, p := range cast() {
		if slices.Contains(known, p.Name()) || famous[p.Name()] {
			t.Errorf("%s is a well-known person", p.Name())
		}
	}
}

// about lists what systems were told about somebody, oldest first.
func about(w *World, person int) (out []Assertion) {
	for _, a := range w.Assertions {
		if a.Person == person {
			out = append(out, a)
		}
	}
	return out
}

func TestTimsNewestBirthYearIsWrongByOneAndFromCityBookings(t *testing.T) {
	w := full()
	told := about(w, Tim)
	last := told[len(told)-1]
	if last.System != CityBookings || last.Ticket.Booker != Bell ||
		last.Fields[SetIdentity]["birth_date"] != "1986-06-14" || w.People[Tim].Birth != "1987-06-14" {
		t.Errorf("the newest is %+v", last)
	}
	if told[0].Ticket.Booker != Bill || told[0].Fields[SetIdentity]["given_name"] != "Timothy" {
		t.Error("Bill was not the first to book for Timothy")
	}
	for _, a := range told {
		if a.Fields[SetContact]["email"] != w.People[Tim].Email {
			t.Error("Tim is entered under another address")
		}
	}
}

func TestOscarsMailboxStandsInAlicesRecord(t *testing.T) {
	w := full()
	told := about(w, Alice)
	last := told[len(told)-1].Fields[SetContact]["email"]
	if last != w.People[Oscar].Email || edits(last, w.People[Alice].Email) != 1 {
		t.Errorf("Alice's newest address is %s", last)
	}
	if told[0].Fields[SetContact]["email"] != w.People[Alice].Email || told[0].Fields[SetMembership]["number"] == "" {
		t.Error("Museum Friends does not know Alice by her own address and number")
	}
}

func TestBellBooksForTimAndHerselfOnOneTicket(t *testing.T) {
	with := map[string][]int{}
	for _, a := range full().Assertions {
		if a.Ticket.Booker == Bell && a.System == CityBookings && a.Ticket.Version == 2 {
			with[a.Ticket.ID] = append(with[a.Ticket.ID], a.Person)
		}
	}
	if len(with) != 1 {
		t.Fatalf("Bell revised %d tickets", len(with))
	}
	for _, people := range with {
		if !slices.Equal(people, []int{Tim, Bell}) {
			t.Errorf("on the ticket are %v", people)
		}
	}
}

func TestChanceLeavesTheCastAlone(t *testing.T) {
	w, bare := full(), New(12, 0, 0, testNow)
	for person := range castSize {
		if got, want := len(about(w, person)), len(about(bare, person)); got != want {
			t.Errorf("person %d: %d assertions in the full world, %d in the story", person, got, want)
		}
	}
	for _, p := range w.People[castSize:] {
		for _, c := range w.People[:castSize] {
			if strings.EqualFold(p.Email, c.Email) || p.OtherEmail == c.Email || p.Phone == c.Phone && c.Phone != "" {
				t.Errorf("person %d shares address or number with the cast", p.Index)
			}
		}
	}
}

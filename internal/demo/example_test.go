package demo_test

import (
	"fmt"
	"time"

	"github.com/habeas-data/habeas/internal/demo"
)

func ExampleNew() {
	w := demo.New(1, 100, 10, time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC))
	fmt.Println("born", w.People[demo.Tim].Birth)
	for _, a := range w.Assertions {
		if a.Person == demo.Tim {
			fmt.Println(a.System, a.Ticket.Version, a.Fields[demo.SetIdentity]["given_name"], a.Fields[demo.SetIdentity]["birth_date"], a.Mess)
		}
	}
	// Output:
	// born 1987-06-14
	// City Bookings 1 Timothy  [nickname no birth date no phone]
	// Museum Friends 1 Tim  [no birth date]
	// City Bookings 1 Tim 1986-06-14 [birth year]
	// City Bookings 2 Tim 1986-06-14 [birth year]
	// City Bookings 1 Tim 1986-06-14 [birth year]
}

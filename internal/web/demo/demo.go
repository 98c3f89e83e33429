// Package demo makes the pages that only "habeas demo" has: its start, the tour, the
// outbox, the search of the disk.
package demo

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Demo is what the pages of "habeas demo" ask of it. A real server has none of
// these pages: they are mounted by the demo only.
type Demo interface {
	// World tells what was invented.
	World(ctx context.Context) (World, error)
	// Play signs the browser in as one of the cast, without a passkey.
	Play(ctx context.Context, who Role, b account.Browser) error
	// Stop is where a step of the tour takes place, and for whom. at is an earlier step
	// when something has to be done there first; Gone says that Tim's record is erased.
	Stop(ctx context.Context, step int) (at int, who Role, path string, err error)
	// Sent are the mails that a real server would have sent, newest first.
	Sent() []Mail
	// Book sends a booking to this server's own API, as City Bookings would.
	Book(ctx context.Context, b Booking) (Exchange, error)
	// Search looks for what is known of Tim in every byte of the data directory.
	Search(ctx context.Context) (Search, error)
	// Again puts Tim and his record back to where the tour begins.
	Again(ctx context.Context) error
}

// Role is one of those whom a visitor can play.
type Role string

// The roles.
const (
	Traveller     Role = "tim"
	Staff         Role = "nora"
	Booker        Role = "bell"
	Administrator Role = "ada"
)

// home is where a role begins.
func (d Role) home() (string, bool) {
	switch d {
	case Traveller, Booker:
		return "/me", true
	case Staff:
		return "/staff", true
	case Administrator:
		return "/admin", true
	}
	return "", false
}

// World is how much was invented, and where it lies.
type World struct {
	People, Organisations, Tickets, Records, Claimed int
	Dir                                              string
	Kept                                             bool // the directory stays when the demo ends
}

// Mail is a mail as it would have been sent.
type Mail struct {
	At      time.Time
	To      string
	Subject string
	Text    string
}

// Booking is what City Bookings knows of a booking.
type Booking struct {
	Booker        Role
	Email         email.Address
	Given, Family string
	Birth         string // YYYY-MM-DD or empty
	Tour          string
	Date          string // YYYY-MM-DD
}

// Exchange is one call of the API as it went over the wire.
type Exchange struct {
	Request  string // first line
	Sent     string // body, indented JSON
	Status   string
	Received string
	Took     time.Duration
}

// Search is what a search of the data directory found.
type Search struct {
	At     time.Time
	Files  int
	Bytes  int64
	Values []Trace
	Known  Trace // something that is in the files: shows that the search works
	Opened int   // statements about Tim that the server can open with its keys
	SignIn bool  // his sign-in address is still held
	Gone   bool  // his record is erased
	Before *Search
}

// Trace is how often one value was found, in all its encodings.
type Trace struct {
	What  string // sentence: "Family name"
	Value string
	Found int
}

// Size is Bytes as pages count.
func (s Search) Size() int { return int(s.Bytes) }

// Found adds up the values.
func (s Search) Found() (n int) {
	for _, v := range s.Values {
		n += v.Found
	}
	return n
}

// Pages are the pages of the demo.
type Pages struct {
	*ui.Base
	Demo Demo
}

// Mount registers the pages of the demo.
func (d Pages) Mount(m *edge.Mux) {
	d.Handle(m, ui.Anybody, "GET /demo", d.start)
	d.Handle(m, ui.Anybody, "POST /demo/as/{who}", d.playAs)
	d.Handle(m, ui.Anybody, "POST /demo/tour/{step}", d.goTo)
	d.Handle(m, ui.Anybody, "POST /demo/again", d.again)
	d.Handle(m, ui.Anybody, "GET /demo/outbox", d.outbox)
	d.Handle(m, ui.Anybody, "GET /demo/booking", d.booking)
	d.Handle(m, ui.Anybody, "POST /demo/booking", d.book)
	d.Handle(m, ui.Anybody, "GET /demo/search", d.search)
}

func (d Pages) start(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	world, err := d.Demo.World(r.Context())
	if err != nil {
		return err
	}
	return d.Render(w, r, http.StatusOK, "demo/start", world)
}

// playAs signs in as one of the cast and goes to where they begin.
func (d Pages) playAs(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	who := Role(r.PathValue("who"))
	home, ok := who.home()
	if !ok {
		return habeas.NotFound("There is nobody of this name in the demo.").WithCode("demo.nobody")
	}
	endTour(w)
	return d.play(w, r, who, home)
}

// play gives the browser the sign-in of a role and sends it to a page.
func (d Pages) play(w http.ResponseWriter, r *http.Request, who Role, to string) error {
	b, keep := webaccount.NewBrowser(d.Base, w, r, account.Life(habeas.ProofPasskey))
	if err := d.Demo.Play(r.Context(), who, b); err != nil {
		return err
	}
	keep()
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (d Pages) again(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	endTour(w)
	if err := d.Demo.Again(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/demo", http.StatusSeeOther)
	return nil
}

// OutboxPage is the data of demo/outbox.
type OutboxPage struct{ Mails []OutboxMail }

// OutboxMail is a mail with its links made out.
type OutboxMail struct {
	Mail
	Pieces []Piece
}

// Piece is a stretch of a mail: text, or a link to a page here.
type Piece struct{ Text, Path string }

func (d Pages) outbox(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	var page OutboxPage
	for _, m := range d.Demo.Sent() {
		page.Mails = append(page.Mails, OutboxMail{m, linked(m.Text, d.Origin.String()+"/")})
	}
	return d.Render(w, r, http.StatusOK, "demo/outbox", page)
}

// linked splits text at the links into this server. Others stay text.
func linked(text, origin string) []Piece {
	var out []Piece
	for {
		before, after, found := strings.Cut(text, origin)
		out = append(out, Piece{Text: before})
		if !found {
			return out
		}
		end := strings.IndexAny(after, " \n\t)>,")
		if end < 0 {
			end = len(after)
		}
		out = append(out, Piece{Text: origin + after[:end], Path: "/" + after[:end]})
		text = after[end:]
	}
}

func (d Pages) search(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	found, err := d.Demo.Search(r.Context())
	if err != nil {
		return err
	}
	return d.Render(w, r, http.StatusOK, "demo/search", found)
}

// BookingPage is the data of demo/booking.
type BookingPage struct {
	Form     ui.Form
	Exchange *Exchange
	Email    string // of the traveller, to try /join with
}

// demoTours are what City Bookings sells.
var demoTours = []string{"Harbour by lantern, guided walk", "Observatory evening", "Printing workshop", "Night train to the coast, two days"}

func (d Pages) bookingForm(p lang.Printer) ui.Form {
	var tours []ui.Option
	for _, t := range demoTours {
		tours = append(tours, ui.Option{Value: t, Text: t})
	}
	return ui.Form{
		Action: "/demo/booking", Submit: p.T("Book, and tell {org}", "org", d.Org()),
		Next: p.T("City Bookings calls the server over HTTP, with an access token of its own. You see both sides of the call."),
		Controls: []ui.Control{
			{Kind: ui.ControlSelect, Name: "booker", Label: p.T("Who books"), Value: string(Booker), Options: []ui.Option{
				{Value: string(Booker), Text: "Bell Aster"}, {Value: string(Traveller), Text: "Tim Berger"},
			}},
			{Kind: ui.ControlEmail, Name: "email", Label: p.T("Traveller’s e-mail"), Value: "somebody.new@mail.example", Hint: p.T("Any address. Nothing is sent to it: mail ends in the outbox of the demo.")},
			{Name: "given", Label: p.T("Given name"), Value: "Robin", MaxLength: 100},
			{Name: "family", Label: p.T("Family name"), Value: "Vale", MaxLength: 100},
			{Kind: ui.ControlDate, Name: "birth", Label: p.T("Date of birth"), Optional: true},
			{Kind: ui.ControlSelect, Name: "tour", Label: p.T("What is booked"), Value: demoTours[0], Options: tours},
			{Kind: ui.ControlDate, Name: "date", Label: p.T("On"), Value: d.Clock.Now().AddDate(0, 0, 14).Format(time.DateOnly)},
		},
	}
}

func (d Pages) booking(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return d.Render(w, r, http.StatusOK, "demo/booking", BookingPage{Form: d.bookingForm(v.P)})
}

func (d Pages) book(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	b := Booking{
		Booker: Role(f.Choice("booker", string(Booker), string(Traveller))), Given: f.Required("given", 100), Family: f.Required("family", 100),
		Tour: f.Choice("tour", demoTours...),
	}
	f.Required("email", ui.MaxAddress)
	b.Email = edge.Parsed(f, "email", ui.MaxAddress, email.Parse)
	if t := f.Date("birth"); !t.IsZero() {
		b.Birth = t.Format(time.DateOnly)
	}
	if t := f.Date("date"); !t.IsZero() {
		b.Date = t.Format(time.DateOnly)
	}
	page := BookingPage{Form: d.bookingForm(v.P)}
	for i, c := range page.Form.Controls {
		page.Form.Controls[i].Value = f.Typed(c.Name)
	}
	status := http.StatusOK
	err = f.Err()
	if err == nil {
		var x Exchange
		if x, err = d.Demo.Book(r.Context(), b); err == nil {
			page.Exchange, page.Email = &x, b.Email.Display()
		}
	}
	if err != nil {
		if status = http.StatusUnprocessableEntity; !page.Form.Fail(v.P, err) {
			return err
		}
	}
	return d.Render(w, r, status, "demo/booking", page)
}

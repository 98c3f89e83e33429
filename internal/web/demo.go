package web

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
)

// Demo is what the pages of "habeas demo" ask of it. A real server has none of
// these pages: they are mounted by [Site.MountDemo] only.
type Demo interface {
	// World tells what was invented.
	World(ctx context.Context) (DemoWorld, error)
	// Play signs the browser in as one of the cast, without a passkey.
	Play(ctx context.Context, who DemoRole, b account.Browser) error
	// Stop is where a step of the tour takes place, and for whom. at is an earlier step
	// when something has to be done there first; Gone says that Tim's record is erased.
	Stop(ctx context.Context, step int) (at int, who DemoRole, path string, err error)
	// Sent are the mails that a real server would have sent, newest first.
	Sent() []DemoMail
	// Book sends a booking to this server's own API, as City Bookings would.
	Book(ctx context.Context, b DemoBooking) (DemoExchange, error)
	// Search looks for what is known of Tim in every byte of the data directory.
	Search(ctx context.Context) (DemoSearch, error)
	// Again puts Tim and his record back to where the tour begins.
	Again(ctx context.Context) error
}

// DemoRole is one of those whom a visitor can play.
type DemoRole string

// The roles.
const (
	DemoTraveller     DemoRole = "tim"
	DemoStaff         DemoRole = "nora"
	DemoBooker        DemoRole = "bell"
	DemoAdministrator DemoRole = "ada"
)

// home is where a role begins.
func (d DemoRole) home() (string, bool) {
	switch d {
	case DemoTraveller, DemoBooker:
		return "/me", true
	case DemoStaff:
		return "/staff", true
	case DemoAdministrator:
		return "/admin/systems", true
	}
	return "", false
}

// DemoWorld is how much was invented, and where it lies.
type DemoWorld struct {
	People, Organisations, Tickets, Records, Claimed int
	Dir                                              string
	Kept                                             bool // the directory stays when the demo ends
}

// DemoMail is a mail as it would have been sent.
type DemoMail struct {
	At      time.Time
	To      string
	Subject string
	Text    string
}

// DemoBooking is what City Bookings knows of a booking.
type DemoBooking struct {
	Booker        DemoRole
	Email         email.Address
	Given, Family string
	Birth         string // YYYY-MM-DD or empty
	Tour          string
	Date          string // YYYY-MM-DD
}

// DemoExchange is one call of the API as it went over the wire.
type DemoExchange struct {
	Request  string // first line
	Sent     string // body, indented JSON
	Status   string
	Received string
	Took     time.Duration
}

// DemoSearch is what a search of the data directory found.
type DemoSearch struct {
	At     time.Time
	Files  int
	Bytes  int64
	Values []DemoTrace
	Known  DemoTrace // something that is in the files: shows that the search works
	Opened int       // statements about Tim that the server can open with its keys
	SignIn bool      // his sign-in address is still held
	Gone   bool      // his record is erased
	Before *DemoSearch
}

// DemoTrace is how often one value was found, in all its encodings.
type DemoTrace struct {
	What  string // sentence: "Family name"
	Value string
	Found int
}

// Size is Bytes as pages count.
func (s DemoSearch) Size() int { return int(s.Bytes) }

// Found adds up the values.
func (s DemoSearch) Found() (n int) {
	for _, v := range s.Values {
		n += v.Found
	}
	return n
}

// demoSite is the demo's pages.
type demoSite struct {
	*Site
	demo Demo
}

// MountDemo registers the pages of the demo.
func (s *Site) MountDemo(m *edge.Mux, demo Demo) {
	d := demoSite{s, demo}
	s.handle(m, Anybody, "GET /demo", d.start)
	s.handle(m, Anybody, "POST /demo/as/{who}", d.playAs)
	s.handle(m, Anybody, "POST /demo/tour/{step}", d.goTo)
	s.handle(m, Anybody, "POST /demo/again", d.again)
	s.handle(m, Anybody, "GET /demo/outbox", d.outbox)
	s.handle(m, Anybody, "GET /demo/booking", d.booking)
	s.handle(m, Anybody, "POST /demo/booking", d.book)
	s.handle(m, Anybody, "GET /demo/search", d.search)
}

func (d demoSite) start(w http.ResponseWriter, r *http.Request, v Visit) error {
	world, err := d.demo.World(r.Context())
	if err != nil {
		return err
	}
	return d.Render(w, r, http.StatusOK, "demo/start", world)
}

// playAs signs in as one of the cast and goes to where they begin.
func (d demoSite) playAs(w http.ResponseWriter, r *http.Request, _ Visit) error {
	who := DemoRole(r.PathValue("who"))
	home, ok := who.home()
	if !ok {
		return habeas.NotFound("There is nobody of this name in the demo.").WithCode("demo.nobody")
	}
	endTour(w)
	return d.play(w, r, who, home)
}

// play gives the browser the sign-in of a role and sends it to a page.
func (d demoSite) play(w http.ResponseWriter, r *http.Request, who DemoRole, to string) error {
	b, keep := d.browser(w, r, account.Life(habeas.ProofPasskey))
	if err := d.demo.Play(r.Context(), who, b); err != nil {
		return err
	}
	keep()
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (d demoSite) again(w http.ResponseWriter, r *http.Request, _ Visit) error {
	endTour(w)
	if err := d.demo.Again(r.Context()); err != nil {
		return err
	}
	http.Redirect(w, r, "/demo", http.StatusSeeOther)
	return nil
}

// DemoOutbox is the data of demo/outbox.
type DemoOutbox struct{ Mails []DemoOutboxMail }

// DemoOutboxMail is a mail with its links made out.
type DemoOutboxMail struct {
	DemoMail
	Pieces []DemoPiece
}

// DemoPiece is a stretch of a mail: text, or a link to a page here.
type DemoPiece struct{ Text, Path string }

func (d demoSite) outbox(w http.ResponseWriter, r *http.Request, _ Visit) error {
	var page DemoOutbox
	for _, m := range d.demo.Sent() {
		page.Mails = append(page.Mails, DemoOutboxMail{m, linked(m.Text, d.Origin.String()+"/")})
	}
	return d.Render(w, r, http.StatusOK, "demo/outbox", page)
}

// linked splits text at the links into this server. Others stay text.
func linked(text, origin string) []DemoPiece {
	var out []DemoPiece
	for {
		before, after, found := strings.Cut(text, origin)
		out = append(out, DemoPiece{Text: before})
		if !found {
			return out
		}
		end := strings.IndexAny(after, " \n\t)>,")
		if end < 0 {
			end = len(after)
		}
		out = append(out, DemoPiece{Text: origin + after[:end], Path: "/" + after[:end]})
		text = after[end:]
	}
}

func (d demoSite) search(w http.ResponseWriter, r *http.Request, _ Visit) error {
	found, err := d.demo.Search(r.Context())
	if err != nil {
		return err
	}
	return d.Render(w, r, http.StatusOK, "demo/search", found)
}

// DemoBookingPage is the data of demo/booking.
type DemoBookingPage struct {
	Form     Form
	Exchange *DemoExchange
	Email    string // of the traveller, to try /join with
}

// demoTours are what City Bookings sells.
var demoTours = []string{"Harbour by lantern, guided walk", "Observatory evening", "Printing workshop", "Night train to the coast, two days"}

func (d demoSite) bookingForm(p lang.Printer) Form {
	var tours []Option
	for _, t := range demoTours {
		tours = append(tours, Option{Value: t, Text: t})
	}
	return Form{
		Action: "/demo/booking", Submit: p.T("Book, and tell {org}", "org", d.cfg.Org),
		Next: p.T("City Bookings calls the server over HTTP, with an access token of its own. You see both sides of the call."),
		Controls: []Control{
			{Kind: ControlSelect, Name: "booker", Label: p.T("Who books"), Value: string(DemoBooker), Options: []Option{
				{Value: string(DemoBooker), Text: "Bell Aster"}, {Value: string(DemoTraveller), Text: "Tim Berger"},
			}},
			{Kind: ControlEmail, Name: "email", Label: p.T("Traveller’s e-mail"), Value: "somebody.new@mail.example", Hint: p.T("Any address. Nothing is sent to it: mail ends in the outbox of the demo.")},
			{Name: "given", Label: p.T("Given name"), Value: "Robin", MaxLength: 100},
			{Name: "family", Label: p.T("Family name"), Value: "Vale", MaxLength: 100},
			{Kind: ControlDate, Name: "birth", Label: p.T("Date of birth"), Optional: true},
			{Kind: ControlSelect, Name: "tour", Label: p.T("What is booked"), Value: demoTours[0], Options: tours},
			{Kind: ControlDate, Name: "date", Label: p.T("On"), Value: d.Clock.Now().AddDate(0, 0, 14).Format(time.DateOnly)},
		},
	}
}

func (d demoSite) booking(w http.ResponseWriter, r *http.Request, v Visit) error {
	return d.Render(w, r, http.StatusOK, "demo/booking", DemoBookingPage{Form: d.bookingForm(v.P)})
}

func (d demoSite) book(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	b := DemoBooking{
		Booker: DemoRole(f.Choice("booker", string(DemoBooker), string(DemoTraveller))), Given: f.Required("given", 100), Family: f.Required("family", 100),
		Tour: f.Choice("tour", demoTours...),
	}
	f.Required("email", maxAddress)
	b.Email = edge.Parsed(f, "email", maxAddress, email.Parse)
	if t := f.Date("birth"); !t.IsZero() {
		b.Birth = t.Format(time.DateOnly)
	}
	if t := f.Date("date"); !t.IsZero() {
		b.Date = t.Format(time.DateOnly)
	}
	page := DemoBookingPage{Form: d.bookingForm(v.P)}
	for i, c := range page.Form.Controls {
		page.Form.Controls[i].Value = f.Typed(c.Name)
	}
	status := http.StatusOK
	err = f.Err()
	if err == nil {
		var x DemoExchange
		if x, err = d.demo.Book(r.Context(), b); err == nil {
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

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	webdemo "github.com/habeas-data/habeas/internal/web/demo"
	"github.com/habeas-data/habeas/sealed"
)

// cast are the people whom a visitor can play.
var cast = map[webdemo.Role]int{
	webdemo.Traveller: demo.Tim, webdemo.Staff: demo.Nora, webdemo.Booker: demo.Bell, webdemo.Administrator: demo.Ada,
}

// World implements web/demo.Demo.
func (d *Demo) World(ctx context.Context) (w webdemo.World, err error) {
	w = webdemo.World{People: len(d.world.People), Organisations: len(d.world.Organisations), Dir: d.o.Dir, Kept: d.kept}
	w.Tickets = d.tickets
	w.Records, w.Claimed, _, err = d.DB.Records().Count(ctx)
	return w, err
}

// Play implements web/demo.Demo: the sign-in is a real one, as if proved by a passkey.
func (d *Demo) Play(ctx context.Context, who webdemo.Role, b account.Browser) error {
	person, ok := cast[who]
	if !ok {
		return habeas.NotFound("There is nobody of this name in the demo.").WithCode("demo.nobody")
	}
	id, err := d.account(ctx, person)
	if err != nil {
		return err
	}
	return d.Backstage().SignIn(ctx, id, b)
}

var errTimErased = habeas.Gone("Tim’s record is erased. Begin the tour again from the start page.").WithCode("demo.erased")

// Stop implements web/demo.Demo. What comes after step 2 wants the record to be Tim's.
func (d *Demo) Stop(ctx context.Context, step int) (at int, who webdemo.Role, path string, err error) {
	if step == 5 {
		nora, err := d.actor(ctx, demo.Nora)
		return step, webdemo.Staff, "/staff/people?q=" + d.Records.SealQuery(nora, d.world.People[demo.Tim].Name()), err
	}
	tim, err := d.actor(ctx, demo.Tim)
	if err != nil || step == 1 {
		return step, webdemo.Traveller, "/me", err
	}
	path, his, err := d.timsRecord(ctx, tim)
	switch {
	case err != nil:
	case !his:
		step = 2
	case step == 3:
		path = "/me/activity"
	case step == 4:
		path, err = d.line(ctx, tim)
	case step == 6:
		path += "/erase"
	}
	return step, webdemo.Traveller, path, err
}

// timsRecord is the page of Tim's record, or of the offer while it is not his yet.
func (d *Demo) timsRecord(ctx context.Context, tim habeas.Actor) (path string, his bool, err error) {
	mine, err := d.DB.Records().PartiesOf(ctx, tim.Account)
	if err != nil {
		return "", false, err
	}
	for _, p := range mine {
		rec, err := d.Backstage().Record(ctx, p.ID)
		if err != nil {
			return "", false, err
		}
		if len(rec.Tickets) > 0 { // not the fresh one that he gets after erasing
			return "/me/records/" + p.ID.String(), true, nil
		}
	}
	offers, err := d.Records.Offers(ctx, tim)
	if err != nil {
		return "", false, err
	}
	for _, o := range offers {
		if o.Review == party.ReviewNone {
			return "/me/offers/" + o.Record.Party.ID.String(), false, nil
		}
	}
	return "", false, errTimErased
}

// line is the newest look of staff at Tim's record, or his newest line of all.
func (d *Demo) line(ctx context.Context, tim habeas.Actor) (string, error) {
	looks, err := d.Records.Activity(ctx, tim, habeas.EventID{}, 50)
	if err != nil || len(looks) == 0 {
		return "/me/activity", err
	}
	at := max(slices.IndexFunc(looks, func(l party.Look) bool { return l.Event == audit.PartyRead }), 0)
	return "/me/activity/" + looks[at].ID.String(), nil
}

// Again implements web/demo.Demo.
func (d *Demo) Again(ctx context.Context) error {
	d.again.Lock()
	defer d.again.Unlock()
	if err := d.dismiss(ctx); err != nil {
		return err
	}
	ada, err := d.actor(ctx, demo.Ada)
	if err != nil {
		return err
	}
	all, err := d.Systems.List(ctx, ada)
	if err != nil {
		return err
	}
	systems := make(map[string]habeas.SystemID)
	for _, s := range all {
		systems[s.Name] = s.ID
	}
	nora, err := d.actor(ctx, demo.Nora)
	if err != nil {
		return err
	}
	t := d.newTeller(habeas.NewID[habeas.EventKind](d.clock.Now()).String(), systems, nora.Account)
	if err := t.retell(ctx, nora); err != nil {
		return err
	}
	return d.begin(ctx, t, nora)
}

// outbox keeps what would have been sent. It is safe for concurrent use.
type outbox struct {
	clock habeas.Clock
	mu    sync.Mutex
	sent  []webdemo.Mail // oldest first
}

// mostKept is how many mails the outbox page remembers.
const mostKept = 100

// Send implements Sender.
func (p *outbox) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, webdemo.Mail{At: p.clock.Now(), To: m.To, Subject: m.Subject, Text: m.Text})
	if len(p.sent) > mostKept {
		p.sent = slices.Delete(p.sent, 0, len(p.sent)-mostKept)
	}
	return nil
}

func (p *outbox) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = nil
}

// Sent implements web/demo.Demo.
func (d *Demo) Sent() []webdemo.Mail {
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	out := slices.Clone(d.post.sent)
	slices.Reverse(out)
	return out
}

// bookingSystem plays City Bookings: another program that knows the server by its
// address and a secret, and nothing else of it.
type bookingSystem struct {
	origin edge.Origin
	id     habeas.SystemID
	secret sealed.Value
	client *http.Client

	mu    sync.Mutex // guards what follows
	token string
	until time.Time
	n     int
}

func newBookingSystem(origin edge.Origin, at net.Addr, id habeas.SystemID, secret sealed.Value) *bookingSystem {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", at.String())
	}
	return &bookingSystem{
		origin: origin, id: id, secret: secret,
		client: &http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 20 * time.Second},
	}
}

var errBookingDown = habeas.Unavailable("City Bookings could not reach the server. Try again.").WithCode("demo.api")

// Book implements web/demo.Demo.
func (d *Demo) Book(ctx context.Context, b webdemo.Booking) (webdemo.Exchange, error) {
	booker := d.world.People[cast[b.Booker]]
	knows, err := d.booking.call(ctx, apiParty{
		Email:  booker.Email,
		Fields: map[string]map[string]string{"identity": {"given_name": booker.Given, "family_name": booker.Family}},
	})
	if err != nil {
		return knows, err
	}
	var reply struct {
		Party string `json:"party"`
	}
	if err := json.Unmarshal([]byte(knows.Received), &reply); err != nil || reply.Party == "" {
		return knows, errBookingDown.WithCause(err)
	}
	body := apiParty{
		Email:  b.Email.Display(),
		Fields: map[string]map[string]string{"identity": {"given_name": b.Given, "family_name": b.Family}},
		Ticket: &apiTicket{ID: d.booking.number(), Title: b.Tour, Starts: b.Date, BookedBy: reply.Party},
	}
	if b.Birth != "" {
		body.Fields["identity"]["birth_date"] = b.Birth
	}
	return d.booking.call(ctx, body)
}

// apiParty is the body of parties:findOrCreate as City Bookings writes it.
type apiParty struct {
	Email  string                       `json:"email"`
	Fields map[string]map[string]string `json:"fields"`
	Ticket *apiTicket                   `json:"ticket,omitempty"`
}

type apiTicket struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Starts   string `json:"starts,omitempty"`
	BookedBy string `json:"booked_by"`
}

// number is the next ticket number. The time in it keeps a second demo in the same
// directory from using one again.
func (b *bookingSystem) number() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return fmt.Sprintf("CB-%d-%03d", time.Now().Unix(), b.n)
}

// call sends one request to the API and keeps what went over the wire.
func (b *bookingSystem) call(ctx context.Context, body apiParty) (x webdemo.Exchange, err error) {
	token, err := b.bearer(ctx)
	if err != nil {
		return x, err
	}
	sent, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return x, err
	}
	const path = "/api/v1/parties:findOrCreate"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.origin.URL(path), bytes.NewReader(sent))
	if err != nil {
		return x, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	began := time.Now()
	status, received, err := b.do(req)
	x = webdemo.Exchange{
		Request: "POST " + path, Sent: string(sent), Status: status, Received: received, Took: time.Since(began),
	}
	return x, err
}

// bearer returns an access token, a fresh one when the old one ends soon.
func (b *bookingSystem) bearer(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token != "" && time.Now().Before(b.until) {
		return b.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.origin.URL("/oauth/token"), strings.NewReader(form))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// In the clear, as another program would: ctx is that of a request of the demo's own.
	req.SetBasicAuth(url.QueryEscape(b.id.String()), url.QueryEscape(edge.Show(context.Background(), b.secret)))
	_, received, err := b.do(req)
	if err != nil {
		return "", err
	}
	var granted struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(received), &granted); err != nil || granted.Token == "" {
		return "", errBookingDown.WithCause(err)
	}
	b.token, b.until = granted.Token, time.Now().Add(time.Duration(granted.Seconds)*time.Second/2)
	return b.token, nil
}

// do sends a request and returns status and body, indented if it is JSON.
func (b *bookingSystem) do(req *http.Request) (status, body string, err error) {
	res, err := b.client.Do(req)
	if err != nil {
		return "", "", errBookingDown.WithCause(err)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return "", "", errBookingDown.WithCause(err)
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, text, "", "  ") == nil {
		text = pretty.Bytes()
	}
	return res.Proto + " " + res.Status, string(text), nil
}

package proof_test

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	netmail "net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/mail"
)

// postOffice is a real mail server that can be shut, refuse for now, or take mail in.
type postOffice struct {
	address string
	server  *smtp.Server
	tried   chan struct{} // one for each refusal
	came    chan string   // what was taken in
	to      *postman      // who is given it instead; may be nil

	mu     sync.Mutex
	busy   bool
	closed bool // refuses every recipient for good, and repeats who it was
}

// newPostOffice reserves a port where nobody answers yet.
func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{address: l.Addr().String(), tried: make(chan struct{}, 100), came: make(chan string, 100)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// open begins to answer; a busy office refuses every recipient for now.
func (p *postOffice) open(t *testing.T, busy bool) {
	t.Helper()
	p.mu.Lock()
	p.busy = busy
	p.mu.Unlock()
	if p.server != nil {
		return
	}
	l, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.server = smtp.NewServer(p)
	p.server.Domain, p.server.EnableSMTPUTF8 = "localhost", true
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.server.Serve(l) }() // it ends by being closed
	t.Cleanup(func() { _ = p.server.Close(); <-ended })
}

// NewSession implements smtp.Backend.
func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{p: p}, nil }

type delivery struct {
	p  *postOffice
	to string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	d.to = to
	if d.p.closed {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> is nobody here"}
	}
	if d.p.busy {
		d.p.tried <- struct{}{}
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	}
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	if d.p.to != nil {
		return d.p.to.receive(d.to, r)
	}
	text, err := io.ReadAll(r)
	d.p.came <- string(text)
	return err
}

// begins is how the subjects of mails begin, by which a kind is known from outside.
var begins = map[mail.Kind]string{
	mail.KindCode: "Your code", mail.KindInvitation: "A record about you", mail.KindNotice: "What ",
	mail.KindAddressWaiting: "The main address", mail.KindAnswered: "City Sports has answered",
}

// receive reads a mail as it came over the wire.
func (p *postman) receive(to string, r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextPart() // the text comes first
	if err != nil {
		return err
	}
	text, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	got := mail.Message{
		To: to, Subject: m.Header.Get("Subject"), ListUnsubscribe: strings.Trim(m.Header.Get("List-Unsubscribe"), "<>"),
		Text: strings.ReplaceAll(string(text), "\r\n", "\n"),
	}
	for kind, subject := range begins {
		if strings.HasPrefix(got.Subject, subject) {
			got.Kind = kind
		}
	}
	return p.Send(context.Background(), got)
}

func (d *delivery) Reset()        {}
func (d *delivery) Logout() error { return nil }

var codeOnALine = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *\r?$`)

func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal(what)
		panic("unreachable")
	}
}

func TestMailThatCannotLeaveWaitsAndIsNotLost(t *testing.T) {
	office := newPostOffice(t)
	host, port, err := net.SplitHostPort(office.address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	clock := habeas.NewManualClock(time.Now())
	byMail := func(cfg *app.Config) {
		sender, err := mail.NewSender(mail.Config{Host: host, Port: number, TLS: "none", From: "records@example.org", FromName: "City Sports", Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Sender, cfg.Clock, cfg.MailDomain = sender, clock, "example.org"
	}
	dir, _ := initDir(t)
	w := openWorld(t, dir, byMail)
	b := w.browser()

	// Nobody answers: the page goes on as if, and the mail waits.
	at := b.done("/join", "address", "tim@example.org", "again", "tim@example.org", "language", "en")
	waiting := func() int {
		t.Helper()
		n, err := w.DB.Ops().Deliveries(context.Background())
		w.must(err)
		if n["dead"] > 0 {
			t.Errorf("%d mails were given up", n["dead"])
		}
		return n["waiting"]
	}
	if n := waiting(); n != 1 {
		t.Fatalf("%d mails wait", n)
	}
	// The server stops and starts, and the office is there but busy.
	w.close()
	office.open(t, true)
	clock.Advance(time.Minute)
	w = openWorld(t, dir, byMail)
	wait(t, office.tried, "the mail was not tried again")
	w.close() // what is under way is recorded first
	office.open(t, false)
	clock.Advance(3 * time.Minute)
	// It is tried until it goes, and goes once.
	w = openWorld(t, dir, byMail)
	text := wait(t, office.came, "the mail never came")
	found := codeOnALine.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no code in:\n%s", text)
	}
	w.close()
	w = openWorld(t, dir, byMail)
	if n := waiting(); n != 0 {
		t.Errorf("%d mails still wait", n)
	}
	if len(office.came) > 0 {
		t.Error("the mail went twice")
	}
	b.move(w)
	b.done("/code", "c", strings.TrimPrefix(at, "/code?c="), "code", found[1]+found[2])
	if r := b.send(http.MethodGet, "/me", "", ""); r.status != http.StatusOK {
		t.Errorf("the code did not open the account: %d", r.status)
	}
}

// move lets a browser go on with the same server at another port: its cookies are
// named by the port.
func (b *browser) move(w *world) {
	b.w.Helper()
	old, fresh := b.w.origin(), w.origin()
	var cookies []*http.Cookie
	for _, c := range b.client.Jar.Cookies(old) {
		cookies = append(cookies, &http.Cookie{Name: strings.ReplaceAll(c.Name, old.Port(), fresh.Port()), Value: c.Value, Path: "/"})
	}
	b.w = w
	b.client.Jar.SetCookies(fresh, cookies)
}

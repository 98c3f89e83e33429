package servertest

import (
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/mail"
)

// Office is a real mail server on loopback that can be shut, refuse for now, or take mail
// in.
type Office struct {
	Address string
	Tried   chan struct{} // one for each refusal
	Came    chan string   // what was taken in, where To is nil
	To      *Postman      // who is given it instead; may be nil
	Closed  bool          // refuses every recipient for good, and repeats who it was

	server *smtp.Server
	mu     sync.Mutex
	busy   bool
}

// NewOffice reserves a port where nobody answers yet.
func NewOffice(t testing.TB) *Office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Office{Address: l.Addr().String(), Tried: make(chan struct{}, 100), Came: make(chan string, 100)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Open begins to answer; a busy office refuses every recipient for now.
func (p *Office) Open(t testing.TB, busy bool) {
	t.Helper()
	p.mu.Lock()
	p.busy = busy
	p.mu.Unlock()
	if p.server != nil {
		return
	}
	l, err := net.Listen("tcp", p.Address)
	if err != nil {
		t.Fatal(err)
	}
	p.server = smtp.NewServer(p)
	p.server.Domain, p.server.EnableSMTPUTF8 = "localhost", true
	ended := make(chan struct{})
	go func() { defer close(ended); _ = p.server.Serve(l) }() // it ends by being closed
	t.Cleanup(func() { _ = p.server.Close(); <-ended })
}

// ByMail sends the mails of a server to the office.
func (p *Office) ByMail(t testing.TB, clock habeas.Clock) Settings {
	t.Helper()
	host, port, err := net.SplitHostPort(p.Address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := mail.NewSender(mail.Config{Host: host, Port: number, TLS: "none", From: "records@example.org", FromName: "City Sports", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return func(cfg *app.Config) { cfg.Sender, cfg.Clock = sender, clock }
}

// NewSession implements smtp.Backend.
func (p *Office) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{p: p}, nil }

// delivery is one conversation.
type delivery struct {
	p  *Office
	to string
}

// Mail implements smtp.Session.
func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	d.to = to
	if d.p.Closed {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> is nobody here"}
	}
	if d.p.busy {
		d.p.Tried <- struct{}{}
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
	}
	return nil
}

// Data implements smtp.Session.
func (d *delivery) Data(r io.Reader) error {
	if d.p.To != nil {
		return d.p.To.receive(d.to, r)
	}
	text, err := io.ReadAll(r)
	d.p.Came <- string(text)
	return err
}

// Reset implements smtp.Session.
func (d *delivery) Reset() {}

// Logout implements smtp.Session.
func (d *delivery) Logout() error { return nil }

// begins is how the subjects of mails begin, by which a kind is known from outside.
var begins = map[mail.Kind]string{
	mail.KindCode: "Your code", mail.KindInvitation: "A record about you", mail.KindNotice: "What ",
	mail.KindAddressWaiting: "The main address", mail.KindAnswered: "City Sports has answered",
}

// receive reads a mail as it came over the wire: its text and its page.
func (p *Postman) receive(to string, r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	var parts [2]string
	all := multipart.NewReader(m.Body, params["boundary"])
	for i := range parts {
		part, err := all.NextPart()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		parts[i] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	got := mail.Message{
		To: to, Subject: m.Header.Get("Subject"), ListUnsubscribe: strings.Trim(m.Header.Get("List-Unsubscribe"), "<>"),
		Text: parts[0], HTML: parts[1],
	}
	for kind, subject := range begins {
		if strings.HasPrefix(got.Subject, subject) {
			got.Kind = kind
		}
	}
	p.put(got)
	return nil
}

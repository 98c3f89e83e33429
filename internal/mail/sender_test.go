package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/habeas-data/habeas"
)

var now = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

func invitation(t *testing.T) Message {
	t.Helper()
	m, err := Render(KindInvitation, "es", sample())
	if err != nil {
		t.Fatal(err)
	}
	m.To = "tim@example.org"
	m.MessageID = NewMessageID(habeas.MailID{7}, "example.org")
	return m
}

func TestMailArrivesOverEveryKindOfConnection(t *testing.T) {
	login := func(c *Config) { c.Username, c.Password = "habeas", func() string { return "right" } }
	for name, test := range map[string]struct {
		way    TLS
		change func(*Config)
	}{
		"STARTTLS":            {StartTLS, nil},
		"STARTTLS with login": {StartTLS, login},
		"implicit TLS":        {Implicit, nil},
		"implicit with login": {Implicit, login},
		"loopback only":       {NoTLS, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var p postOffice
			p.open(t, test.way)
			m := invitation(t)
			if err := p.sender(t, test.way, test.change).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if len(p.got) != 1 {
				t.Fatalf("%d mails arrived", len(p.got))
			}
			got := p.got[0]
			if got.from != "records@example.org" || got.to != "tim@example.org" || got.encrypted != (test.way != NoTLS) {
				t.Errorf("envelope %q → %q, encrypted %v", got.from, got.to, got.encrypted)
			}
			if (got.user == "habeas") != (test.change != nil) {
				t.Errorf("logged in as %q", got.user)
			}
			checkMIME(t, got.body, m)
		})
	}
}

func checkMIME(t *testing.T, body string, m Message) {
	t.Helper()
	msg, err := netmail.ReadMessage(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"Message-Id": "<" + m.MessageID + ">", "Auto-Submitted": "auto-generated",
		"List-Unsubscribe": "<" + m.ListUnsubscribe + ">", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "To": "<tim@example.org>",
		"From": `"Riverside Trust" <records@example.org>`, "User-Agent": "", "X-Mailer": "",
		"Content-Language": "es",
	} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if date, err := msg.Header.Date(); err != nil || !date.Equal(now) {
		t.Errorf("date %v, %v", date, err)
	}
	media, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("content type %q, %v", media, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for _, want := range []string{m.Text, m.HTML} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); err != nil || got != want {
			t.Errorf("part %s differs (%v):\n%s", part.Header.Get("Content-Type"), err, got)
		}
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	refuse := func(code int, e smtp.EnhancedCode) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: e, Message: "tim@example.org is not here"}
	}
	tests := map[string]struct {
		office    *postOffice
		change    func(*Config)
		reason    string
		permanent bool
	}{
		"unknown recipient": {office: &postOffice{onRcpt: refuse(550, smtp.EnhancedCode{5, 1, 1})}, reason: "recipient-550-5.1.1", permanent: true},
		"mailbox busy":      {office: &postOffice{onRcpt: refuse(450, smtp.EnhancedCode{4, 2, 1})}, reason: "recipient-450-4.2.1"},
		"mailbox full":      {office: &postOffice{onRcpt: refuse(552, smtp.EnhancedCode{5, 2, 2})}, reason: "recipient-552-5.2.2", permanent: true},
		"content refused":   {office: &postOffice{onData: refuse(554, smtp.EnhancedCode{5, 7, 1})}, reason: "content-554-5.7.1", permanent: true},
		"greylisted":        {office: &postOffice{onData: refuse(451, smtp.EnhancedCode{4, 7, 1})}, reason: "content-451-4.7.1"},
		"sender refused":    {office: &postOffice{onMail: refuse(550, smtp.EnhancedCode{5, 7, 1})}, reason: "sender-550-5.7.1"},
		"login needed":      {office: &postOffice{onRcpt: refuse(530, smtp.EnhancedCode{5, 7, 0})}, reason: "recipient-530-5.7.0"},
		"dropped mid-DATA":  {office: &postOffice{dropData: true}, reason: "content"},
		"wrong password": {
			change: func(c *Config) { c.Username, c.Password = "habeas", func() string { return "wrong" } },
			reason: "connect-535",
		},
		"unknown authority":   {change: func(c *Config) { c.RootCAs = x509.NewCertPool() }, reason: "connect-tls"},
		"certificate of else": {change: func(c *Config) { c.Host = "127.0.0.1" }, reason: "connect-tls"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := test.office
			if p == nil {
				p = new(postOffice)
			}
			p.open(t, StartTLS)
			err := p.sender(t, StartTLS, test.change).Send(t.Context(), invitation(t))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want *Error", err)
			}
			if e.Reason() != test.reason || Permanent(err) != test.permanent {
				t.Errorf("got %q, permanent %v; want %q, %v", e.Reason(), Permanent(err), test.reason, test.permanent)
			}
			if strings.Contains(err.Error(), "tim") || strings.Contains(err.Error(), "habeas@") {
				t.Errorf("error holds an address: %v", err)
			}
			if len(p.got) != 0 {
				t.Error("a mail went out")
			}
		})
	}
}

func TestNothingIsSentInTheClear(t *testing.T) {
	var p postOffice
	p.open(t, NoTLS) // a server, or somebody in between, that hides STARTTLS
	err := p.sender(t, StartTLS, nil).Send(t.Context(), invitation(t))
	if err == nil || Permanent(err) || len(p.got) != 0 {
		t.Errorf("got %v and %d mails", err, len(p.got))
	}
}

// Once the server has said 250 to the content, sending again would be a second mail.
func TestAcceptedMailCountsEvenIfTheConnectionDropsThen(t *testing.T) {
	p := postOffice{dropQuit: true}
	p.open(t, StartTLS)
	if err := p.sender(t, StartTLS, nil).Send(t.Context(), invitation(t)); err != nil {
		t.Errorf("delivered, but reported %v", err)
	}
	if len(p.got) != 1 {
		t.Errorf("%d mails", len(p.got))
	}
}

func TestNoServerIsATemporaryFailure(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := postOffice{port: l.Addr().(*net.TCPAddr).Port}
	l.Close()
	err = p.sender(t, StartTLS, nil).Send(t.Context(), invitation(t))
	if err == nil || Permanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestCancellingCutsOffASilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		cancel()                  // the client is connected and waits for a greeting
		io.Copy(io.Discard, conn) //nolint:errcheck // returns when the client hangs up
	}()
	p := postOffice{port: l.Addr().(*net.TCPAddr).Port}
	err = p.sender(t, StartTLS, func(c *Config) { c.Timeout = time.Hour }).Send(ctx, invitation(t))
	if err == nil || Permanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestUnfitMessagesAreRefusedBeforeConnecting(t *testing.T) {
	p := postOffice{port: 1} // nothing listens there
	s := p.sender(t, StartTLS, nil)
	for name, spoil := range map[string]func(*Message){
		"two recipients":           func(m *Message) { m.To = "tim@example.org,eve@example.org" },
		"display name":             func(m *Message) { m.To = "Tim <tim@example.org>" },
		"line break in recipient":  func(m *Message) { m.To = "tim@example.org\r\nRCPT TO:<eve@example.org>" },
		"quoted local part":        func(m *Message) { m.To = `"tim x"@example.org` },
		"IP literal":               func(m *Message) { m.To = "tim@[127.0.0.1]" },
		"no domain":                func(m *Message) { m.To = "tim@" },
		"double dot":               func(m *Message) { m.To = "tim..x@example.org" },
		"line break in subject":    func(m *Message) { m.Subject = "Hello\r\nBcc: eve@example.org" },
		"line feed in subject":     func(m *Message) { m.Subject = "Hello\nBcc: eve@example.org" },
		"empty subject":            func(m *Message) { m.Subject = "" },
		"line break in Message-ID": func(m *Message) { m.MessageID = "a@b\r\nBcc:x@y" },
		"no Message-ID":            func(m *Message) { m.MessageID = "" },
		"break in unsubscribe":     func(m *Message) { m.ListUnsubscribe = "https://example.org/\r\nBcc: eve@example.org" },
		"two unsubscribes":         func(m *Message) { m.ListUnsubscribe = "https://example.org/>,<mailto:eve@example.org" },
		"invalid UTF-8":            func(m *Message) { m.Text = "\xff" },
		"no text":                  func(m *Message) { m.Text = "" },
	} {
		t.Run(name, func(t *testing.T) {
			m := invitation(t)
			spoil(&m)
			err := s.Send(t.Context(), m)
			var e *Error
			if !errors.As(err, &e) || e.Stage != StageMessage || !Permanent(err) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "eve") {
				t.Error("error repeats the value")
			}
		})
	}
}

func TestInternationalAddresses(t *testing.T) {
	var p postOffice
	p.open(t, StartTLS)
	s := p.sender(t, StartTLS, nil)
	m := invitation(t)
	m.To = "tim@bücher.example"
	if err := s.Send(t.Context(), m); err != nil || p.got[0].to != "tim@xn--bcher-kva.example" {
		t.Errorf("domain: %v, %q", err, p.got[0].to)
	}
	m.To = "josé@example.org" // the server does not speak SMTPUTF8
	if err := s.Send(t.Context(), m); !Permanent(err) {
		t.Errorf("local part: %v", err)
	}
}

func TestUnsafeConfigurationsAreRefused(t *testing.T) {
	good := Config{Host: "mail.example.org", From: "records@example.org", Clock: habeas.SystemClock{}}
	if _, err := NewSender(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no TLS to another machine": func(c *Config) { c.TLS = NoTLS },
		"login without TLS":         func(c *Config) { c.Host, c.TLS, c.Username = "localhost", NoTLS, "habeas" },
		"login without password":    func(c *Config) { c.Username = "habeas" },
		"unknown way":               func(c *Config) { c.TLS = "opportunistic" },
		"no host":                   func(c *Config) { c.Host = "" },
		"no clock":                  func(c *Config) { c.Clock = nil },
		"from with a name":          func(c *Config) { c.From = "Records <records@example.org>" },
		"line break in the name":    func(c *Config) { c.FromName = "a\r\nBcc: b@c" },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			spoil(&c)
			if _, err := NewSender(c); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestMessageIDIsStableAndTellsNothing(t *testing.T) {
	id := habeas.NewID[habeas.MailKind](now)
	a, b := NewMessageID(id, "example.org"), NewMessageID(id, "example.org")
	if a != b || !isAddress(a) || strings.Contains(a, id.String()[4:12]) {
		t.Errorf("%q, %q for %s", a, b, id)
	}
	if NewMessageID(habeas.NewID[habeas.MailKind](now), "example.org") == a {
		t.Error("two rows share a Message-ID")
	}
}

package mail

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// scripted is a mail server that answers line by line what it is told, the first answer
// being its greeting, and tells what it was asked.
func scripted(t *testing.T, answers ...string) (port int, asked func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	over := make(chan struct{})
	go func() {
		defer close(over)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		for _, answer := range answers {
			if _, err := io.WriteString(conn, answer); err != nil {
				return
			}
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			lines = append(lines, strings.TrimSpace(line))
		}
	}()
	t.Cleanup(func() { l.Close(); <-over })
	return l.Addr().(*net.TCPAddr).Port, func() []string { l.Close(); <-over; return lines }
}

func TestStartTLSIsNotLedAstray(t *testing.T) {
	offer := "250-localhost\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
	for name, test := range map[string]struct {
		answers []string
		asked   int // commands that were sent
		reason  string
	}{
		"no service":                {[]string{"554 5.3.2 closed\r\n"}, 0, "connect-554"},
		"greeting without end":      {[]string{"220-" + strings.Repeat("x", mostSaid) + "\r\n"}, 0, "connect"},
		"greeting of too many":      {[]string{strings.Repeat("220-hello\r\n", mostSaid/10)}, 0, "connect"},
		"EHLO refused":              {[]string{"220 x\r\n", "502 what\r\n"}, 1, "connect-502"},
		"no STARTTLS":               {[]string{"220 x\r\n", "250-localhost\r\n250 XSTARTTLS\r\n"}, 1, "connect-tls"},
		"a name only":               {[]string{"220 x\r\n", "250 STARTTLS\r\n"}, 1, "connect-tls"},
		"STARTTLS refused":          {[]string{"220 x\r\n", offer, "454 not now\r\n"}, 2, "connect-454"},
		"answers put after the 220": {[]string{"220 x\r\n", offer, "220 go\r\n250-localhost\r\n250 AUTH PLAIN\r\n"}, 2, "connect-tls"},
		"no TLS after all":          {[]string{"220 x\r\n", offer, "220 go\r\n", "250-localhost\r\n250 AUTH PLAIN\r\n"}, 3, "connect"},
	} {
		t.Run(name, func(t *testing.T) {
			port, asked := scripted(t, test.answers...)
			p := postOffice{port: port}
			password := func() string { t.Error("the password was asked for"); return "" }
			err := p.sender(t, StartTLS, func(c *Config) { c.Timeout, c.Username, c.Password = time.Hour, "habeas", password }).
				Send(t.Context(), invitation(t))
			var e *Error
			if !errors.As(err, &e) || e.Reason() != test.reason || Permanent(err) {
				t.Errorf("got %v", err)
			}
			commands := asked()
			if test.asked == 3 { // the third is the beginning of TLS
				commands = commands[:2]
			}
			for i, want := range []string{"EHLO example.org", "STARTTLS"}[:min(test.asked, 2)] {
				if i >= len(commands) || commands[i] != want {
					t.Fatalf("said %q", commands)
				}
			}
			if len(commands) != min(test.asked, 2) {
				t.Errorf("said %q", commands)
			}
		})
	}
}

func TestTheBestLoginIsChosen(t *testing.T) {
	offered := []string{"GSSAPI"}
	for i := range mechanisms {
		name := mechanisms[len(mechanisms)-1-i].name
		offered = append(offered, name)
		var p postOffice
		p.logins = offered
		p.open(t, StartTLS)
		login := func(c *Config) { c.Username, c.Password = "habeas", func() string { return "right" } }
		err := p.sender(t, StartTLS, login).Send(t.Context(), invitation(t))
		if p.asked != name || (err == nil) != (name == "PLAIN") || Permanent(err) {
			t.Errorf("asked for %q, want %q: %v", p.asked, name, err)
		}
	}
	p := postOffice{logins: offered[:1]}
	p.open(t, StartTLS)
	err := p.sender(t, StartTLS, func(c *Config) { c.Username, c.Password = "habeas", func() string { return "right" } }).
		Send(t.Context(), invitation(t))
	if err == nil || err.Error() != "mail: connect" || p.asked != "" {
		t.Errorf("without a login that both know: %v, %q", err, p.asked)
	}
}

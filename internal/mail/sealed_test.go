package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"mime/quotedprintable"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/canary"
	"github.com/habeas-data/habeas/sealed/sealedtest"
	"github.com/habeas-data/habeas/sealed/wire"
)

// codeLength is that of the code that is searched for.
const codeLength = 14

const dumpHere = "HABEAS_MAIL_DUMP" // names the heap dump that a child writes

func TestMain(m *testing.M) {
	if file := os.Getenv(dumpHere); file != "" {
		if err := sendAndDump(file); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// sealedInvitation is a mail whose code and link are sealed.
func sealedInvitation(t testing.TB, code, token sealed.Value) Message {
	t.Helper()
	d, stands := sample(), wire.Stands{}
	put := func(v sealed.Value) string {
		stand, ok := stands.Put(v)
		if !ok {
			t.Fatal("no stand-in")
		}
		return stand
	}
	d.Code = put(code)
	if !token.IsZero() {
		d.Link = d.PublicURL + "/i/" + put(token)
		d.StopLink = d.PublicURL + "/stop/" + put(token)
	}
	m, err := Render(KindInvitation, "es", d)
	if err != nil {
		t.Fatal(err)
	}
	m.To, m.MessageID, m.Sealed = "tim@example.org", NewMessageID(habeas.MailID{7}, "example.org"), stands
	return m
}

const token = "q5B-n2_XcvR8tLw0ZpYdKe71mUaHs3GfJi4oQ6kE9Vy"

func TestSealedValuesReachTheirReader(t *testing.T) {
	for _, way := range []TLS{StartTLS, Implicit, NoTLS} {
		t.Run(string(way), func(t *testing.T) {
			var p postOffice
			p.open(t, way)
			m := sealedInvitation(t, sealedtest.Seal("4829 1365"), sealedtest.Seal(token))
			if strings.Contains(m.Text+m.HTML+m.ListUnsubscribe, "4829") || strings.Contains(m.Text+m.HTML+m.ListUnsubscribe, token) {
				t.Fatal("the message itself holds a value")
			}
			if err := p.sender(t, way, nil).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			opened, err := m.Opened()
			if err != nil || opened.Sealed != nil || m.Sealed == nil {
				t.Fatalf("opened: %v, %v, %v", opened.Sealed, m.Sealed, err)
			}
			if !strings.Contains(opened.Text, "\n    4829 1365\n") || !strings.Contains(opened.HTML, ">4829 1365<") ||
				strings.Count(opened.HTML, token) < 4 || !strings.HasSuffix(opened.ListUnsubscribe, token) {
				t.Errorf("a value is not in its place:\n%s\n%s", opened.Text, opened.HTML)
			}
			checkMIME(t, p.got[0].body, opened)
		})
	}
}

// A stand-in that the encoding or a buffer cuts would be what the reader gets.
func TestSealedValuesStayWholeWhereverTheyStand(t *testing.T) {
	var p postOffice
	p.open(t, NoTLS)
	s := p.sender(t, NoTLS, nil)
	rapid.Check(t, func(r *rapid.T) {
		stands := wire.Stands{}
		text := rapid.SampledFrom([]string{"", "\n", "é ", strings.Repeat("word ", rapid.IntRange(700, 830).Draw(r, "words"))}).Draw(r, "start")
		for _, length := range rapid.SliceOfN(rapid.IntRange(8, 120), 1, 4).Draw(r, "lengths") {
			stand, ok := stands.Put(sealedtest.Seal(strings.Repeat("V9w5", 30)[:length]))
			if !ok {
				r.Fatal("no stand-in")
			}
			text += strings.Repeat("x", rapid.IntRange(0, 90).Draw(r, "before")) + stand + rapid.SampledFrom([]string{"", ".", "\n.", " \n", "ñ"}).Draw(r, "after")
		}
		m := Message{To: "tim@example.org", Subject: "S", Text: text + "\n", MessageID: "a@example.org", Sealed: stands}
		p.got = nil
		if err := s.Send(t.Context(), m); err != nil {
			r.Fatal(err)
		}
		opened, err := m.Opened()
		if err != nil {
			r.Fatal(err)
		}
		_, body, _ := strings.Cut(p.got[0].body, "\r\n\r\n")
		got, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
		if err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != opened.Text {
			r.Fatalf("%v: got\n%s\nwant\n%s", err, got, opened.Text)
		}
		for line := range strings.SplitSeq(body, "\r\n") {
			if len(line) > 76 && !strings.Contains(line, strings.Repeat("V9w5", 19)) { // RFC 2045, 6.7, unless the value alone is longer
				r.Fatalf("a line of %d characters:\n%s", len(line), body)
			}
		}
	})
}

func TestValuesThatWouldNotArriveAreRefused(t *testing.T) {
	over := sealed.Open(t.Context())
	closed, err := over.Seal("code", []byte("12345678"))
	if err != nil {
		t.Fatal(err)
	}
	gone := sealedInvitation(t, closed, sealed.Value{})
	over.Close()
	if _, err := gone.Opened(); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("opened what is closed: %v", err)
	}
	header := sealedInvitation(t, sealedtest.Seal("12345678"), sealed.Value{})
	for stand := range header.Sealed {
		header.Subject = "é " + stand // lock screens show it
	}
	p := postOffice{port: 1} // nothing listens there
	s := p.sender(t, StartTLS, nil)
	for name, test := range map[string]struct {
		m         Message
		reason    string
		permanent bool
	}{
		"dot before":    {sealedInvitation(t, sealedtest.Seal(".1234567"), sealed.Value{}), "message-sealed", true},
		"blank after":   {sealedInvitation(t, sealedtest.Seal("1234567 "), sealed.Value{}), "message-sealed", true},
		"closed":        {gone, "content-sealed", false},
		"in the header": {header, "message-sealed", true},
	} {
		err := s.Send(t.Context(), test.m)
		var e *Error
		if !errors.As(err, &e) || e.Reason() != test.reason || Permanent(err) != test.permanent {
			t.Errorf("%s: %v, permanent %v", name, err, Permanent(err))
		}
	}
}

// The mail is broken off and tried again, rather than sent without its code.
func TestAValueThatEndsMeanwhileEndsTheDelivery(t *testing.T) {
	session := sealed.Open(t.Context())
	p := postOffice{atRcpt: session.Close}
	p.open(t, StartTLS)
	code, err := session.Seal("code", []byte("4829 1365"))
	if err != nil {
		t.Fatal(err)
	}
	patient := func(c *Config) { c.Timeout = time.Hour }
	m := sealedInvitation(t, code, sealed.Value{})
	m.HTML = "" // short enough to wait in one buffer
	err = p.sender(t, StartTLS, patient).Send(t.Context(), m)
	var e *Error
	if !errors.As(err, &e) || e.Reason() != "content" || Permanent(err) || len(p.got) != 0 {
		t.Errorf("%v and %d mails", err, len(p.got))
	}
}

// Everything that a process has allocated while it sent a mail is searched: the
// collector is off. Proves SEAL-A7.
func TestTheHeapHoldsNoMailedCode(t *testing.T) {
	for _, way := range []TLS{StartTLS, Implicit, NoTLS} {
		for mode, found := range map[string]bool{"sealed": false, "opened": true} {
			t.Run(string(way)+"/"+mode, func(t *testing.T) {
				var p postOffice
				p.open(t, way)
				var set canary.Set
				code := "7QXK 2WVM 9ZJD" // codeLength characters
				set.Text("code", code)
				dump := filepath.Join(t.TempDir(), "heap")
				child := exec.CommandContext(t.Context(), os.Args[0], string(way), strconv.Itoa(p.port), mode)
				child.Env = append(os.Environ(), dumpHere+"="+dump, "GOGC=off")
				var problem bytes.Buffer
				child.Stderr = &problem
				child.Stdin = io.MultiReader(strings.NewReader(code), bytes.NewReader(p.root))
				if err := child.Run(); err != nil {
					t.Fatalf("%v: %s", err, &problem)
				}
				if len(p.got) != 1 || strings.Count(p.got[0].body, code) != 2 {
					t.Fatalf("%d mails, or without the code", len(p.got))
				}
				report, err := set.Files(dump)
				if _, has := report.Has("code"); err != nil || has != found || report.Bytes < 1<<20 {
					t.Errorf("%d bytes searched, found %v, %v", report.Bytes, report.Findings, err)
				}
			})
		}
	}
}

// sendAndDump is the child: it sends one mail, whose code comes on standard input, and
// writes down its heap.
func sendAndDump(file string) error {
	session := sealed.Open(context.Background())
	plain := make([]byte, codeLength)
	if _, err := io.ReadFull(os.Stdin, plain); err != nil {
		return err
	}
	code, err := session.Seal("code", plain)
	if err != nil {
		return err
	}
	der, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	port, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	s, err := NewSender(Config{
		Host: "localhost", Port: port, TLS: TLS(os.Args[1]), From: "records@example.org",
		RootCAs: roots, Clock: habeas.NewManualClock(now),
	})
	if err != nil {
		return err
	}
	d, stands := sample(), wire.Stands{}
	d.Code, _ = stands.Put(code)
	m, err := Render(KindCode, "es", d)
	if err != nil {
		return err
	}
	m.To, m.MessageID, m.Sealed = "tim@example.org", "a@example.org", stands
	if os.Args[3] == "opened" {
		if m, err = m.Opened(); err != nil {
			return err
		}
	}
	if err := s.Send(context.Background(), m); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
	runtime.KeepAlive(m)
	return nil
}

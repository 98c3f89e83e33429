package servertest

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/mail"
)

// patience is how long a mail may take.
const patience = 20 * time.Second

// Postman keeps the mails that were delivered until a test takes them out.
type Postman struct {
	mu       sync.Mutex
	mails    []mail.Message
	subjects []string // of all that ever came
	came     chan struct{}
}

// NewPostman returns a postman without mails.
func NewPostman() *Postman { return &Postman{came: make(chan struct{}, 1)} }

// Send implements app.Sender.
func (p *Postman) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	if err != nil {
		return err
	}
	p.put(m)
	return nil
}

func (p *Postman) put(m mail.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	p.subjects = append(p.subjects, m.Subject)
	select {
	case p.came <- struct{}{}:
	default:
	}
}

// Take waits for a mail of a kind to an address and takes it out.
func (p *Postman) Take(t testing.TB, kind mail.Kind, to string) mail.Message {
	t.Helper()
	return p.take(t, fmt.Sprintf("of kind %s", kind), func(m mail.Message) bool { return m.Kind == kind && strings.EqualFold(m.To, to) })
}

// About waits for a mail to an address whose subject holds some words, and takes it out.
func (p *Postman) About(t testing.TB, to, words string) mail.Message {
	t.Helper()
	return p.take(t, fmt.Sprintf("about %q", words), func(m mail.Message) bool { return m.To == to && strings.Contains(m.Subject, words) })
}

func (p *Postman) take(t testing.TB, what string, wanted func(mail.Message) bool) mail.Message {
	t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		for i, m := range p.mails {
			if wanted(m) {
				p.mails = append(p.mails[:i:i], p.mails[i+1:]...)
				p.mu.Unlock()
				return m
			}
		}
		p.mu.Unlock()
		select {
		case <-p.came:
		case <-timeout:
			t.Fatalf("no mail %s came", what)
		}
	}
}

// Rest takes out everything that has come and was not taken.
func (p *Postman) Rest() []mail.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := p.mails
	p.mails = nil
	return rest
}

// Subjects are those of all mails that ever came.
func (p *Postman) Subjects() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.subjects...)
}

var codeInMail = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *$`)

// CodeIn is the code that stands in a mail.
func CodeIn(t testing.TB, m mail.Message) string {
	t.Helper()
	found := codeInMail.FindStringSubmatch(m.Text)
	if found == nil {
		t.Fatalf("the mail holds no code:\n%s", m.Text)
	}
	return found[1] + found[2]
}

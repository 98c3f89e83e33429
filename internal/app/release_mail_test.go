package app_test

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/servertest"
)

// bySMTP lets the real worker deliver the one mail that waits to a real mail server.
func (c cases) bySMTP(office *servertest.Office) {
	c.Helper()
	var cfg app.Config
	office.ByMail(c, c.clock)(&cfg)
	was := c.Mailer.Sender
	c.Mailer.Sender = cfg.Sender
	defer func() { c.Mailer.Sender = was }()
	ctx, stop := context.WithCancel(c.ctx())
	defer stop()
	worker := &jobs.Worker{Clock: c.clock, Log: c.Server.Log, Store: c.DB.Ops(), Runs: c.DB.Ops(), Handlers: map[jobs.Kind]jobs.Handler{
		app.JobMail: func(ctx context.Context, j jobs.Job) error {
			defer stop() // the worker writes down what became of it, and ends
			return c.Mailer.Deliver(ctx, j)
		},
	}}
	worker.Run(ctx)
}

// Proves REL-05.
func TestTheNoticeGivesNoLegalAdviceInEachLanguageAndProfileByRealMail(t *testing.T) {
	w := newWorld(t).cases()
	office := servertest.NewOffice(t)
	office.Open(t, false)
	says := map[string]map[account.LegalProfile][]string{
		"en": {
			account.LegalUS:      {"motion to quash", "court that issued the demand", "not legal advice", "seek legal advice"},
			account.LegalEU:      {"motion to quash", "competent court", "data protection authority", "not legal advice", "seek legal advice"},
			account.LegalGeneric: {"motion to quash", "competent court", "not legal advice", "seek legal advice"},
		},
		"es": {
			account.LegalUS:      {"motion to quash", "dictó el requerimiento", "no es asesoramiento jurídico", "asesoramiento de un abogado"},
			account.LegalEU:      {"motion to quash", "protección de datos", "no es asesoramiento jurídico", "asesoramiento de un abogado"},
			account.LegalGeneric: {"motion to quash", "tribunal competente", "no es asesoramiento jurídico", "asesoramiento de un abogado"},
		},
	}
	for language, profiles := range says {
		address := language + "@example.org"
		w.joinIn(address, language)
		for profile, words := range profiles {
			in := w.demand(account.DataAddresses)
			in.Legal = profile
			id := w.opened(address, in).ID
			w.mails()
			w.ok(w.Notify(w.ctx(), w.root, id, 1))
			w.bySMTP(office)
			plain, subject := readMail(t, <-office.Came)
			for _, want := range append(words, w.is(id).Number()) {
				if !strings.Contains(plain, want) {
					t.Errorf("%s, %s: the notice lacks %q:\n%s", language, profile, want, plain)
				}
			}
			if strings.Contains(plain, "Arcadia") || strings.Contains(subject, w.is(id).Number()) || !strings.Contains(subject, "City Sports") {
				t.Errorf("%s, %s: it tells too much: %q", language, profile, subject)
			}
		}
	}
}

// Proves REL-07.
func TestANoticeThatTheMailServerRefusesIsRecorded(t *testing.T) {
	w := newWorld(t).cases()
	w.join("tim@example.org")
	office := servertest.NewOffice(t)
	office.Closed = true
	office.Open(t, false)
	w.mails()
	id := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	w.ok(w.Notify(w.ctx(), w.root, id, 1))
	w.bySMTP(office)
	w.later(time.Minute)
	w.ok(w.Sweep(w.ctx()))
	is := w.is(id)
	if is.NoticeFailed.IsZero() {
		t.Fatal("the refusal is not recorded")
	}
	w.ok(w.Release(w.ctx(), w.root, id, is.Version, "The court orders it."))
	if w.is(id).State != account.CaseReleased {
		t.Error("the case cannot go on")
	}
}

// readMail reads the plain text and the subject of a mail as it came over the wire.
func readMail(t *testing.T, text string) (plain, subject string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	part, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = part
	if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		r = quotedprintable.NewReader(part)
	}
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(all)), " "), subject
}

package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// returned is the notification about a mail as its reader's server sends it back.
func returned(m mail.Message, action string) string {
	return strings.Join([]string{
		"From: MAILER-DAEMON@mx.example.org", "Subject: Returned", "MIME-Version: 1.0",
		`Content-Type: multipart/report; report-type=delivery-status; boundary="b"`, "",
		"--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.org", "",
		"Final-Recipient: rfc822; " + m.To, "Action: " + action, "Status: 5.1.1", "",
		"--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <" + m.MessageID + ">", "", "--b--", "",
	}, "\r\n")
}

// Proves PTY-20.
func TestAMailThatCameBackStandsInTheDeliveryRecord(t *testing.T) {
	w := newWorld(t)
	root, nora := w.boss("root@example.org"), w.staff("nora@example.org")
	id := w.enter(nora, "tim@example.org", person("Tim", "Berger", ""))
	w.later(8 * 24 * time.Hour)
	told := w.told()
	if len(told) != 1 || told[0].To != "tim@example.org" {
		t.Fatalf("%d mails, want the notice", len(told))
	}
	failed := func() (n int, reason string) {
		t.Helper()
		d := &app.Deliveries{DB: w.DB, Clock: w.clock}
		for _, line := range must(d.Recent(w.ctx(), root, 100))(t) {
			if line.State == jobs.Failed {
				n, reason = n+1, line.Reason
			}
		}
		return n, reason
	}
	stranger := told[0]
	stranger.MessageID = "somebody-elses@example.org"
	for _, c := range []struct {
		about  string
		text   string
		noted  bool
		failed int
	}{
		{"a mail that is only late", returned(told[0], "delayed"), false, 0},
		{"a mail of another server", returned(stranger, "failed"), false, 0},
		{"the notice", returned(told[0], "failed"), true, 1},
		{"the notice, once more", returned(told[0], "failed"), false, 1},
	} {
		got, err := w.TakeBounce(w.ctx(), strings.NewReader(c.text))
		n, reason := failed()
		if err != nil || got.Noted != c.noted || n != c.failed || n > 0 && reason != "recipient-550-5.1.1" {
			t.Errorf("%s: %+v (%v), %d given up %q", c.about, got, err, n, reason)
		}
	}
	_, err := w.TakeBounce(w.ctx(), strings.NewReader("Subject: hello\r\n\r\nWho are you?\r\n"))
	w.refused(err, "bounce.none")

	// Nobody reads that mailbox: the next reason to write leads to no mail.
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"phone": {"number": "+49 228 555123"}}))
	w.later(8 * 24 * time.Hour)
	if again := w.told(); len(again) != 0 {
		t.Errorf("%d mails to an address that sent one back", len(again))
	}
}

package mail

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// returned is a notification as mail servers send it.
func returned(action, status, id string) string {
	return strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@mx.example.org
To: records@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

This is the mail system at host mx.example.org.
--=_b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=_b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Queue-ID: 4711

Final-Recipient: rfc822; tim@example.org
Action: %s
Status: %s
Diagnostic-Code: smtp; 550 5.1.1 <tim@example.org>: unknown user

--=_b
Content-Type: text/rfc822-headers

Return-Path: <records@example.org>
Message-ID: %s
Subject: Your code

--=_b--
`, action, status, id), "\n", "\r\n")
}

// Proves PTY-20.
func TestABounceSaysWhichMailCameBack(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want Bounce
	}{
		"failed":          {returned("failed", "5.1.1", "<abc@example.org>"), Bounce{"abc@example.org", "5.1.1", true}},
		"with a comment":  {returned("Failed", "5.2.2 (mailbox full)", "<abc@example.org>"), Bounce{"abc@example.org", "5.2.2", true}},
		"only late":       {returned("delayed", "4.4.1", "<abc@example.org>"), Bounce{"abc@example.org", "4.4.1", false}},
		"a foolish code":  {returned("failed", "tim@example.org", "<abc@example.org>"), Bounce{"abc@example.org", "", true}},
		"the mail itself": {strings.Replace(returned("failed", "5.1.1", "<abc@example.org>"), "text/rfc822-headers", "message/rfc822", 1), Bounce{"abc@example.org", "5.1.1", true}},
		"bare line ends":  {strings.ReplaceAll(returned("failed", "5.1.1", "<abc@example.org>"), "\r\n", "\n"), Bounce{"abc@example.org", "5.1.1", true}},
	} {
		if got, err := ParseBounce(strings.NewReader(c.text)); err != nil || got != c.want {
			t.Errorf("%s: %+v (%v), want %+v", name, got, err, c.want)
		}
	}
	for name, text := range map[string]string{
		"nothing":         "",
		"an answer":       "From: tim@example.org\r\nSubject: Re: Your code\r\n\r\nWho are you?\r\n",
		"no mail named":   returned("failed", "5.1.1", ""),
		"another report":  strings.Replace(returned("failed", "5.1.1", "<a@b>"), "report-type=delivery-status", "report-type=disposition-notification", 1),
		"no status":       strings.Replace(returned("failed", "5.1.1", "<a@b>"), "message/delivery-status", "text/plain", 1),
		"cut off":         returned("failed", "5.1.1", "<a@b>")[:700],
		"endless headers": "Subject: x\r\n" + strings.Repeat("X-A: "+strings.Repeat("y", 900)+"\r\n", 2000),
	} {
		if got, err := ParseBounce(strings.NewReader(text)); !errors.Is(err, ErrNoBounce) {
			t.Errorf("%s: %+v (%v), want a refusal", name, got, err)
		}
	}
}

func FuzzParseBounce(f *testing.F) {
	f.Add(returned("failed", "5.1.1", "<abc@example.org>"))
	f.Add(returned("delayed", "4.4.1", "<abc@example.org>"))
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ParseBounce(strings.NewReader(text))
		if err != nil {
			return
		}
		if b.MessageID == "" || enhancedStatus(b.Status) != b.Status {
			t.Errorf("%+v", b)
		}
	})
}

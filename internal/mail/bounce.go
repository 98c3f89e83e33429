package mail

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/textproto"
	"strings"

	"github.com/habeas-data/habeas"
)

// maxBounce bounds a bounce, in bytes: it carries the mail that came back, or its head.
const maxBounce = 1 << 20

// maxBounceParts bounds the parts that are looked at.
const maxBounceParts = 20

// Bounce is what a delivery status notification says about one mail (RFC 3464).
type Bounce struct {
	MessageID string // of the mail that came back, without angle brackets
	Status    string // enhanced status code (RFC 3463), such as "5.1.1"; may be empty
	Failed    bool   // it was given up; else it is only late, or arrived
}

// Reason is the code for the delivery record, as [Error.Reason] writes it.
func (b Bounce) Reason() string {
	if b.Status == "" {
		return string(StageRecipient) + "-550"
	}
	return string(StageRecipient) + "-550-" + b.Status
}

// ErrNoBounce says that a message is no delivery status notification, or does not say
// which mail it is about.
var ErrNoBounce = habeas.Invalid("message", "This message is no notice about a mail that came back (RFC 3464), or does not say which.").WithCode("bounce.none")

// ParseBounce reads a notification as a mail server sends it back. Whom the mail was to
// is not read: the Message-ID tells which it was. What is no notification is ErrNoBounce.
func ParseBounce(r io.Reader) (Bounce, error) {
	limited := &io.LimitedReader{R: r, N: maxBounce}
	msg, err := netmail.ReadMessage(limited)
	if err != nil {
		return Bounce{}, ErrNoBounce
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") || params["boundary"] == "" {
		return Bounce{}, ErrNoBounce
	}
	var b Bounce
	reported := false
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for range maxBounceParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Bounce{}, ErrNoBounce
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")) // what cannot be read is no part that counts
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			b.Status, b.Failed = deliveryStatus(part)
			reported = true
		case "text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers":
			b.MessageID = returnedID(part)
		}
	}
	if !reported || b.MessageID == "" {
		return Bounce{}, ErrNoBounce
	}
	return b, nil
}

// deliveryStatus reads the groups of fields: the first is about the message, each other
// about one recipient. A mail of ours has one.
func deliveryStatus(r io.Reader) (status string, failed bool) {
	fields := textproto.NewReader(bufio.NewReader(r))
	for range maxBounceParts {
		h, err := fields.ReadMIMEHeader()
		if action := h.Get("Action"); action != "" {
			return enhancedStatus(h.Get("Status")), strings.EqualFold(action, "failed")
		}
		if err != nil {
			return "", false
		}
	}
	return "", false
}

// enhancedStatus returns a code of RFC 3463, or "": a server may add a comment, and
// nothing else of what it writes is kept.
func enhancedStatus(s string) string {
	code, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	parts := strings.Split(code, ".")
	if len(parts) != 3 || len(code) > 9 {
		return ""
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return ""
		}
	}
	return code
}

// returnedID reads the Message-ID from the head of the mail that came back.
func returnedID(r io.Reader) string {
	h, _ := textproto.NewReader(bufio.NewReader(r)).ReadMIMEHeader() // a head that was cut off still says it
	id := strings.TrimSpace(h.Get("Message-Id"))
	id, opened := strings.CutPrefix(id, "<")
	id, closed := strings.CutSuffix(id, ">")
	if !opened || !closed || len(id) > 500 {
		return ""
	}
	return id
}

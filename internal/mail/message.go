package mail

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed/wire"
)

// Message is one mail to one person. Render fills everything but To, MessageID,
// Attached and Sealed.
type Message struct {
	To              string // envelope address, address only: no display name
	Subject         string
	Text            string // plain-text part; required
	HTML            string // HTML part; may be empty
	MessageID       string // without angle brackets; see NewMessageID
	Kind            Kind   // what it is about, for the delivery record
	Language        string // of the text: "en", "es"
	ListUnsubscribe string // link to a page that stops such mails, by one POST too; may be empty (RFC 2369, RFC 8058)

	Attached []Attachment // files; may be empty

	// Sealed holds the values whose stand-ins are in Text, HTML and
	// ListUnsubscribe. Sender puts them in their places below everything that
	// has a buffer (SEAL-A7). A value begins with no dot and ends with no blank,
	// has no blank where it is part of a link, and lives until Send returns.
	Sealed wire.Stands
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name string // ASCII letters, digits, dots and hyphens
	Type string // media type, such as "application/pkix-attr-cert"
	Data []byte
}

// maxAttached bounds what goes with one mail, in bytes.
const maxAttached = 1 << 20

// fits checks what stands in header lines.
func (a Attachment) fits() bool {
	plain := func(s, more string) bool {
		return s != "" && len(s) <= 100 && !strings.ContainsFunc(s, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(more, c)
		})
	}
	return plain(a.Name, ".-") && plain(a.Type, ".-+/") && len(a.Data) > 0 && len(a.Data) <= maxAttached
}

// Opened gives the message with its values in their places, as its reader sees
// it: for who shows or keeps mails and does not send them. The values are then
// on the heap. It is an error when one of them is closed.
func (m Message) Opened() (Message, error) {
	for stand, v := range m.Sealed {
		err := v.Use(func(plain []byte) error {
			for _, part := range []*string{&m.Text, &m.HTML, &m.ListUnsubscribe} {
				*part = strings.ReplaceAll(*part, stand, string(plain))
			}
			return nil
		})
		if err != nil {
			return Message{}, fmt.Errorf("mail: a sealed value cannot be opened: %w", err)
		}
	}
	m.Sealed = nil
	return m, nil
}

// NewMessageID derives the Message-ID of an outbox row, the same for every
// attempt. It is a hash, because identifiers carry a time and stay inside.
// Domain is the part after the @, usually of the sender's address.
func NewMessageID(id habeas.MailID, domain string) string {
	sum := sha256.Sum256(append([]byte("habeas mail message id\x00"), id[:]...))
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
	return strings.ToLower(text) + "@" + domain
}

// check refuses whatever could end a header line or smuggle in a second
// recipient. The addresses of people were validated long before; this is the
// last wall, and it does not depend on theirs.
func (m Message) check() error {
	switch {
	case !isAddress(m.To):
		return &Error{Stage: StageMessage, reason: "address"}
	case m.Subject == "" || !isLine(m.Subject) || len(m.Subject) > 500:
		return &Error{Stage: StageMessage, reason: "subject"}
	case m.Text == "" || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML):
		return &Error{Stage: StageMessage, reason: "body"}
	case !isAddress(m.MessageID) || !isASCII(m.MessageID):
		return &Error{Stage: StageMessage, reason: "message-id"}
	case m.ListUnsubscribe != "" && !isLink(m.ListUnsubscribe):
		return &Error{Stage: StageMessage, reason: "link"}
	case slices.ContainsFunc(m.Attached, func(a Attachment) bool { return !a.fits() }):
		return &Error{Stage: StageMessage, reason: "attachment"}
	}
	return m.checkSealed()
}

// checkSealed refuses values that the way would change: a dot that begins a line
// is doubled (RFC 5321, 4.5.2) before the value is there, and a blank that ends
// one may be dropped. A value that is closed belongs to a delivery that is over,
// so the mail may be tried again.
func (m Message) checkSealed() error {
	for _, v := range m.Sealed {
		fit := false
		err := v.Use(func(plain []byte) error {
			fit = len(plain) > 0 && plain[0] != '.' && plain[len(plain)-1] != ' '
			return nil
		})
		switch {
		case err != nil:
			return &Error{Stage: StageContent, reason: "sealed"}
		case !fit:
			return &Error{Stage: StageMessage, reason: "sealed"}
		}
	}
	return nil
}

// isAddress accepts local@domain without quoting, comments or white space: the
// only shape that people's addresses have here. Length is as in RFC 5321.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 254 && strings.Count(s, "@") == 1 &&
		utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c == 0x7f || unicode.IsControl(c) || unicode.IsSpace(c) || strings.ContainsRune(`"(),:;<>[\]`, c)
	})
}

// isLine accepts one line of valid text.
func isLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsControl(c) || c == '\u2028' || c == '\u2029'
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII })
}

// isLink accepts an http or https URL that stands in a header or an attribute
// as it is.
func isLink(s string) bool {
	if !isASCII(s) || strings.ContainsAny(s, "<>\"'`\\ ,") || !isLine(s) || len(s) > 2000 {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

package mail

import (
	"bytes"
	"regexp"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/habeas-data/habeas/sealed/wire"
)

// compose writes the mail as it goes out (RFC 5322, MIME), stand-ins in the place
// of sealed values. The error is an *Error.
func (s *Sender) compose(m Message) ([]byte, error) {
	msg, err := s.message(m)
	if err != nil {
		return nil, &Error{Stage: StageMessage, reason: "address"} // err quotes it: dropped
	}
	var b bytes.Buffer
	if _, err := msg.WriteTo(&b); err != nil {
		return nil, &Error{Stage: StageMessage, reason: "body"}
	}
	content := unbroken(b.Bytes(), m.Sealed)
	for stand := range m.Sealed {
		want := 0
		for _, part := range []string{m.Text, m.HTML, m.ListUnsubscribe} {
			want += strings.Count(part, stand)
		}
		if bytes.Count(content, []byte(stand)) != want {
			return nil, &Error{Stage: StageMessage, reason: "sealed"} // its reader would get the stand-in
		}
	}
	return content, nil
}

// message builds the parts.
func (s *Sender) message(m Message) (*gomail.Msg, error) {
	// Quoted-printable leaves ~, letters and digits as they are; base64 would not.
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	if err := msg.FromFormat(s.c.FromName, s.c.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.c.Clock.Now())
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if m.Language != "" {
		msg.SetGenHeader("Content-Language", m.Language)
	}
	if m.ListUnsubscribe != "" {
		msg.SetListUnsubscribe(m.ListUnsubscribe)
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") // RFC 8058
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for _, a := range m.Attached {
		if err := msg.AttachReader(a.Name, bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(a.Type))); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// softBreak continues a line of quoted-printable on the next (RFC 2045, 6.7).
const softBreak = "=\r\n"

// unbroken moves soft line breaks out of stand-ins to either side of them, so that
// no line grows past its 76 characters.
func unbroken(content []byte, stands wire.Stands) []byte {
	for stand := range stands {
		letters := strings.Split(stand, "")
		for i, c := range letters {
			letters[i] = regexp.QuoteMeta(c)
		}
		anywhere := regexp.MustCompile(strings.Join(letters, "(?:"+softBreak+")?"))
		content = anywhere.ReplaceAllFunc(content, func(found []byte) []byte {
			if len(found) == len(stand) {
				return found
			}
			return []byte(softBreak + stand + softBreak)
		})
	}
	return content
}

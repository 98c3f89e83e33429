package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/mail"
)

// Returned is what became of a notice about a mail that came back.
type Returned struct {
	Noted bool `json:"noted"` // it was a mail of this server's, given up for good, and not noted before
}

// TakeBounce reads a delivery status notification and notes in the delivery record that
// the mail came back (PTY-20). A notification about another's mail, or one that says the
// mail is only late, changes nothing. Whom it was to is neither read nor kept. Anybody can
// write to the address that mails come from, but only who got the mail knows its
// Message-ID: 160 bits that nothing else shows.
func (s *Server) TakeBounce(ctx context.Context, message io.Reader) (Returned, error) {
	b, err := mail.ParseBounce(message)
	if err != nil || !b.Failed {
		return Returned{}, err
	}
	var came habeas.MailID
	err = s.DB.Ops().Sent(ctx, func(id habeas.MailID) bool {
		if mail.NewMessageID(id, s.Mailer.Domain) == b.MessageID {
			came = id
		}
		return came.IsZero()
	})
	if err != nil || came.IsZero() {
		return Returned{}, err
	}
	noted, err := s.DB.Ops().MarkReturned(ctx, came, s.Clock.Now(), b.Reason())
	return Returned{noted}, err
}

// bounce is TakeBounce for the control socket.
func (s *Server) bounce(w http.ResponseWriter, r *http.Request) error {
	got, err := s.TakeBounce(r.Context(), r.Body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(got)
}

// Bounce gives a notification to the server that runs in dir.
func Bounce(ctx context.Context, dir string, message io.Reader) (got Returned, err error) {
	c, err := DialControl(dir)
	if err != nil {
		return got, err
	}
	body, err := c.Stream(ctx, http.MethodPost, "/bounce", "message/rfc822", message)
	if err != nil {
		return got, errors.Join(err, c.Close())
	}
	err = json.NewDecoder(body).Decode(&got)
	return got, errors.Join(err, body.Close(), c.Close())
}

package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/wire"
)

// JobMail is the outbox kind of a mail.
const JobMail jobs.Kind = "mail"

// Letter is a mail before it is rendered. It lies sealed in the outbox. It never
// holds a code or a token: Challenge, Change, Reset, Dispute and Stop are what they are derived from
// while the mail is delivered, so no row ever holds one (ADR 0011).
type Letter struct {
	Kind      mail.Kind          `json:"k"`
	To        string             `json:"t"` // envelope address as it was stored, never as typed by somebody else (PTY-A10)
	Language  string             `json:"l"`
	Link      string             `json:"p,omitempty"` // path within the origin
	Challenge habeas.ChallengeID `json:"c,omitzero"`  // whose code it carries
	Change    habeas.ChallengeID `json:"x,omitzero"`  // of an address, which its link stops
	Reset     habeas.ChallengeID `json:"z,omitzero"`  // of a file's password, which its link stops
	Dispute   DisputeOf          `json:"q,omitzero"`  // the claim that a further link disputes
	Minutes   int                `json:"m,omitempty"`
	Hours     int                `json:"h,omitempty"`
	Reason    string             `json:"r,omitempty"`

	// For people who hold no account: categories of data and where they came from.
	Stop    keyring.LookupHash `json:"s,omitzero"` // address whose link stops such mails
	Sets    []string           `json:"g,omitempty"`
	From    []string           `json:"f,omitempty"`
	Why     string             `json:"w,omitempty"`
	Contact string             `json:"a,omitempty"` // whom to ask; empty: the organisation's contact
	Months  int                `json:"n,omitempty"`
	Days    int                `json:"d,omitempty"`

	Legal string   `json:"e,omitempty"` // profile of a legal demand
	Count int      `json:"u,omitempty"` // of missing details
	Lines []string `json:"i,omitempty"` // of a digest
	More  string   `json:"o,omitempty"` // a further path within the origin
	Reply string   `json:"y,omitempty"` // of what somebody wrote to the operator: where the answer goes

	Receipt habeas.EventID `json:"j,omitzero"` // of the erasure that it tells of: made while the mail is delivered

	Attached []Enclosure `json:"v,omitempty"`
}

// Enclosure is a file that goes with a letter.
type Enclosure struct {
	Name string `json:"n"` // nothing personal: mail programs show it
	Type string `json:"t"` // media type
	Data []byte `json:"d"`
}

// Sender hands a rendered mail to the mail server, or to the outbox page of the demo.
// What is sealed in the mail lives until Send returns.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Mailer puts letters into the outbox and renders them when they are due.
type Mailer struct {
	Keys         *keyring.Ring
	Sender       Sender
	Origin       interface{ URL(path string) string }
	Organisation string
	Contact      string
	Domain       string // of Message-IDs
	Clock        habeas.Clock

	// Receipts makes the receipt of an erasure; nil: the mail goes without.
	Receipts func(ctx context.Context, event habeas.EventID) (string, error)
}

// Post leaves a letter in the outbox in the transaction of what caused it, sealed
// under the subject's key. It expires with the code it carries.
func (m *Mailer) Post(tx *sqlstore.Tx, subject habeas.SubjectID, l Letter) error {
	_, err := m.post(tx, subject, l)
	return err
}

// post is Post for who wants to know later what became of the mail.
func (m *Mailer) post(tx *sqlstore.Tx, subject habeas.SubjectID, l Letter) (id habeas.MailID, err error) {
	payload, err := json.Marshal(l)
	if err != nil {
		return id, err
	}
	now := m.Clock.Now()
	var expires time.Time
	if held := time.Duration(l.Minutes)*time.Minute + time.Duration(l.Hours)*time.Hour; held > 0 {
		expires = now.Add(held)
	}
	id = habeas.NewID[habeas.MailKind](now)
	return id, tx.Post(JobMail, string(l.Kind), id, subject, payload, now, expires)
}

// Deliver is the outbox handler for letters.
func (m *Mailer) Deliver(ctx context.Context, job jobs.Job) error {
	var l Letter
	if err := json.Unmarshal(job.Payload, &l); err != nil {
		return jobs.Permanent("unreadable", err)
	}
	data := mail.Data{
		Organisation: m.Organisation, PublicURL: m.Origin.URL("/"), Contact: m.Contact,
		Minutes: l.Minutes, Hours: l.Hours, Reason: l.Reason,
		Sets: l.Sets, From: l.From, Why: l.Why, Months: l.Months, Days: l.Days, Count: l.Count, Lines: l.Lines, Legal: l.Legal, Reply: l.Reply,
	}
	if l.Contact != "" {
		data.Contact = l.Contact
	}
	if l.Link != "" {
		data.Link = m.Origin.URL(l.Link)
	}
	if l.More != "" {
		data.MoreLink = m.Origin.URL(l.More)
	}
	if !l.Receipt.IsZero() && m.Receipts != nil {
		var err error
		if data.Receipt, err = m.Receipts(ctx, l.Receipt); err != nil {
			return err // tried again
		}
	}
	session := sealed.Open(ctx)
	defer session.Close()
	stands := wire.Stands{}
	var err error
	sealed.Do(func() { err = m.seal(session, stands, l, &data) }) // deriving leaves copies on the stack
	if err != nil {
		return err
	}
	msg, err := mail.Render(l.Kind, l.Language, data)
	if err != nil {
		return jobs.Permanent("template", err)
	}
	msg.To, msg.Sealed = l.To, stands
	for _, e := range l.Attached {
		msg.Attached = append(msg.Attached, mail.Attachment(e))
	}
	msg.MessageID = mail.NewMessageID(job.ID, m.Domain)
	return m.Sender.Send(ctx, msg)
}

// seal derives the secrets of a letter into the session, and gives the mail stand-ins
// for them. They are shown at the connection to the mail server (SEAL-A7).
func (m *Mailer) seal(session *sealed.Session, stands wire.Stands, l Letter, data *mail.Data) error {
	put := func(label string, plain []byte) (string, error) {
		v, err := session.Seal(label, plain)
		if err != nil {
			return "", err
		}
		stand, ok := stands.Put(v)
		if !ok {
			return "", errNoStand
		}
		return stand, nil
	}
	if !l.Challenge.IsZero() {
		code := codeOf(m.Keys, l.Challenge)
		stand, err := put("code", mail.Grouped(nil, code[:]))
		clear(code[:])
		if err != nil {
			return err
		}
		data.Code = stand
	}
	if !l.Change.IsZero() {
		stand, err := put("token", changeToken(m.Keys, l.Change))
		if err != nil {
			return err
		}
		data.Link = m.Origin.URL("/address-change?t=" + stand)
	}
	if !l.Reset.IsZero() {
		stand, err := put("token", resetToken(m.Keys, l.Reset))
		if err != nil {
			return err
		}
		data.Link = m.Origin.URL("/reset-stop?t=" + stand)
	}
	if l.Dispute != (DisputeOf{}) {
		stand, err := put("token", disputeToken(m.Keys, l.Dispute))
		if err != nil {
			return err
		}
		data.DisputeLink = m.Origin.URL("/dispute?t=" + stand)
	}
	if l.Stop != (keyring.LookupHash{}) {
		stand, err := put("token", stopToken(m.Keys, l.Stop))
		if err != nil {
			return err
		}
		data.StopLink = m.Origin.URL("/notice/stop/" + stand)
	}
	return nil
}

// errNoStand cannot happen: what is derived holds letters, digits and hyphens only.
var errNoStand = errors.New("app: a derived secret has no stand-in")

// codeOf derives the eight-digit code of a challenge: 26 bits, the same each time
// it is asked, and in no row.
func codeOf(keys *keyring.Ring, id habeas.ChallengeID) (code [8]byte) {
	n := keys.Code("mailed-code", id[:])
	for i := range code {
		code[len(code)-1-i] = '0' + byte(n%10)
		n /= 10
	}
	return code
}

// rightCode compares a typed code with the one of a challenge in constant time.
func rightCode(keys *keyring.Ring, id habeas.ChallengeID, typed sealed.Value) (right bool) {
	sealed.Do(func() {
		code := codeOf(keys, id)
		right = account.Right(typed, code[:])
	})
	return right
}

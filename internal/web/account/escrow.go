package account

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Escrows is what the pages about lost registration files ask of the server. Every method
// checks what the actor may do; errors are *habeas.Error.
type Escrows interface {
	// Escrowing is how the actor stands: registered, with a key left here, with a reset under way.
	Escrowing(ctx context.Context, a habeas.Actor) (Escrowing, error)
	// KeepEscrow leaves the key of the actor's certificate here; WithdrawEscrow destroys it.
	KeepEscrow(ctx context.Context, a habeas.Actor, d account.Deposit) error
	WithdrawEscrow(ctx context.Context, a habeas.Actor) error

	// AskReset mails a code that does one thing. recipient is a public key of the browser, for
	// account.ResetPassword; it may be nil.
	AskReset(ctx context.Context, a habeas.Actor, kind account.ResetKind, in account.Asking, recipient []byte) (habeas.ChallengeID, error)
	// ProveReset answers it; every refusal of a code is account.ErrCode.
	ProveReset(ctx context.Context, a habeas.Actor, sign account.Token, id habeas.ChallengeID, typed sealed.Value, flow account.Token) (account.ResetAnswer, error)
	// FileReset is a reset under way; found is false when there is none, or none any more.
	FileReset(ctx context.Context, id habeas.ChallengeID) (r account.FileReset, found bool, err error)
	// TakeReset gives the key back, sealed to the browser that asked.
	TakeReset(ctx context.Context, id habeas.ChallengeID) ([]byte, error)
	StopReset(ctx context.Context, a habeas.Actor) error
	// StoppableReset says what a link stops, StopResetByLink stops it.
	StoppableReset(ctx context.Context, link sealed.Value) (account.FileReset, error)
	StopResetByLink(ctx context.Context, link sealed.Value) error

	Keepers
}

// Escrowing is how somebody stands with the key of their registration file.
type Escrowing struct {
	Registered bool // there is a certificate that counts, and Serial is its number
	Serial     pki.Serial
	Kept       bool           // the key is here
	Escrow     account.Escrow // without what was left
	Resetting  bool           // a reset waits or can be finished
	Reset      account.FileReset
	Key        []byte        // the server's escrow key: its public half, a point
	Wait       time.Duration // how long a reset waits
}

const (
	escrowAt  = "/me/registration/escrow"
	recoverAt = "/recover-file"
	resetAt   = recoverAt + "/reset"
	stopReset = "/reset-stop"
)

func (s *Pages) mountEscrow(m *edge.Mux) {
	if s.Escrows == nil {
		return
	}
	s.Handle(m, ui.SignedIn, "GET "+escrowAt, s.escrowPage)
	s.Handle(m, ui.SignedIn, "POST "+escrowAt, s.Limited(s.keepEscrow))
	s.Handle(m, ui.SignedIn, "POST "+escrowAt+"/withdraw", s.withdrawEscrow)
	s.Handle(m, ui.SignedIn, "POST "+escrowAt+"/stop", s.stopOwnReset)
	s.mountReset(m)
	s.mountKeepers(m)
}

// EscrowPage is the data of account/escrow.
type EscrowPage struct {
	Heading    ui.Heading
	Notices    []ui.Notice
	Registered bool
	Kept       bool
	Lines      []string // what is kept, and since when
	Stop       bool     // a reset is under way and can be stopped
	Continue   string   // and finished there; empty: not yet
	Split      bool     // with key keepers
	Leave      *Leaving // nil: there is nothing to leave
	Errors     []ui.FieldError
}

// Leaving is what the script needs to leave a key here, and what its person agrees to.
type Leaving struct {
	Account, Serial, To string
	Words               int
	Kinds               []ui.Option
	Agree               string
}

func (s *Pages) escrow(r *http.Request, v ui.Visit) (EscrowPage, error) {
	p := v.P
	e, err := s.Escrows.Escrowing(r.Context(), v.Actor)
	page := EscrowPage{
		Heading: ui.Heading{
			Title: p.T("If you forget the password of your registration file"),
			Lead:  p.T("Nobody else has the password or the key in the file, so nobody can help you, unless you leave a copy of the key here. You decide, and you can take it back at any time."),
		},
		Registered: e.Registered, Kept: e.Kept,
	}
	if err != nil {
		return page, err
	}
	if e.Resetting {
		s.escrowReset(p, &page, e.Reset)
	}
	switch {
	case e.Kept:
		page.Split = e.Escrow.Class == account.EscrowSplit
		page.Lines = []string{
			p.T("Since {time}, for certificate {number}.", "time", p.DateTime(e.Escrow.At, s.Zone()), "number", e.Escrow.Serial.String()),
			kindWords(p, e.Escrow.Class),
		}
	case e.Registered:
		page.Leave = &Leaving{
			Account: v.Account.String(), Serial: e.Serial.String(), To: base64.RawURLEncoding.EncodeToString(e.Key), Words: account.EscrowWords,
			Agree: p.T("I agree that a copy of my private key leaves this browser and is kept here until I withdraw it or my certificate ends."),
			Kinds: []ui.Option{
				{Value: string(account.EscrowShut), Text: p.T("Only with my recovery code"), Hint: p.T("The browser encrypts the key with a code of 26 letters and digits before it is sent. You print the code or write it down. Without it nobody opens the key, the organisation neither. Lose password and code, and you register anew.")},
				{Value: string(account.EscrowOpen), Text: p.T("The organisation can help me"), Hint: p.T("A code mailed to your main address is enough, after a wait of {n} hours in which all your addresses can stop it. Whoever runs this server can open the key, and could be made to by a court.", "n", int(e.Wait/time.Hour))},
			},
		}
	}
	return page, nil
}

func kindWords(p lang.Printer, c account.EscrowClass) string {
	switch c {
	case account.EscrowShut:
		return p.T("It opens only with the recovery code that you keep. The organisation cannot open it.")
	case account.EscrowSplit:
		return p.T("It opens only with the shares of your key keepers together. The organisation cannot open it.")
	case account.EscrowOpen:
	}
	return p.T("The organisation can open it, and gives it back to you after a mailed code.")
}

// escrowReset tells of the reset that is under way.
func (s *Pages) escrowReset(p lang.Printer, page *EscrowPage, r account.FileReset) {
	page.Stop = true
	n := ui.Notice{Kind: ui.NoticeWarning, Title: p.T("A reset of the password is under way")}
	if r.Waits(s.Clock.Now()) {
		n.Text = p.T("It waits until {time}. If you did not ask for it, stop it now.", "time", p.DateTime(r.Due, s.Zone()))
	} else {
		n.Text = p.T("It can be finished until {time}, in the browser where it began. If you did not ask for it, stop it now.", "time", p.DateTime(r.Ends, s.Zone()))
		page.Continue = resetAt + "?r=" + r.ID.String()
	}
	page.Notices = append(page.Notices, n)
}

func (s *Pages) escrowPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.escrow(r, v)
	if err != nil {
		return err
	}
	p := v.P
	if text := map[string]string{
		"kept":      p.T("Your key is kept here now. All your addresses were told."),
		"withdrawn": p.T("The copy is destroyed: it is in no file of this server any more. You can leave one again."),
		"stopped":   p.T("The reset is stopped."),
	}[r.URL.Query().Get("done")]; text != "" {
		page.Notices = append([]ui.Notice{{Kind: ui.NoticeDone, Text: text}}, page.Notices...)
	}
	return s.Render(w, r, http.StatusOK, "account/escrow", page)
}

// deposited reads what the script has put into the form. What cannot be read is refused like
// what does not fit.
func deposited(f *edge.Form) (d account.Deposit) {
	d.Serial = serialIn(f)
	d.Class = account.EscrowClass(f.Choice("class", string(account.EscrowShut), string(account.EscrowOpen)))
	d.Words, _ = strconv.Atoi(f.String("agree", 8)) // ticking the box sends the number of the words beside it
	d.Sealed, d.Signature = bytesIn(f, "deposit", account.MaxDeposit), bytesIn(f, "signature", 64)
	return d
}

// bytesIn reads what a script has put into a field; nil if it cannot be read.
func bytesIn(f *edge.Form, name string, most int) []byte {
	b, err := base64.RawURLEncoding.DecodeString(f.String(name, 2*most))
	if err != nil || len(b) > most {
		return nil
	}
	return b
}

// serialIn reads the number of a certificate; the zero one is none.
func serialIn(f *edge.Form) pki.Serial {
	serial, _ := pki.ParseSerial(f.String("serial", 64))
	return serial
}

var errAgree = habeas.Invalid("agree", "Tick that you agree, or leave everything as it is.").WithCode("escrow.agree")

func (s *Pages) keepEscrow(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	d := deposited(f)
	if err = f.Err(); err == nil && d.Words == 0 {
		err = errAgree
	}
	if err == nil {
		err = s.Escrows.KeepEscrow(r.Context(), v.Actor, d)
	}
	if err != nil {
		page, pageErr := s.escrow(r, v)
		if pageErr != nil {
			return pageErr
		}
		var form ui.Form
		if ui.Refused(r, err); !form.Fail(v.P, err) {
			return err
		}
		page.Errors = form.Errors
		return s.Render(w, r, http.StatusBadRequest, "account/escrow", page)
	}
	http.Redirect(w, r, escrowAt+"?done=kept", http.StatusSeeOther)
	return nil
}

func (s *Pages) withdrawEscrow(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.verb(w, r, v, s.Escrows.WithdrawEscrow, escrowAt+"?done=withdrawn")
}

func (s *Pages) stopOwnReset(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.verb(w, r, v, s.Escrows.StopReset, escrowAt+"?done=stopped")
}

// verb does what a button without fields is for.
func (s *Pages) verb(w http.ResponseWriter, r *http.Request, v ui.Visit, do func(context.Context, habeas.Actor) error, next string) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := do(r.Context(), v.Actor); err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

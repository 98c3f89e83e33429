package account

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

func (s *Pages) mountReset(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+recoverAt, s.recoverFilePage)
	s.Handle(m, ui.Anybody, "POST "+recoverAt, s.Limited(s.recoverFile))
	s.Handle(m, ui.Anybody, "GET "+recoverAt+"/code", s.resetCodePage)
	s.Handle(m, ui.Anybody, "POST "+recoverAt+"/code", s.Limited(s.resetCode))
	s.Handle(m, ui.Anybody, "GET "+resetAt, s.resetPage)
	s.Handle(m, ui.Anybody, "POST "+resetAt+"/take", s.Limited(s.takeReset))
	s.Handle(m, ui.Anybody, "GET "+stopReset, s.stopResetPage)
	s.Handle(m, ui.Anybody, "POST "+stopReset, s.Limited(s.stopReset))
}

// RecoverFilePage is the data of account/recover-file.
type RecoverFilePage struct {
	Heading ui.Heading
	Answer  *ui.Notice  // what a code has just led to
	Passkey *ui.Passkey // shows who it is: then nothing waits
	Form    ui.Form
}

// recoverFileForm asks what has happened, and at which address to mail the code.
func (s *Pages) recoverFileForm(r *http.Request, v ui.Visit, kind account.ResetKind) (RecoverFilePage, error) {
	p := v.P
	page := RecoverFilePage{
		Heading: ui.Heading{
			Title: p.T("Help with a registration file"),
			Lead:  p.T("We mail you a code. It does the one thing that you choose here, and nothing else."),
		},
		Form: ui.Form{
			Action: recoverAt, Submit: p.T("Send me a code"), Hidden: []ui.Hidden{{Name: "key"}},
			Next: p.T("The code holds for 10 minutes. Until it is typed nothing happens, and nobody learns whether somebody is registered at the address."),
			Controls: []ui.Control{{
				Kind: ui.ControlRadio, Name: "what", Label: p.T("What has happened?"), Value: string(kind),
				Options: []ui.Option{
					{Value: string(account.ResetPassword), Text: p.T("I forgot its password, or lost the file"), Hint: p.T("If you have left your key here, you get the file anew: the same key and certificate, under a new password.")},
					{Value: string(account.ResetLost), Text: p.T("I lost it, and have left no key here"), Hint: p.T("Your registration is reset: the certificate is revoked at once, with your roles. Then you register anew, with a new key.")},
					{Value: string(account.ResetCompromised), Text: p.T("Somebody else may have the file or its password"), Hint: p.T("The same. A new password would not help: whoever has the key keeps it.")},
				},
			}},
		},
	}
	if v.Account.IsZero() {
		page.Form.Controls = append(page.Form.Controls, ui.Control{
			Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address in your certificate"), Autocomplete: "email", MaxLength: ui.MaxAddress,
		})
		return page, nil
	}
	h, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	page.Form.Next = p.T("The code goes to {address} and holds for 10 minutes. Until it is typed nothing happens.", "address", h.Main().Display)
	lately, err := s.Accounts.ProvedLately(r.Context(), v.Actor, account.Token(v.Signed))
	if err == nil && len(h.Passkeys) > 0 && !lately {
		page.Passkey = &ui.Passkey{
			OptionsURL: "/sign-in/passkey/options", FinishURL: "/sign-in/passkey?to=" + url.QueryEscape(recoverAt), Button: p.T("Show with your passkey that it is you"),
			Hint: p.T("Then a new password needs no wait."),
		}
	}
	return page, err
}

// answerOf says what a code has led to.
func answerOf(p lang.Printer, a account.ResetAnswer) *ui.Notice {
	switch a {
	case account.ResetRevoked:
		return &ui.Notice{
			Kind: ui.NoticeDone, Title: p.T("Your registration is reset"), Link: &ui.Link{Text: p.T("Register anew"), URL: "/me/registration"},
			Text: p.T("The certificate counts no more, with everything that hung on it. All your addresses were told."),
		}
	case account.ResetNotKept:
		return &ui.Notice{
			Kind: ui.NoticeWarning, Title: p.T("Your key was not left here"),
			Text: p.T("So nobody can open the file without its password, and nobody can make it anew. The only way is to reset the registration: choose it below. The old certificate is revoked, and you register with a new key."),
		}
	case account.ResetNobody:
		return &ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("Nobody is registered at this address"), Link: &ui.Link{Text: p.T("Register"), URL: "/me/registration"},
			Text: p.T("No certificate that counts names it as the main address of an account. Another address of yours may be in the file."),
		}
	case account.ResetNoKey:
		return &ui.Notice{
			Kind: ui.NoticeWarning, Title: p.T("This needs JavaScript"),
			Text: p.T("The file is made in the browser, so that nobody else sees key and password. Switch JavaScript on for this page, or use another browser, and ask for another code."),
		}
	case account.ResetChanges:
		return &ui.Notice{
			Kind: ui.NoticeWarning, Title: p.T("Your main address is changing"),
			Text: p.T("Until the old address can no longer take that back, no password is reset. Try again then."),
		}
	case account.ResetBegun:
	}
	return nil
}

func (s *Pages) recoverFilePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	answer := account.ResetAnswer(r.URL.Query().Get("done"))
	kind := account.ResetPassword
	if answer == account.ResetNotKept {
		kind = account.ResetLost
	}
	page, err := s.recoverFileForm(r, v, kind)
	if err != nil {
		return err
	}
	page.Answer = answerOf(v.P, answer)
	return s.Render(w, r, http.StatusOK, "account/recover-file", page)
}

// recoverFile answers every address alike: with the page to type the code on.
func (s *Pages) recoverFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	kind := account.ResetKind(f.Choice("what", string(account.ResetPassword), string(account.ResetLost), string(account.ResetCompromised)))
	if kind == "" && f.Problem("what") == nil {
		f.Fail("what", habeas.Invalid("what", "Choose one of the options.").WithCode("form.choice"))
	}
	var address email.Address
	if v.Account.IsZero() {
		address = ui.FormAddress(f, "address")
	}
	recipient, keyErr := base64.RawURLEncoding.DecodeString(f.String("key", 200))
	var id habeas.ChallengeID
	switch err = f.Err(); {
	case err != nil:
	case keyErr != nil:
		err = account.ErrResetKey
	default:
		id, err = s.Escrows.AskReset(r.Context(), v.Actor, kind, s.asking(w, r, address, v.P.Lang, ""), recipient)
	}
	if err != nil {
		page, pageErr := s.recoverFileForm(r, v, kind)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/recover-file", &page, &page.Form, f)
	}
	http.Redirect(w, r, recoverAt+"/code?c="+id.String(), http.StatusSeeOther)
	return nil
}

func resetCodeForm(p lang.Printer, c string) ui.CodePage {
	page := ui.NewCodePage(p, recoverAt+"/code", recoverAt, c)
	page.Heading.Back = &ui.Link{Text: p.T("Help with a registration file"), URL: recoverAt}
	page.Form.Submit = p.T("Use the code")
	return page
}

// resetCodePage only shows the form: whoever opens it changes nothing (PTY-A19).
func (s *Pages) resetCodePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.Render(w, r, http.StatusOK, "public/code", resetCodeForm(v.P, r.URL.Query().Get("c")))
}

func (s *Pages) resetCode(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", ui.CodeDigits)
	// An unreadable id is the id of no challenge: the answer is the same.
	id, _ := habeas.ParseID[habeas.ChallengeKind](c)
	var answer account.ResetAnswer
	if err = f.Err(); err == nil {
		flow, _ := s.Cookies.Flow(r)
		answer, err = s.Escrows.ProveReset(r.Context(), v.Actor, account.Token(v.Signed), id, typed, account.Token(flow))
	}
	if err != nil {
		page := resetCodeForm(v.P, c)
		return s.Again(w, r, v, err, "public/code", &page, &page.Form, f)
	}
	next := recoverAt + "?done=" + string(answer)
	if answer == account.ResetBegun {
		next = resetAt + "?r=" + id.String()
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// ResetPage is the data of account/reset: of whoever knows the number of a reset. It names nobody.
type ResetPage struct {
	Heading ui.Heading
	Notice  *ui.Notice
	Keepers *Calling    // nil: the key is not with key keepers
	Rebuild *Rebuilding // nil: not now
}

// Calling is what somebody tells their key keepers, and how many have answered.
type Calling struct{ Reset, Own, Answered string }

// Rebuilding is what the script needs to make the file anew.
type Rebuilding struct {
	Reset, Own string
	Coded      bool // the recovery code is needed too
	TakeURL    string
}

func (s *Pages) resetPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	id, _ := habeas.ParseID[habeas.ChallengeKind](r.URL.Query().Get("r"))
	reset, found, err := s.Escrows.FileReset(r.Context(), id)
	if err != nil {
		return err
	}
	page := ResetPage{Heading: ui.Heading{Title: p.T("A new password for your registration file"), Back: &ui.Link{Text: p.T("Help with a registration file"), URL: recoverAt}}}
	enough := true
	if found && reset.Class == account.EscrowSplit {
		if page.Keepers, enough, err = s.calling(r, v, reset); err != nil {
			return err
		}
	}
	switch now := s.Clock.Now(); {
	case !found:
		return account.ErrNoReset
	case reset.Waits(now):
		page.Notice = &ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("It waits until {time}", "time", p.DateTime(reset.Due, s.Zone())),
			Text: p.T("All addresses of your account were told and can stop it. Keep the address of this page, and open it again then in this very browser: only here is the key that the answer is encrypted for. You have until {time}.", "time", p.DateTime(reset.Ends, s.Zone())),
		}
	case !enough:
	default:
		page.Heading.Lead = p.T("The browser makes the file anew with the same key and certificate. Nobody else sees the password.")
		page.Rebuild = &Rebuilding{
			Reset: id.String(), Own: encoded(reset.Recipient), Coded: reset.Class == account.EscrowShut, TakeURL: resetAt + "/take",
		}
	}
	return s.Render(w, r, http.StatusOK, "account/reset", page)
}

// calling tells how many key keepers have answered, and whether they are enough.
func (s *Pages) calling(r *http.Request, v ui.Visit, reset account.FileReset) (*Calling, bool, error) {
	have, need, err := s.Escrows.KeepersAnswered(r.Context(), reset)
	if err != nil {
		return nil, false, err
	}
	return &Calling{
		Reset: reset.ID.String(), Own: encoded(reset.Recipient),
		Answered: v.P.T("{have} of the {need} shares that are needed have come.", "have", have, "need", need),
	}, have >= need, nil
}

// takeReset answers the script. Whoever knows the number of a reset gets bytes that only the
// browser opens that asked for it.
func (s *Pages) takeReset(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	in, err := edge.DecodeJSON[struct {
		Reset string `json:"reset"`
	}](w, r, 4<<10)
	if err != nil {
		return err
	}
	id, _ := habeas.ParseID[habeas.ChallengeKind](in.Reset)
	message, err := s.Escrows.TakeReset(r.Context(), id)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"message": encoded(message)})
	if err != nil {
		return habeas.Internal(err)
	}
	return writeJSON(w, body)
}

// stopResetPage only asks: a mail scanner that opens the link stops nothing (PTY-A19).
func (s *Pages) stopResetPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p, q := v.P, r.URL.Query()
	if q.Get("done") == "stopped" {
		return s.Render(w, r, http.StatusOK, "account/address-stop", StopPage{
			Heading: ui.Heading{Title: p.T("The reset is stopped")},
			Done: &ui.Notice{
				Kind: ui.NoticeDone, Title: p.T("Every sign-in of the account has ended"), Link: &ui.Link{Text: p.T("Sign in or recover"), URL: "/sign-in"},
				Text: p.T("Somebody could read a code that was mailed to your main address. See to your mailbox first: change its password."),
			},
		})
	}
	link := edge.Secret(r.Context(), q.Get("t"))
	reset, err := s.Escrows.StoppableReset(r.Context(), link)
	if err != nil {
		return err
	}
	page := StopPage{
		Heading: ui.Heading{
			Title: p.T("Stop the reset of your registration file’s password?"),
			Lead:  p.T("Somebody has typed a code that was mailed to your main address. After {time} they get your key. If that was you, close this page.", "time", p.DateTime(reset.Due, s.Zone())),
		},
		Form: &ui.Form{
			Action: stopReset, Danger: true, Hidden: []ui.Hidden{{Name: "t", Value: edge.Show(r.Context(), link)}}, Submit: p.T("Stop the reset"),
			Next: p.T("Every sign-in of the account ends, and all its addresses are told."),
		},
	}
	if !reset.TakenAt.IsZero() {
		page.Heading.Lead = p.T("It was finished already: somebody has your key. If that was not you, stop it here and then revoke your certificate at once.")
	}
	return s.Render(w, r, http.StatusOK, "account/address-stop", page)
}

func (s *Pages) stopReset(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	return stopByLink(w, r, stopReset, s.Escrows.StopResetByLink)
}

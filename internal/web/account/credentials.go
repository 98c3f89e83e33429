package account

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// CredentialsPage is the data of account/credentials.
type CredentialsPage struct {
	Heading   ui.Heading
	Advice    *ui.Notice
	Term      *Term // of the registration; nil: there is none
	Passkeys  []ui.Line
	Add       ui.Passkey
	Providers []ui.Line
	Connect   []ProviderButton
	Addresses []ui.Line
	SignIns   []ui.Line
	EndOthers bool // there are others to end
	Name      ui.Form
}

// passkeyLines lists passkeys, each with a verb when action is given.
func (s *Pages) passkeyLines(p lang.Printer, h account.Holdings, action string) []ui.Line {
	now := s.Clock.Now()
	var lines []ui.Line
	for _, k := range h.Passkeys {
		l := ui.Line{Icon: "key", Text: k.Name, Note: p.T("Added {day}, not used since.", "day", p.Ago(k.AddedAt, now))}
		if l.Text == "" {
			l.Text = p.T("Passkey")
		}
		if !k.UsedAt.IsZero() {
			l.Note = p.T("Added {day}, last used {used}.", "day", p.Ago(k.AddedAt, now), "used", p.Ago(k.UsedAt, now))
		}
		if action != "" {
			l.Action, l.Verb, l.Hidden = action, p.T("Remove"), []ui.Hidden{{Name: "passkey", Value: ui.HashText(k.Hash)}}
		}
		lines = append(lines, l)
	}
	return lines
}

func (s *Pages) addressLines(p lang.Printer, h account.Holdings) []ui.Line {
	now := s.Clock.Now()
	var lines []ui.Line
	for _, a := range h.Addresses {
		l := ui.Line{Icon: "mail", Text: a.Display, Note: s.provedNote(p, a, now)}
		if a.Main {
			l.Tag = &ui.Tag{Kind: ui.TagQuiet, Text: p.T("main address")}
		}
		lines = append(lines, l)
	}
	return lines
}

func (s *Pages) signInLines(p lang.Printer, h account.Holdings, here account.Token) []ui.Line {
	var lines []ui.Line
	for _, in := range h.SignIns {
		l := ui.Line{Icon: "clock", Text: in.Device, Note: p.T("By mailed code, since {time}.", "time", p.DateTime(in.CreatedAt, s.Zone()))}
		switch in.Proof {
		case habeas.ProofPasskey:
			l.Icon, l.Note = "key", p.T("By passkey, since {time}.", "time", p.DateTime(in.CreatedAt, s.Zone()))
		case habeas.ProofCertificate:
			l.Icon, l.Note = "key", p.T("By certificate, since {time}.", "time", p.DateTime(in.CreatedAt, s.Zone()))
		case habeas.ProofProvider, habeas.ProofProviderStrong:
			l.Note = p.T("By an identity provider, since {time}.", "time", p.DateTime(in.CreatedAt, s.Zone()))
		case habeas.ProofNone, habeas.ProofCode:
		}
		if l.Text == "" {
			l.Text = p.T("Unknown browser")
		}
		if in.Hash == here {
			l.Tag = &ui.Tag{Kind: ui.TagYours, Text: p.T("this one")}
		}
		lines = append(lines, l)
	}
	return lines
}

func (s *Pages) credentials(r *http.Request, v ui.Visit) (CredentialsPage, error) {
	p := v.P
	h, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return CredentialsPage{}, err
	}
	page := CredentialsPage{
		Heading: ui.Heading{
			Title: p.T("How you sign in"), Back: &ui.Link{Text: p.T("My records"), URL: "/me"},
			Lead: p.T("What opens your account, where it is open now, and where we write to you."),
		},
		Advice:   advice(p, h),
		Passkeys: s.passkeyLines(p, h, "/me/credentials/passkeys/remove"),
		Add: ui.Passkey{
			Register: true, OptionsURL: "/me/credentials/passkeys/options", FinishURL: "/me/credentials/passkeys",
			Button: p.T("Add a passkey"),
			Controls: []ui.Control{{
				Name: "name", Label: p.T("Name of the device"), Value: deviceOf(r.UserAgent()), MaxLength: account.MaxName, Autocomplete: "off",
				Optional: true, Hint: p.T("Only you see it, to tell your passkeys apart."),
			}},
			Hint: p.T("Your device keeps the passkey and checks that it is you. We never see your fingerprint or your PIN."),
		},
		Providers: s.linkLines(p, h, providersAt+"/remove"),
		Connect:   s.connectButtons(p, h),
		Addresses: s.addressLines(p, h),
		SignIns:   s.signInLines(p, h, account.Token(v.Signed)),
		EndOthers: len(h.SignIns) > 1,
		Name: ui.Form{
			Action: "/me/credentials/name",
			Controls: []ui.Control{{
				Name: "called", Label: p.T("How we address you"), Value: h.Account.Profile.Name, MaxLength: account.MaxName, Autocomplete: "name", Optional: true,
				Hint: p.T("Shown to people who work here where you changed something. It changes none of your records."),
			}},
			Submit: p.T("Save the name"),
		},
	}
	page.Term, err = s.term(r.Context(), v)
	return page, err
}

// advice says what an account is missing: a passkey, or the registration that a role waits for.
func advice(p lang.Printer, h account.Holdings) *ui.Notice {
	switch {
	case len(h.Passkeys) > 0 && len(h.Waiting) > 0:
		return makeRegistration(p)
	case len(h.Passkeys) > 0:
		return nil
	}
	for _, role := range slices.Concat(h.Roles, h.Waiting) {
		if account.Grantable(role) {
			return &ui.Notice{
				Kind: ui.NoticeWarning, Title: p.T("Add a passkey now"),
				Text: p.T("You have a role here. It counts only when you have signed in with a passkey."),
			}
		}
	}
	if main := h.Main(); main.Vouched() {
		return &ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("Your main address stands on the word of an identity provider"),
			Text: p.T("Nobody has shown yet that they read its mail; whoever does could recover this account. Prove it by a code, if it is you."), Link: &ui.Link{Text: p.T("Prove the address"), URL: addressesAt},
		}
	}
	return &ui.Notice{
		Kind: ui.NoticeInfo, Title: p.T("Your account opens to whoever reads your mail"),
		Text: p.T("With a passkey it opens only to you, and signing in takes one touch."),
	}
}

func (s *Pages) credentialsPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.credentials(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, s.tellDone(r, v.P), http.StatusOK, "account/credentials", page)
}

// tellDone puts what has just happened above the page.
func (s *Pages) tellDone(r *http.Request, p lang.Printer) *http.Request {
	f := ui.FrameOf(r)
	done := func(text string) { f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: text}) }
	switch q := r.URL.Query(); q.Get("done") {
	case "recovered":
		done(p.T("Your account is yours alone again. Everything that could open it has ended. Add a new passkey now."))
	case "passkey":
		done(p.T("The passkey works. From now on it is the way in; a mailed code only recovers the account."))
	case "removed":
		f.Undo = &ui.Undo{
			Text: p.T("The passkey is removed, and the sign-ins made with it have ended."), Action: "/me/credentials/passkeys/restore",
			Hidden: []ui.Hidden{{Name: "passkey", Value: ui.HashText(ui.ParseHash(q.Get("passkey")))}},
		}
	case "restored":
		done(p.T("The passkey works again."))
	case "ended":
		done(p.T("All other sign-ins have ended."))
	case "connected":
		done(p.T("It is connected. From now on you can sign in that way too."))
	case "disconnected":
		f.Undo = &ui.Undo{
			Text: p.T("It is disconnected, and the sign-ins made with it have ended."), Action: providersAt + "/restore",
			Hidden: []ui.Hidden{{Name: "link", Value: ui.HashText(ui.ParseHash(q.Get("link")))}},
		}
	case "reconnected":
		done(p.T("It is connected again."))
	case "name":
		done(p.T("Saved."))
	}
	return ui.WithFrame(r, f)
}

func credentialsDone(w http.ResponseWriter, r *http.Request, query string) error {
	http.Redirect(w, r, "/me/credentials?done="+query, http.StatusSeeOther)
	return nil
}

func (s *Pages) newPasskeyOptions(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	in, err := edge.DecodeJSON[struct {
		Name string `json:"name"`
	}](w, r, 4<<10)
	if err != nil {
		return err
	}
	options, err := s.Accounts.NewPasskeyOptions(r.Context(), v.Actor, s.flow(w, r), in.Name)
	if err != nil {
		return err
	}
	return writeJSON(w, options)
}

func (s *Pages) addPasskey(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	answer, err := edge.DecodeJSON[jsontext.Value](w, r, passkeyAnswer)
	if err != nil {
		return err
	}
	b, keep := NewBrowser(s.Base, w, r, account.PasskeyLife)
	if err := s.Accounts.AddPasskey(r.Context(), v.Actor, answer, b); err != nil {
		return err
	}
	keep()
	return goOn(w, "/me/credentials?done=passkey")
}

// oneField reads a form of one named value.
func oneField(w http.ResponseWriter, r *http.Request, name string) (string, error) {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return "", err
	}
	value := f.String(name, ui.MaxAddress)
	return value, f.Err()
}

func (s *Pages) removePasskey(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "passkey")
	if err != nil {
		return err
	}
	hash := ui.ParseHash(text)
	if err := s.Accounts.RemovePasskey(r.Context(), v.Actor, account.Token(v.Signed), hash); err != nil {
		return err
	}
	return credentialsDone(w, r, "removed&passkey="+ui.HashText(hash))
}

func (s *Pages) restorePasskey(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "passkey")
	if err != nil {
		return err
	}
	if err := s.Accounts.RestorePasskey(r.Context(), v.Actor, ui.ParseHash(text)); err != nil {
		return err
	}
	return credentialsDone(w, r, "restored")
}

func (s *Pages) endSignIns(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Accounts.EndOtherSignIns(r.Context(), v.Actor, account.Token(v.Signed)); err != nil {
		return err
	}
	return credentialsDone(w, r, "ended")
}

func (s *Pages) setName(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	name := f.String("called", account.MaxName)
	if err = f.Err(); err == nil {
		err = s.Accounts.SetName(r.Context(), v.Actor, name)
	}
	if err != nil {
		page, pageErr := s.credentials(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/credentials", &page, &page.Name, f)
	}
	return credentialsDone(w, r, "name")
}

package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed"
)

// Webhooks is what the pages about webhooks ask of the server. Every method refuses
// everybody who is no administrator.
type Webhooks interface {
	webhook.Hooks
	Pause(ctx context.Context, a habeas.Actor, system habeas.SystemID) error
	Resume(ctx context.Context, a habeas.Actor, system habeas.SystemID) error
	// GivenUp lists events that could not be delivered, the newest first.
	GivenUp(ctx context.Context, a habeas.Actor, system habeas.SystemID) ([]GivenUp, error)
}

// GivenUp is an event that could not be delivered.
type GivenUp struct {
	Seq    int64
	Kind   party.NewsKind
	Tries  int
	Reason string
	At     time.Time
}

// WebhookPage is the data of admin/webhook.
type WebhookPage struct {
	Heading ui.Heading
	Set     bool // there is one
	Hook    webhook.Hook
	Tag     *ui.Tag
	Trouble *ui.Notice // what stands in the way
	Tiles   []ui.Tile
	Path    string // that its buttons post below
	Rows    []GivenUpRow
	Form    ui.Form
}

// GivenUpRow is one line of the list.
type GivenUpRow struct {
	GivenUp
	What, Words string
}

// WebhookSecretPage is the data of admin/webhook-secret.
type WebhookSecretPage struct {
	Heading ui.Heading
	Rotated bool
	Secret  ui.Copy
	Check   ui.Copy
	Back    string
}

const maxHookURL = 1000

func (s *Pages) mountWebhooks(m *edge.Mux) {
	const path = systemsPath + "/{id}/webhook"
	s.Handle(m, ui.Administrator, "GET "+path, s.webhookPage)
	s.Handle(m, ui.Administrator, "POST "+path, s.setWebhook)
	s.Handle(m, ui.Administrator, "POST "+path+"/secret", s.rotateWebhook)
	for verb, act := range map[string]func(Webhooks, context.Context, habeas.Actor, habeas.SystemID) error{
		"pause": Webhooks.Pause, "resume": Webhooks.Resume, "test": Webhooks.Test, "remove": Webhooks.Remove,
	} {
		s.Handle(m, ui.Administrator, "POST "+path+"/"+verb, func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
			return s.onWebhook(w, r, v, verb, act)
		})
	}
	s.Handle(m, ui.Administrator, "POST "+path+"/again", s.resendWebhook)
}

func webhookPath(id habeas.SystemID) string { return systemsPath + "/" + id.String() + "/webhook" }

// newsName is how a type of event is called, and what it means.
func newsName(p lang.Printer, k party.NewsKind) (name, hint string) {
	switch k {
	case party.NewsCorrected:
		return p.T("Corrected"), p.T("What the system may read of somebody has changed.")
	case party.NewsMerged:
		return p.T("Merged"), p.T("Two that the system knows are one, and it can see so.")
	case party.NewsUnmerged:
		return p.T("Not one after all"), p.T("A merge that the system was told of does not hold.")
	case party.NewsRestricted:
		return p.T("Use restricted"), p.T("It has to stop using what it has (article 18).")
	case party.NewsObjected:
		return p.T("Objected"), p.T("The person objects to the use (article 21).")
	case party.NewsUnrestricted:
		return p.T("Use free again"), p.T("A restriction or objection is over.")
	case party.NewsErased:
		return p.T("Erased"), p.T("It has to delete what it has (article 17).")
	case party.NewsReset:
		return p.T("Read all again"), ""
	case party.NewsTest:
	}
	return p.T("Test"), ""
}

func (s *Pages) webhookData(r *http.Request, v ui.Visit) (page WebhookPage, id habeas.SystemID, err error) {
	if id, err = systemOf(r); err != nil {
		return page, id, err
	}
	p, name := v.P, s.Systems.NameOf(r.Context(), id)
	page.Path = webhookPath(id)
	page.Heading = ui.Heading{
		Back:  &ui.Link{Text: p.T("Connected systems"), URL: systemsPath},
		Title: p.T("Webhook of {name}", "name", name),
		Lead:  p.T("Where the server calls when something changes about people that the system has brought. A call says who and what kind, never what."),
	}
	h, waiting, dead, err := s.Webhooks.Of(r.Context(), v.Actor, id)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		return page, id, err
	}
	page.Set, page.Hook = err == nil, h
	page.Form = webhookForm(p, page.Path, h)
	if !page.Set {
		return page, id, nil
	}
	page.Tag, page.Trouble = hookTag(p, h), hookTrouble(p, h)
	page.Tiles = []ui.Tile{
		{Label: p.T("Waiting"), Value: p.Number(int64(waiting)), Note: p.T("tried again by themselves for three days")},
		{Label: p.T("Given up"), Value: p.Number(int64(dead)), Note: p.T("kept for 30 days")},
	}
	given, err := s.Webhooks.GivenUp(r.Context(), v.Actor, id)
	for _, g := range given {
		what, _ := newsName(p, g.Kind)
		page.Rows = append(page.Rows, GivenUpRow{g, what, hookWords(p, g.Reason)})
	}
	return page, id, err
}

func webhookForm(p lang.Printer, path string, h webhook.Hook) ui.Form {
	form := ui.Form{
		Action: path,
		Controls: []ui.Control{{
			Name: "url", Label: p.T("Address"), Value: h.URL, MaxLength: maxHookURL, Autocomplete: "off", InputMode: "url",
			Hint: p.T("A full https address of the system. Another host gets another secret."),
		}},
		Submit: p.T("Save"),
	}
	if h.Version == 0 {
		form.Submit, form.Next = p.T("Set the webhook"), p.T("You then see its signing secret, once.")
	}
	for _, k := range party.NewsKinds() {
		name, hint := newsName(p, k)
		form.Controls = append(form.Controls, ui.Control{
			Kind: ui.ControlCheckbox, Name: "type." + string(k), Value: "on", Label: name, Hint: hint, Checked: h.Wants(string(k)),
		})
	}
	return form
}

func hookTag(p lang.Printer, h webhook.Hook) *ui.Tag {
	switch {
	case h.State == webhook.GaveUp:
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("Paused by the server")}
	case h.State == webhook.Paused:
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("Paused")}
	case !h.Failing.IsZero():
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("Not getting through")}
	}
	return &ui.Tag{Kind: ui.TagInfo, Text: p.T("Active")}
}

func hookTrouble(p lang.Printer, h webhook.Hook) *ui.Notice {
	switch {
	case h.State == webhook.GaveUp:
		return &ui.Notice{
			Kind: ui.NoticeDanger, Title: p.T("The server has paused this webhook"),
			Text: hookWords(p, h.Reason) + " " + p.T("Events are held back and sent when you let it go on."),
		}
	case h.State == webhook.Active && !h.Failing.IsZero():
		return &ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Nothing gets through now"), Text: hookWords(p, h.Reason)}
	}
	return nil
}

// hookWords says what the code of a failed call means.
func hookWords(p lang.Printer, reason string) string {
	switch reason {
	case "forbidden-address":
		return p.T("The name leads into a network that webhooks may not reach. If that is meant, name it in webhook.allow_networks.")
	case "dns":
		return p.T("The name of the receiver is not known.")
	case "certificate":
		return p.T("The receiver's certificate is not trusted.")
	case "timeout":
		return p.T("The receiver did not answer in time.")
	case "connect":
		return p.T("The receiver cannot be reached.")
	case "gone":
		return p.T("The receiver answered that it is gone (410).")
	case "redirect":
		return p.T("The receiver sent the call elsewhere. Set the address that it named.")
	}
	if code, ok := strings.CutPrefix(reason, "status-"); ok {
		return p.T("The receiver answered {code}.", "code", code)
	}
	return p.T("A fault of the server itself. Its log says more.")
}

func (s *Pages) webhookPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, _, err := s.webhookData(r, v)
	if err != nil {
		return err
	}
	f, p := ui.FrameOf(r), v.P
	done := func(text string) { f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: text}) }
	switch r.URL.Query().Get("done") {
	case "saved":
		done(p.T("Saved."))
	case "test":
		text := p.T("A test event is on its way. Look here again in a moment.")
		if page.Hook.State != webhook.Active {
			text = p.T("The test event is held back until the webhook goes on.")
		}
		done(text)
	case "again":
		done(p.T("They are sent again."))
	case "resume":
		done(p.T("It goes on. What was held back is being sent."))
	case "pause":
		f.Undo = &ui.Undo{Text: p.T("The webhook is paused. Events are held back."), Action: page.Path + "/resume"}
	case "remove":
		done(p.T("The webhook is gone. The system can still ask for what has changed."))
	}
	return s.Render(w, ui.WithFrame(r, f), http.StatusOK, "admin/webhook", page)
}

func (s *Pages) setWebhook(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, systemForm)
	if err != nil {
		return err
	}
	page, id, err := s.webhookData(r, v)
	if err != nil {
		return err
	}
	terms := webhook.Terms{URL: f.Required("url", maxHookURL), Paused: page.Set && page.Hook.State == webhook.Paused}
	for _, k := range party.NewsKinds() {
		if f.Bool("type." + string(k)) {
			terms.Kinds = append(terms.Kinds, string(k))
		}
	}
	var hook webhook.Hook
	var secret sealed.Value
	if err = f.Err(); err == nil {
		if len(terms.Kinds) == 0 {
			err = habeas.Invalid("type."+string(party.NewsCorrected), "Choose at least one.").WithCode("form.choice")
		} else {
			hook, secret, err = s.Webhooks.Set(r.Context(), v.Actor, id, terms)
		}
	}
	switch {
	case err != nil:
		return s.Again(w, r, v, err, "admin/webhook", &page, &page.Form, f)
	case secret.IsZero():
		http.Redirect(w, r, page.Path+"?done=saved", http.StatusSeeOther)
		return nil
	}
	return s.webhookSecret(w, r, v, hook, secret, false)
}

func (s *Pages) rotateWebhook(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := systemOf(r)
	if err != nil {
		return err
	}
	hook, secret, err := s.Webhooks.Rotate(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.webhookSecret(w, r, v, hook, secret, true)
}

// webhookSecret answers the post itself, as the secret of a system does.
func (s *Pages) webhookSecret(w http.ResponseWriter, r *http.Request, v ui.Visit, h webhook.Hook, secret sealed.Value, rotated bool) error {
	p, name := v.P, s.Systems.NameOf(r.Context(), h.System)
	page := WebhookSecretPage{
		Heading: ui.Heading{Back: &ui.Link{Text: p.T("Connected systems"), URL: systemsPath}, Title: p.T("The webhook of {name} is set", "name", name)},
		Rotated: rotated, Back: webhookPath(h.System),
		Secret: ui.Copy{ID: "hook-secret", Label: p.T("Signing secret"), Text: edge.Show(r.Context(), secret)},
		Check: ui.Copy{
			ID: "hook-check", Label: p.T("Command that computes a signature"),
			Text: "key=$(printf %s \"${SECRET#whsec_}\" | base64 -d | xxd -p -c 99)\n" +
				"{ printf '%s.%s.' \"$ID\" \"$TIMESTAMP\"; cat body.json; } |\n" +
				"  openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | base64",
		},
	}
	if rotated {
		page.Heading.Title = p.T("The webhook of {name} has a new secret", "name", name)
	}
	return s.Render(w, r, http.StatusOK, "admin/webhook-secret", page)
}

func (s *Pages) onWebhook(w http.ResponseWriter, r *http.Request, v ui.Visit, done string, act func(Webhooks, context.Context, habeas.Actor, habeas.SystemID) error) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	id, err := systemOf(r)
	if err != nil {
		return err
	}
	if err := act(s.Webhooks, r.Context(), v.Actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, webhookPath(id)+"?done="+done, http.StatusSeeOther)
	return nil
}

func (s *Pages) resendWebhook(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, systemForm)
	if err != nil {
		return err
	}
	id, err := systemOf(r)
	if err != nil {
		return err
	}
	seq, _ := strconv.ParseInt(f.String("seq", 20), 10, 64) // anything else: all
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := s.Webhooks.Resend(r.Context(), v.Actor, id, seq); err != nil {
		return err
	}
	http.Redirect(w, r, webhookPath(id)+"?done=again", http.StatusSeeOther)
	return nil
}

package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// ReleasePage is the data of admin/release.
type ReleasePage struct {
	Heading  ui.Heading
	State    *ui.Tag
	Facts    []Fact
	Legal    bool // there is a notice, and there may be a court
	Notice   *ui.Tag
	Clock    []string // where notice and hold stand, in sentences
	Motions  []MotionLine
	Obstacle string // why nothing can be released now

	// Forms that are not offered have no action.
	Send, Lift, Reopen, Confirm string // buttons: where they post to
	Hold, Motion, Order         ui.Form
	Release, Close              ui.Form
	Data                        string // where looking at the data posts to
	Files                       []ui.Link
	Version                     int64
}

// MotionLine is one motion to quash.
type MotionLine struct {
	Words, Order string
	Tag          ui.Tag
}

func (s *Pages) releasePage(r *http.Request, v ui.Visit, id habeas.ReleaseID) (ReleasePage, error) {
	c, err := s.Releases.At(r.Context(), v.Actor, id)
	if err != nil {
		return ReleasePage{}, err
	}
	p, at, now := v.P, releasesPath+"/"+id.String(), s.Clock.Now()
	page := ReleasePage{
		Heading: ui.Heading{Title: p.T("Case {number}", "number", c.Number()), Lead: groundLabel(p, c.Ground), Back: &ui.Link{Text: p.T("Releases of data"), URL: releasesPath}},
		State:   caseTag(p, c), Facts: s.caseFacts(r, p, c), Legal: c.Ground == account.GroundLaw, Notice: s.noticeTag(p, c), Clock: s.clockWords(p, c, now), Version: c.Version,
	}
	for _, m := range c.Words.Motions {
		line := MotionLine{Words: p.T("Filed on {date}: {reference}", "date", p.Date(m.Filed.In(s.Zone())), "reference", m.Reference), Tag: ui.Tag{Kind: ui.TagDanger, Text: p.T("waits for the court")}}
		if !m.Ordered.IsZero() {
			line.Order, line.Tag = m.Order, ui.Tag{Kind: ui.TagInfo, Text: p.T("quashed by the court")}
			if m.Disclose {
				line.Tag.Text = p.T("the court orders to disclose")
			}
		}
		page.Motions = append(page.Motions, line)
	}
	if c.Account.IsZero() {
		return page, nil
	}
	var e *habeas.Error
	if err := c.Obstacle(now); c.Deciding() && errors.As(err, &e) {
		page.Obstacle = ui.ErrorText(p, e)
	}
	page.offer(p, c, at, now)
	return page, nil
}

// offer puts what can be done with a case onto its page.
func (page *ReleasePage) offer(p lang.Printer, c account.Case, at string, now time.Time) {
	hidden := []ui.Hidden{{Name: "version", Value: strconv.FormatInt(c.Version, 10)}}
	text := func(name, label, hint string) ui.Control {
		return ui.Control{Name: name, Label: label, Hint: hint, MaxLength: account.MaxCaseText}
	}
	why := func(name, hint string) ui.Control {
		return ui.Control{Kind: ui.ControlTextarea, Name: name, Label: p.T("Why"), Hint: hint, MaxLength: account.MaxCaseText}
	}
	if c.NoticeOwed() {
		if page.Send = at + "/notice"; c.Held(now) {
			page.Send, page.Lift = "", at+"/lift"
		}
		page.Hold = ui.Form{Action: at + "/hold", Hidden: hidden, Submit: p.T("Record the hold"), Controls: []ui.Control{
			text("hold", p.T("Reference of the court's order"), p.T("Only an order that a court has signed puts the notice off.")),
			{Kind: ui.ControlDate, Name: "hold_until", Label: p.T("The hold ends on"), Hint: p.T("The notice goes out by itself then.")},
		}}
	}
	if c.State == account.CaseRefused || c.State == account.CaseWithdrawn {
		page.Reopen = at + "/reopen"
	}
	if c.State == account.CaseReleased {
		page.Files = []ui.Link{{Text: p.T("Take the file as JSON"), URL: at + "/file/json"}, {Text: p.T("Take the file as CSV"), URL: at + "/file/csv"}}
	}
	if !c.Deciding() {
		return
	}
	page.Data = at + "/data"
	if m, some := c.Motion(); some && m.Ordered.IsZero() {
		page.Order = ui.Form{Action: at + "/order", Hidden: hidden, Submit: p.T("Record the order"), Controls: []ui.Control{
			text("order", p.T("Reference of the court's order"), ""),
			{Kind: ui.ControlRadio, Name: "ruling", Label: p.T("What the court orders"), Options: []ui.Option{{Value: "disclose", Text: p.T("To disclose")}, {Value: "quashed", Text: p.T("The demand is quashed")}}},
		}}
	} else if page.Legal {
		page.Motion = ui.Form{Action: at + "/motion", Hidden: hidden, Submit: p.T("Record the motion"), Controls: []ui.Control{
			text("motion", p.T("The court's reference of the motion"), p.T("From here on nothing is disclosed until the court's order is recorded.")),
			{Kind: ui.ControlDate, Name: "filed", Label: p.T("Filed on")},
		}}
	}
	if c.State == account.CaseAsked {
		page.Confirm = at + "/confirm"
	} else if page.Obstacle == "" {
		page.Release = ui.Form{Action: at + "/release", Hidden: hidden, Danger: true, Controls: []ui.Control{why("why", p.T("Its person reads that it was released and on what ground, not this."))}, Submit: p.T("Release these data"), Next: p.T("It cannot be called back. The file is made, and its person sees it in their Activity.")}
		if c.Key() {
			page.Release.Submit, page.Release.Next = p.T("Ask a second administrator"), p.T("Somebody else has to confirm. No private key is kept on this server: what comes of it is the recorded approval.")
		}
	}
	page.Close = ui.Form{Action: at + "/close", Hidden: hidden, Submit: p.T("Close the case"), Next: p.T("You can open it again."), Controls: []ui.Control{
		{Kind: ui.ControlRadio, Name: "to", Label: p.T("How it ends"), Value: string(account.CaseRefused), Options: []ui.Option{
			{Value: string(account.CaseRefused), Text: p.T("Refused")}, {Value: string(account.CaseWithdrawn), Text: p.T("Withdrawn by who asked")},
		}}, why("why_closed", ""),
	}}
}

// caseFacts are what a case says.
func (s *Pages) caseFacts(r *http.Request, p lang.Printer, c account.Case) []Fact {
	var sets []string
	for _, set := range c.Sets {
		sets = append(sets, p.T(set.Label()))
	}
	out := []Fact{{p.T("Data that are asked for"), strings.Join(sets, ", ")}, {p.T("Arrived"), p.DateTime(c.ArrivedAt, s.Zone())}}
	add := func(term, is string) {
		if is != "" {
			out = append(out, Fact{term, is})
		}
	}
	name := func(id habeas.AccountID) string {
		if id.IsZero() {
			return ""
		}
		return s.Releases.NameOf(r.Context(), id)
	}
	add(p.T("Who asks"), c.Words.Requester)
	add(p.T("What shows it"), c.Words.Document)
	add(p.T("Opened by"), name(c.Words.Opener))
	add(p.T("Asked for by"), name(c.Words.Asker))
	if !c.DecidedAt.IsZero() {
		add(p.T("Decided"), p.DateTime(c.DecidedAt, s.Zone()))
	}
	add(p.T("Decided by"), name(c.Words.Releaser))
	add(p.T("Confirmed by"), name(c.Words.Second))
	add(p.T("Why"), c.Words.Why)
	return out
}

// clockWords say where notice and hold stand.
func (s *Pages) clockWords(p lang.Printer, c account.Case, now time.Time) (out []string) {
	date := func(t time.Time) string { return p.Date(t.In(s.Zone())) }
	switch {
	case c.Ground != account.GroundLaw:
		return nil
	case !c.NoticeAt.IsZero():
		out = append(out, p.T("The notice went to the registered address on {date}.", "date", p.DateTime(c.NoticeAt, s.Zone())))
		if !c.NoticeFailed.IsZero() {
			out = append(out, p.T("It does not arrive; that was noted on {date}. The case may go on.", "date", date(c.NoticeFailed)))
		}
	case !c.NoticeOwed():
		out = append(out, p.T("No notice goes out any more."))
	case c.Held(now):
		out = append(out, p.T("A court has put the notice off until {date} ({reference}). Until then its person sees nothing of this case; after that everything, and the notice goes out by itself.", "date", date(c.HoldUntil), "reference", c.Words.Hold))
	case c.NoticeLate(now):
		out = append(out, p.T("The notice is overdue since {date}. Send it now.", "date", date(c.Overdue())))
	default:
		out = append(out, p.T("The notice goes out by itself on {from}, and is overdue on {by}.", "from", date(c.NoticeFrom), "by", date(c.Overdue())))
	}
	return out
}

func (s *Pages) release(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReleaseID) error {
	page, err := s.releasePage(r, v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/release", page)
}

// changeRelease does one step and comes back to the page.
func (s *Pages) changeRelease(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReleaseID) error {
	f, err := edge.DecodeForm(w, r, releaseForm)
	if err != nil {
		return err
	}
	ctx, version, a := r.Context(), int64(f.Int("version", 0, 1<<30)), v.Actor
	form := func(*ReleasePage) *ui.Form { return nil }
	var do func() error
	switch r.PathValue("step") {
	case "notice":
		do = func() error { return s.Releases.Notify(ctx, a, id, version) }
	case "hold":
		form = func(page *ReleasePage) *ui.Form { return &page.Hold }
		reference, until := f.String("hold", account.MaxCaseText), s.day(f, "hold_until")
		do = func() error { return s.Releases.Hold(ctx, a, id, version, reference, until) }
	case "lift":
		do = func() error { return s.Releases.Lift(ctx, a, id, version) }
	case "motion":
		form = func(page *ReleasePage) *ui.Form { return &page.Motion }
		reference, filed := f.String("motion", account.MaxCaseText), s.day(f, "filed")
		do = func() error { return s.Releases.Move(ctx, a, id, version, reference, filed) }
	case "order":
		form = func(page *ReleasePage) *ui.Form { return &page.Order }
		reference, ruling := f.String("order", account.MaxCaseText), f.Choice("ruling", "disclose", "quashed")
		do = func() error { return s.Releases.Order(ctx, a, id, version, reference, ruling == "disclose") }
	case "release":
		form = func(page *ReleasePage) *ui.Form { return &page.Release }
		why := f.Text("why", account.MaxCaseText)
		do = func() error { return s.Releases.Release(ctx, a, id, version, why) }
	case "confirm":
		do = func() error { return s.Releases.Confirm(ctx, a, id, version) }
	case "close":
		form = func(page *ReleasePage) *ui.Form { return &page.Close }
		to, why := f.Choice("to", string(account.CaseRefused), string(account.CaseWithdrawn)), f.Text("why_closed", account.MaxCaseText)
		do = func() error {
			return renamed(s.Releases.Close(ctx, a, id, version, account.CaseState(to), why), "why", "why_closed")
		}
	case "reopen":
		do = func() error { return s.Releases.Reopen(ctx, a, id, version) }
	default:
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	if err = f.Err(); err == nil {
		err = do()
	}
	if err == nil {
		http.Redirect(w, r, releasesPath+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
	page, wrong := s.releasePage(r, v, id)
	if wrong != nil {
		return wrong
	}
	if on := form(&page); on != nil && on.Action != "" {
		return s.Again(w, r, v, err, "admin/release", &page, on, f)
	}
	return err
}

// ReleaseDataPage is the data of admin/release-data.
type ReleaseDataPage struct {
	Heading ui.Heading
	Tables  []ui.Table
}

// releaseData shows what would be handed over. It is posted to, because looking is written
// down.
func (s *Pages) releaseData(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReleaseID) error {
	c, handed, err := s.Releases.Preview(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	p := v.P
	page := ReleaseDataPage{Heading: ui.Heading{
		Title: p.T("What would be released"), Lead: p.T("Exactly this, and nothing else. That you looked stands in the Activity of its person, with the ground."),
		Back: &ui.Link{Text: p.T("Case {number}", "number", c.Number()), URL: releasesPath + "/" + id.String()},
	}}
	for _, set := range handed.Sets {
		t := ui.Table{
			ID: "set-" + string(set.Set), Caption: p.T(set.Set.Label()), Columns: []ui.Column{{Text: p.T("What")}, {Text: p.T("Says")}, {Text: p.T("When")}},
			Empty: ui.Empty{Text: p.T("Nothing of this is held.")},
		}
		for _, l := range set.Lines {
			at := ""
			if !l.At.IsZero() {
				at = p.DateTime(l.At, s.Zone())
			}
			t.Rows = append(t.Rows, []ui.Cell{{Text: l.What}, {Text: l.Value}, {Text: at}})
		}
		page.Tables = append(page.Tables, t)
	}
	return s.Render(w, r, http.StatusOK, "admin/release-data", page)
}

// releaseFile hands out what was released, as often as somebody takes it; each time is
// written down, so it is posted to.
func (s *Pages) releaseFile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReleaseID) error {
	format := r.PathValue("format")
	kind := map[string]string{"json": "application/json", "csv": "text/csv; charset=utf-8"}[format]
	if kind == "" {
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	file, err := s.Releases.File(r.Context(), v.Actor, id, format)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="release-`+id.String()+`.`+format+`"`)
	_, _ = w.Write(file) // the reader has gone
	return nil
}

package account

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Agreements is what the page about consent asks of the server.
type Agreements interface {
	// Agreements lists what the actor can decide on.
	Agreements(ctx context.Context, a habeas.Actor) ([]Agreement, error)
	// Decide notes a decision, with effect at once.
	Decide(ctx context.Context, a habeas.Actor, kind account.ConsentKind, id habeas.PartyID, given bool) error
}

// Agreement is one thing that a person can agree to, and what they have decided.
type Agreement struct {
	Term    account.ConsentTerm
	Party   habeas.PartyID // zero: it is about the account, and is decided on a page of its own
	Name    string         // of the record
	Decided bool           // else it is as the organisation has set it
	Given   bool
	At      time.Time
}

const agreedPath = "/me/agreed"

// decidedAt are the pages on which what is about the account is decided.
var decidedAt = map[account.ConsentKind]string{account.ConsentEscrow: escrowAt, account.ConsentWritten: writtenAt}

func (s *Pages) mountAgreed(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+agreedPath, s.agreed)
	s.Handle(m, ui.SignedIn, "POST "+agreedPath, s.decide)
}

// AgreedPage is the data of me/agreed.
type AgreedPage struct {
	Heading ui.Heading
	Items   []AgreedItem
	Empty   ui.Empty
}

// AgreedItem is one decision with the button that turns it round.
type AgreedItem struct {
	Title, Says, Record string
	Given               bool
	State               ui.Tag
	When                string
	Action              string // empty: See leads to where it is decided
	Hidden              []ui.Hidden
	Verb                string
	See                 *ui.Link
}

func (s *Pages) agreed(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	items, err := s.Agreements.Agreements(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := AgreedPage{
		Heading: ui.Heading{
			Title: p.T("Agreed to"),
			Lead:  p.T("What you have agreed to, and what you can take back, as easily as you gave it. Each decision counts at once and leaves a line in your activity."),
		},
		Empty: ui.Empty{Text: p.T("There is nothing to agree to. When a record of yours has a public profile, you decide here whether everybody may see it.")},
	}
	for _, a := range items {
		page.Items = append(page.Items, s.agreedItem(v, a))
	}
	return s.Render(w, r, http.StatusOK, "me/agreed", page)
}

func (s *Pages) agreedItem(v ui.Visit, a Agreement) AgreedItem {
	p := v.P
	item := AgreedItem{
		Title: p.T(a.Term.Title), Says: p.T(a.Term.Says), Record: a.Name, Given: a.Given, Action: agreedPath,
		Hidden: []ui.Hidden{{Name: "kind", Value: string(a.Term.Kind)}, {Name: "record", Value: a.Party.String()}},
	}
	switch {
	case !a.Decided:
		item.State = ui.Tag{Kind: ui.TagProposal, Text: p.T("not decided")}
		item.When = p.T("It shows as the organisation has set it, until you decide.")
	case a.Given:
		item.State = ui.Tag{Kind: ui.TagYours, Text: p.T("agreed")}
		item.When = p.T("You agreed {day}.", "day", p.Ago(a.At, s.Clock.Now()))
	default:
		item.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("withdrawn")}
		item.When = p.T("You took it back {day}.", "day", p.Ago(a.At, s.Clock.Now()))
	}
	if a.Party.IsZero() {
		item.Action = ""
		item.See = &ui.Link{Text: p.T("Decide about it"), URL: decidedAt[a.Term.Kind]}
		return item
	}
	if a.Given {
		item.Verb = p.T("Take it back")
		item.See = &ui.Link{Text: p.T("See the profile"), URL: "/me/records/" + a.Party.String() + "/profile"}
		item.Hidden = append(item.Hidden, ui.Hidden{Name: "given", Value: "no"})
	} else {
		item.Verb = p.T("Agree")
		item.Hidden = append(item.Hidden, ui.Hidden{Name: "given", Value: "yes"})
	}
	return item
}

func (s *Pages) decide(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	kind, record, given := f.Required("kind", 60), f.Required("record", 60), f.Choice("given", "yes", "no") == "yes"
	if err := f.Err(); err != nil {
		return err
	}
	id, err := habeas.ParseID[habeas.PartyKind](record)
	if err != nil {
		return habeas.NotFound("There is no such record here.").WithCode("party.none")
	}
	if err := s.Agreements.Decide(r.Context(), v.Actor, account.ConsentKind(kind), id, given); err != nil {
		return err
	}
	http.Redirect(w, r, agreedPath, http.StatusSeeOther)
	return nil
}

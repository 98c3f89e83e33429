package party

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// DisputesPage is the data of staff/disputes.
type DisputesPage struct {
	Open  []DisputeLine
	Ended ui.Table
}

// DisputeLine is one dispute without a decision. It names nobody: whoever opens it says why.
type DisputeLine struct {
	URL    string
	Reason string
	Way    string
	At     time.Time
}

// disputesShown is how many lines each list shows.
const disputesShown = 100

func (s *Pages) disputes(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	open, ended, err := s.Disputes.Disputed(r.Context(), v.Actor, disputesShown)
	if err != nil {
		return err
	}
	page := DisputesPage{Ended: s.endedDisputes(v.P, ended)}
	for _, d := range open {
		page.Open = append(page.Open, DisputeLine{URL: disputeURL(d), Reason: ui.DisputeReason(v.P, d.Reason), Way: wayWords(v.P, d.Way), At: d.At()})
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/disputes", page)
}

func disputeURL(d party.Dispute) string { return "/staff/disputes/" + d.ID.String() }

func wayWords(p lang.Printer, way party.DisputeWay) string {
	switch way {
	case party.DisputeByLink:
		return p.T("by the link in the mail about the claim")
	case party.DisputeByAddress:
		return p.T("after a mailed code, from an address that the record knew before")
	case party.DisputeByStaff:
	}
	return p.T("entered by staff")
}

func (s *Pages) endedDisputes(p lang.Printer, ended []party.Dispute) ui.Table {
	t := ui.Table{
		ID: "ended", Caption: p.T("Decided lately"), Empty: ui.Empty{Text: p.T("No dispute was decided yet.")},
		Columns: []ui.Column{{Text: p.T("What was said")}, {Text: p.T("Came")}, {Text: p.T("Decision")}, {Text: p.T("Decided")}},
	}
	for _, d := range ended {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: ui.DisputeReason(p, d.Reason), URL: disputeURL(d)},
			{Text: p.Date(d.At().In(s.Zone()))},
			{Text: verdictWords(p, d.State)},
			{Text: p.Date(d.EndedAt.In(s.Zone()))},
		})
	}
	return t
}

func verdictWords(p lang.Printer, state party.DisputeState) string {
	switch state {
	case party.DisputeKept:
		return p.T("The claim stands.")
	case party.DisputeUndone:
		return p.T("The claim was undone.")
	case party.DisputeOpen:
	}
	return p.T("Waits for a decision")
}

// DisputeFilePage is the data of staff/dispute.
type DisputeFilePage struct {
	ID        string
	Name      string
	State     ui.Tag
	Purpose   string
	ChangeWhy string
	RecordURL string
	Facts     []ui.Change // Label and New
	Claims    []ClaimLine
	Words     []WordLine
	Line      []ActivityLine
	Open      bool
	Undone    bool
	Adoptable bool
}

// WordLine is something that the claimant said in the record.
type WordLine struct {
	Field string // "set.field", for the form
	Label string
	Text  string
	At    time.Time
	Fixed bool // it cannot be taken over here
}

// ClaimLine is "claim-risk": one claim with its risk.
type ClaimLine struct {
	At      time.Time
	State   string
	Shown   string
	Percent string
	Tag     ui.Tag
	Raises  []string
	Lowers  []string
	Check   string
}

// onDispute hands a page the dispute that its path names.
func onDispute(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.DisputeID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("dispute", habeas.NotFound("There is no such dispute.").WithCode("dispute.none"), h)
}

func (s *Pages) disputeFile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.DisputeID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	f, err := s.Disputes.File(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/dispute", s.disputeFilePage(v, f))
}

func (s *Pages) disputeFilePage(v ui.Visit, f party.DisputeFile) DisputeFilePage {
	p, d := v.P, f.Dispute
	page := DisputeFilePage{
		ID: d.ID.String(), Name: nameOr(p, f.Record), State: stateTag(p, f.Record.Party), Purpose: p.T(v.Purpose),
		ChangeWhy: disputeURL(d) + "?purpose=ask", RecordURL: "/staff/people/" + d.Party.String(),
		Open: d.State == party.DisputeOpen, Undone: d.State == party.DisputeUndone,
	}
	fact := func(label, text string) {
		if text != "" {
			page.Facts = append(page.Facts, ui.Change{Label: label, New: text})
		}
	}
	fact(p.T("What was said"), ui.DisputeReason(p, d.Reason))
	fact(p.T("How it came"), wayWords(p, d.Way))
	fact(p.T("When"), p.DateTime(d.At(), s.Zone()))
	fact(p.T("Claimed"), p.DateTime(d.ClaimedAt, s.Zone()))
	fact(p.T("Who disputes showed"), shownWords(p, d.Shown))
	fact(p.T("Noted by staff"), d.Note)
	if !page.Open {
		fact(p.T("Decision"), verdictWords(p, d.State))
	}
	page.Claims = s.claimLines(p, f.Claims)
	page.Words = s.wordLines(p, f.Words)
	page.Adoptable = page.Undone && f.Record.Party.State == party.Unclaimed && slices.ContainsFunc(page.Words, func(l WordLine) bool { return !l.Fixed })
	for _, l := range f.Line {
		if l.Event != audit.PartyListed && l.Event != audit.PartyRead {
			page.Line = append(page.Line, s.activityLine(p, l))
		}
	}
	// One step may be several lines of the ledger.
	page.Line = slices.CompactFunc(page.Line, func(a, b ActivityLine) bool {
		return a.Who == b.Who && a.Words == b.Words && a.At.Equal(b.At)
	})
	return page
}

// wordLines lists the newest of what the claimant said about each field.
func (s *Pages) wordLines(p lang.Printer, said []party.Statement) []WordLine {
	var out []WordLine
	for _, schema := range s.Records.Schemas().Sets() {
		for _, f := range schema.Fields {
			for _, one := range slices.Backward(said) {
				text, ok := one.Values[schema.Name][f.Name]
				if !ok {
					continue
				}
				line := WordLine{Field: schema.Name + "." + f.Name, Label: p.T(f.Label), Text: ui.Shown(p, f.Type, text), At: one.At()}
				line.Fixed = text == "" || line.Field == "contact.email"
				if text == "" {
					line.Text = p.T("withdrawn")
				}
				out = append(out, line)
				break
			}
		}
	}
	return out
}

// shownWords lists evidence that fitted.
func shownWords(p lang.Printer, shown []party.EvidenceKind) string {
	var out []string
	for _, k := range shown {
		switch k {
		case party.MembershipNumber:
			out = append(out, p.T("a membership number"))
		case party.PaperCode:
			out = append(out, p.T("a code on paper"))
		case party.InPerson:
			out = append(out, p.T("a document, in person"))
		case party.RecordFacts:
			out = append(out, p.T("facts of the record"))
		}
	}
	return join(p, out)
}

func claimState(p lang.Printer, c party.Claim) string {
	switch c.State {
	case party.ClaimOpen:
		return p.T("They are looking at it.")
	case party.ClaimAccepted:
		return p.T("They have the record.")
	case party.ClaimRefused:
		return p.T("They said that it is about somebody else.")
	case party.ClaimInReview:
		return p.T("It waits for staff.")
	case party.ClaimUndone:
		return p.T("It was undone.")
	}
	return p.T("It came to nothing.")
}

func (s *Pages) claimLines(p lang.Printer, claims []party.Assessed) []ClaimLine {
	var out []ClaimLine
	for _, a := range claims {
		line := ClaimLine{At: a.Claim.OpenedAt, State: claimState(p, a.Claim), Shown: shownWords(p, a.Claim.Shown), Percent: percent(p, a.Risk.P)}
		switch {
		case a.Risk.P >= 0.5:
			line.Tag = ui.Tag{Kind: ui.TagDanger, Text: p.T("high risk")}
		case a.Risk.P >= 0.1:
			line.Tag = ui.Tag{Kind: ui.TagProposal, Text: p.T("some risk")}
		default:
			line.Tag = ui.Tag{Kind: ui.TagQuiet, Text: p.T("low risk")}
		}
		for _, reason := range a.Risk.Reasons {
			if words := riskWords(p, reason); reason.Bits > 0 {
				line.Raises = append(line.Raises, words)
			} else {
				line.Lowers = append(line.Lowers, words)
			}
		}
		if a.Check != nil {
			line.Check = p.T("Checked in person on {date}: {document}.", "date", p.Date(a.Check.At.In(s.Zone())), "document", strings.ToLower(documentWords(p, a.Check.Document)))
		}
		out = append(out, line)
	}
	return out
}

// percent writes a probability no finer than it is.
func percent(p lang.Printer, probability float64) string {
	switch n := int(100*probability + 0.5); {
	case n < 1:
		return p.T("below 1 %")
	case n > 99:
		return p.T("above 99 %")
	default:
		return p.T("about {n} %", "n", n)
	}
}

// riskWords says one reason in words.
func riskWords(p lang.Printer, r party.RiskReason) string {
	switch r.Code {
	case party.RiskFresh:
		return p.T("The address was heard of in the last three months.")
	case party.RiskOld:
		return p.T("The address was not heard of for half a year.")
	case party.RiskStale:
		return p.T("The address was not heard of for a year: it may have changed hands.")
	case party.RiskOthers:
		return p.Plural(r.N, "{n} other record is known at the address.", "{n} other records are known at the address.")
	case party.RiskShared:
		return p.T("Several people read this mailbox.")
	case party.RiskMoved:
		return p.T("Staff changed the address shortly before.")
	case party.RiskInvited:
		return p.T("Staff had invited the address.")
	case party.RiskSameName:
		return p.T("Account and record have the same name.")
	case party.RiskNearName:
		return p.T("Account and record have nearly the same name.")
	case party.RiskOtherName:
		return p.T("Account and record have different names.")
	case party.RiskTries:
		return p.Plural(r.N, "{n} wrong number or code was tried.", "{n} wrong numbers or codes were tried.")
	case party.RiskFacts:
		return p.T("Facts of the record were not recognised.")
	case party.RiskMembership:
		return p.T("The right membership number was shown.")
	case party.RiskPaper:
		return p.T("The right code on paper was shown.")
	case party.RiskInPerson:
		return p.T("Staff saw the person and a document.")
	case party.RiskKnows:
		return p.T("Facts of the record were recognised.")
	case party.RiskStrayed:
		return p.T("It has gone to the wrong person before.")
	}
	return p.T("Somebody says now that it is wrong.")
}

// verdicts are what staff can do with a dispute, by the last part of the path.
func (s *Pages) decideDispute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.DisputeID) error {
	f, err := edge.DecodeForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	fields := f.Strings("field", 100, 200)
	if err := f.Err(); err != nil {
		return err
	}
	v = withPurpose(r, v)
	key := r.PathValue("verdict")
	switch key {
	case "keep":
		err = s.Disputes.KeepClaim(r.Context(), v.Actor, id)
	case "undo":
		err = s.Disputes.UndoClaim(r.Context(), v.Actor, id)
	case "reopen":
		err = s.Disputes.ReopenDispute(r.Context(), v.Actor, id)
	case "adopt":
		err = s.Disputes.AdoptWords(r.Context(), v.Actor, id, fields)
	default:
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	if err != nil {
		return err
	}
	s.done(w, "dispute-"+key)
	http.Redirect(w, r, "/staff/disputes/"+id.String(), http.StatusSeeOther)
	return nil
}

// staffDispute is the form by which staff dispute a claim.
func (s *Pages) staffDispute(v ui.Visit, id habeas.PartyID) EditPage {
	p, at := v.P, "/staff/people/"+id.String()
	return EditPage{
		Title: p.T("Dispute the claim"), Name: p.T("For somebody who reached you in person, by letter or telephone, or because something looks wrong to you."),
		Back: ui.Link{Text: p.T("Back to the record"), URL: at},
		Form: ui.Form{
			Action: at + "/dispute", Submit: p.T("Freeze the record"), Danger: true, Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at},
			Controls: []ui.Control{
				{Kind: ui.ControlRadio, Name: "reason", Label: p.T("What is wrong?"), Options: ui.DisputeReasons(p)},
				{Kind: ui.ControlTextarea, Name: "note", Label: p.T("Note"), Optional: true, MaxLength: 1000, Hint: p.T("Who told you, and how. No numbers of documents.")},
			},
			Next: p.T("The record is frozen at once, and its account is told. Then it waits for a decision, which a colleague may take."),
		},
	}
}

func (s *Pages) askDispute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.Render(w, r, http.StatusOK, "staff/edit", s.staffDispute(v, id))
}

func (s *Pages) disputeByStaff(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 8<<10)
	if err != nil {
		return err
	}
	reason, note := readReason(f), f.Text("note", 1000)
	var made party.Dispute
	if err = f.Err(); err == nil {
		made, err = s.Disputes.DisputeByStaff(r.Context(), withPurpose(r, v).Actor, id, reason, note)
	}
	if err != nil {
		page := s.staffDispute(v, id)
		return s.Again(w, r, v, err, "staff/edit", &page, &page.Form, f)
	}
	s.done(w, "dispute-opened")
	http.Redirect(w, r, disputeURL(made), http.StatusSeeOther)
	return nil
}

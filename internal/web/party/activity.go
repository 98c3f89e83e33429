package party

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// activityPage is how many lines a page of Activity shows.
const activityPage = 30

// ActivityPage is the data of me/activity.
type ActivityPage struct {
	Days  []ActivityDay
	Pager *ui.Pager
	First bool // the newest page
}

// ActivityDay is the lines of one day.
type ActivityDay struct {
	Day   time.Time
	Lines []ActivityLine
}

// ActivityLine is one thing that happened, with what proves it.
type ActivityLine struct {
	Event   string // names the line
	Index   int64  // its place in the ledger, -1 while it waits for it
	At      time.Time
	Who     string
	Kind    habeas.ActorKind
	Words   string
	Purpose string
	Mine    bool
}

func (s *Pages) activity(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	before, _ := habeas.ParseID[habeas.EventKind](r.URL.Query().Get("before")) // anything else: from the newest
	looks, err := s.Records.Activity(r.Context(), v.Actor, before, activityPage+1)
	if err != nil {
		return err
	}
	page := ActivityPage{First: before.IsZero()}
	pager := ui.Pager{}
	if len(looks) > activityPage {
		looks = looks[:activityPage]
		pager.Next = "/me/activity?before=" + looks[activityPage-1].ID.String()
	}
	if !page.First {
		pager.Prev = "/me/activity"
	}
	if pager != (ui.Pager{}) {
		pager.Shown = v.P.Plural(len(looks), "{n} line", "{n} lines")
		page.Pager = &pager
	}
	page.Days = s.activityDays(v.P, looks)
	return s.Render(w, r, http.StatusOK, "me/activity", page)
}

// activityDays groups looks, newest first, by calendar day.
func (s *Pages) activityDays(p lang.Printer, looks []party.Look) []ActivityDay {
	var days []ActivityDay
	for _, l := range looks {
		y, m, d := l.At.In(s.Zone()).Date()
		day := time.Date(y, m, d, 12, 0, 0, 0, s.Zone()) // noon exists on every day
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, ActivityDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Lines = append(last.Lines, s.activityLine(p, l))
	}
	return days
}

func (s *Pages) activityLine(p lang.Printer, l party.Look) ActivityLine {
	line := ActivityLine{
		Event: l.ID.String(), Index: l.Index, At: l.At, Who: nameOf(p, l.ActorName), Kind: l.Actor.Kind, Mine: l.Mine,
		Words: s.eventWords(p, l),
	}
	if l.Actor.Purpose != "" {
		line.Purpose = p.T(l.Actor.Purpose)
	}
	return line
}

// eventWords says what happened in words that read well after a name.
func (s *Pages) eventWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.PartyCreated, audit.PartyAsserted, audit.PartyCorrected, audit.PartyReviewed, audit.DataImported:
		return s.changeWords(p, l)
	case audit.PartyRead:
		sets := s.setNames(p, l.Detail["sets"])
		switch {
		case l.Actor.Kind == habeas.ActorSystem && l.Detail["words"] == "all":
			return p.T("Read: {sets}.", "sets", sets)
		case l.Actor.Kind == habeas.ActorSystem:
			return p.T("Read back what it had said itself: {sets}.", "sets", sets)
		case l.Detail["list"] == "pairs":
			return p.T("Compared the record, masked, with another that may be about the same person.")
		}
		return p.T("Opened the record and saw all of it.")
	case audit.PartyListed:
		return p.T("Saw the record in a list. Lists are noted once a day.")
	case audit.PartyTold:
		return newsWords(p, l)
	case audit.PartyExported:
		return p.T("Took a copy of everything.")
	case audit.PartyErased:
		if kept := s.setNames(p, l.Detail["kept"]); kept != "" {
			return p.T("Erased a record but for what the law keeps until {date}: {sets}. Its key was destroyed.", "sets", kept, "date", l.Detail["until"])
		}
		return p.T("Erased a record. Its key was destroyed.")
	case audit.TicketChanged:
		if l.Detail["state"] == string(party.TicketCancelled) {
			return p.T("Cancelled a ticket.")
		}
		return p.T("Changed a ticket.")
	case audit.ClaimOpened:
		return p.T("Looked at the record, masked, to decide whether it is theirs.")
	case audit.ClaimAccepted:
		return p.T("Took control of the record.")
	case audit.ClaimRefused:
		return p.T("Said that the record is about somebody else.")
	case audit.EvidenceGiven:
		switch party.EvidenceKind(l.Detail["kind"]) {
		case party.PaperCode:
			return p.T("Showed a code on paper. It matched.")
		case party.InPerson:
			return p.T("Saw the person and a document, and linked record and account.")
		case party.RecordFacts:
			return p.T("Recognised facts of the record.")
		case party.MembershipNumber:
		}
		return p.T("Showed a membership number. It matched.")
	case audit.EvidenceFailed:
		if l.Detail["kind"] == string(party.RecordFacts) {
			return p.T("Did not recognise facts of the record.")
		}
		return p.T("Showed a number or code that did not match.")
	case audit.InviteSent:
		return p.T("Sent an invitation to the address in the record.")
	case audit.ProposalsTold, audit.ProposalAccepted, audit.ProposalRejected, audit.ProposalRuled, audit.ProposalRuleOver, audit.ProposalUndone:
		return s.proposalWords(p, l)
	default:
		if words := joinWords(p, l); words != "" {
			return words
		}
		if words := noticeWords(p, l.Event); words != "" {
			return words
		}
		if words := s.passWords(p, l); words != "" {
			return words
		}
		if words := disputeEventWords(p, l); words != "" {
			return words
		}
		if words := noteWords(p, l.Event); words != "" {
			return words
		}
		if words := s.listWords(p, l); words != "" {
			return words
		}
		if words := s.kinWords(p, l); words != "" {
			return words
		}
		if words := profileWords(p, l); words != "" {
			return words
		}
		return accountWords(p, l)
	}
}

// newsWords say what a connected system was told, which is never what the record says.
func newsWords(p lang.Printer, l party.Look) string {
	switch party.NewsKind(l.Detail["news"]) {
	case party.NewsRestricted:
		return p.T("Was told not to use what it has: its use is restricted.")
	case party.NewsObjected:
		return p.T("Was told not to use what it has: there is an objection.")
	case party.NewsUnrestricted:
		return p.T("Was told that it may use again what it has.")
	case party.NewsMerged:
		return p.T("Was told that two of its entries are about one person.")
	case party.NewsUnmerged:
		return p.T("Was told that two of its entries are not about one person after all.")
	case party.NewsCorrected, party.NewsErased, party.NewsReset, party.NewsTest:
	}
	return p.T("Was told that something it may read has changed, not what.")
}

// changeWords are those of events that change what a record says.
func (s *Pages) changeWords(p lang.Printer, l party.Look) string {
	sets := s.setNames(p, l.Detail["sets"])
	switch l.Event {
	case audit.PartyCreated:
		if l.Detail["source"] == "self" {
			return p.T("Began a record of their own.")
		}
		return p.T("Began the record.")
	case audit.PartyCorrected:
		if sets == "" {
			return p.T("Kept the record as it was.")
		}
		return p.T("Corrected: {sets}.", "sets", sets)
	case audit.PartyReviewed:
		switch l.Detail["decision"] {
		case string(party.KeepApart):
			return p.T("Decided that the address belongs to somebody else: it leads here no more.")
		case string(party.Release):
			return p.T("Decided that nothing is wrong with the record.")
		case "address":
			return p.T("Took a mistyped address off the record.")
		case "paper-code":
			return p.T("Made a code on paper for the record.")
		case "letter":
			return p.T("Showed the code of a letter: their address leads to the record now.")
		case "left":
			return p.T("Let go of a part of the record: the account that it had belonged to was erased.")
		case "claim-kept":
			return p.T("Opened the record again.")
		case "claim-undone":
			return p.T("Took the record from the account that had claimed it.")
		case "dispute-reopened":
			return p.T("Froze the record again.")
		case "linked":
			return p.T("Gave the record to the account of the person.")
		case "pair-" + string(party.PairApart):
			return p.T("Decided that the record and another one are not about the same person.")
		case "pair-" + string(party.PairLater):
			return p.T("Put off the decision whether another record is about the same person.")
		case "pair-" + string(party.PairUndo):
			return p.T("Took back what was decided about another record that may be about the same person.")
		}
		if l.Detail["reason"] == "dispute" {
			return p.T("Froze the record until staff have decided.")
		}
		return p.T("Put the record before staff for a decision.")
	case audit.DataImported:
		return p.T("Imported the record.")
	default:
	}
	if sets != "" {
		return p.T("Said something about: {sets}.", "sets", sets)
	}
	if n, err := strconv.Atoi(l.Detail["fields"]); err == nil && n > 0 {
		return p.Plural(n, "Said {n} detail for the record.", "Said {n} details for the record.")
	}
	return p.T("Said something for the record.")
}

// accountWords are those of events about accounts; others that concern a person are
// named by their type, which is better than hiding them.
func accountWords(p lang.Printer, l party.Look) string {
	address, provider := l.Detail["credential"] == "address", l.Detail["credential"] == "provider"
	switch l.Event {
	case audit.AccountCreated:
		return p.T("Opened the account.")
	case audit.AccountErased:
		return p.T("Erased the account.")
	case audit.AccountClosed:
		return p.T("Closed the account.")
	case audit.AccountReopened:
		return p.T("Opened the account again.")
	case audit.AccountChanged:
		return p.T("Changed a detail of the account.")
	case audit.ConsentGiven:
		return p.T("Agreed that everybody may see the public profile.")
	case audit.ConsentWithdrawn:
		return p.T("Took back that everybody may see the public profile.")
	case audit.AddressChange:
		return changeStep(p, l.Detail["step"])
	case audit.AccountRecovered:
		return p.T("Recovered the account by a mailed code. Every other sign-in ended.")
	case audit.AddressProved:
		if l.Detail["proof"] == string(habeas.ProofProvider) {
			return p.T("Brought an address on the word of an identity provider.")
		}
		return p.T("Proved an address by a mailed code.")
	case audit.CredentialAdded:
		if address {
			return p.T("Took the removal of an address back.")
		}
		if provider {
			return p.T("Connected an identity provider.")
		}
		return p.T("Added a passkey.")
	case audit.CredentialEnded:
		if address {
			return p.T("Removed an address.")
		}
		if provider {
			return p.T("Disconnected an identity provider.")
		}
		return p.T("Removed a passkey.")
	case audit.Registered:
		return p.T("Registered: the account can hold certificates.")
	case audit.CertificateIssued:
		return p.T("Got a certificate.")
	case audit.CertificateRevoked:
		return p.T("A certificate was revoked.")
	case audit.SignInSucceeded:
		return p.T("Signed in.")
	case audit.SignInFailed:
		return p.T("Tried to sign in, without success.")
	case audit.SignedOut:
		return p.T("Signed out.")
	case audit.RoleGranted:
		return p.T("Granted a role.")
	case audit.RoleRevoked:
		return p.T("Took a role away.")
	case audit.GroupChanged:
		return p.T("Decided which data sets are seen at work.")
	case audit.RolePermitted:
		return p.T("The directory of the organisation permits a role.")
	case audit.RoleUnpermitted:
		return p.T("The directory of the organisation no longer permits a role.")
	case audit.StaffProvisioned:
		return p.T("A connected system said who works here.")
	case audit.SettingsChanged:
		return p.T("Changed a setting.")
	case audit.KeysRotated:
		return p.T("Renewed the keys.")
	case audit.DataRestored:
		return p.T("Put the records back from a backup.")
	default:
		return string(l.Event)
	}
}

// changeStep says how far a change of the main address came.
func changeStep(p lang.Printer, step string) string {
	switch step {
	case "confirmed":
		return p.T("Confirmed a new main address. The old one was told.")
	case "switched":
		return p.T("Made the new address the main one.")
	case "stopped":
		return p.T("Stopped the change of the main address.")
	case "reverted":
		return p.T("Took the change of the main address back.")
	}
	return p.T("Dropped the change of the main address.")
}

// setNames turns names of data sets, as an entry keeps them, into labels.
func (s *Pages) setNames(p lang.Printer, names string) string {
	var labels []string
	for _, n := range strings.Fields(names) {
		if schema, ok := s.Records.Schemas().Set(n); ok {
			labels = append(labels, strings.ToLower(p.T(schema.Label)))
		}
	}
	return join(p, labels)
}

// ProofPage is the data of me/proof: one line and what proves it.
type ProofPage struct {
	Line  ActivityLine
	Leaf  string // the public leaf, as it stands in the ledger
	Hash  string // SHA-256 of the leaf
	State ui.ReceiptState
	Words string
}

// line finds one line of the reader's own activity.
func (s *Pages) line(r *http.Request, v ui.Visit) (party.Look, error) {
	event, err := habeas.ParseID[habeas.EventKind](r.PathValue("event"))
	if err != nil {
		return party.Look{}, habeas.NotFound("There is no such line in your activity.").WithCode("activity.none")
	}
	return s.Records.Line(r.Context(), v.Actor, event)
}

func (s *Pages) proofPage(v ui.Visit, l party.Look) ProofPage {
	sum := sha256.Sum256(l.Leaf)
	return ProofPage{Line: s.activityLine(v.P, l), Leaf: strings.TrimSpace(string(l.Leaf)), Hash: hex.EncodeToString(sum[:])}
}

func (s *Pages) proof(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	l, err := s.line(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/proof", s.proofPage(v, l))
}

func (s *Pages) prove(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	flip := f.Bool("flip")
	if err := f.Err(); err != nil {
		return err
	}
	l, err := s.line(r, v)
	if err != nil {
		return err
	}
	page := s.proofPage(v, l)
	_, pending, err := s.Records.Receipt(r.Context(), v.Actor, l.ID)
	if err != nil {
		return err
	}
	good, finding := false, "This line is written, but not yet in a signed checkpoint. Try again in a few seconds."
	if !pending {
		if good, finding, err = s.Records.Prove(r.Context(), v.Actor, l.ID, flip); err != nil {
			return err
		}
	}
	page.Words = v.P.T(finding, "leaf", l.Index)
	switch {
	case pending:
		page.State = ui.ReceiptPending
	case good:
		page.State = ui.ReceiptGood
	default:
		page.State = ui.ReceiptBad
	}
	return s.Render(w, r, http.StatusOK, "me/proof", page)
}

func (s *Pages) receiptFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	l, err := s.line(r, v)
	if err != nil {
		return err
	}
	receipt, pending, err := s.Records.Receipt(r.Context(), v.Actor, l.ID)
	if err != nil {
		return err
	}
	if pending {
		return habeas.Unavailable("This line is written, but not yet in a signed checkpoint. Try again in a few seconds.").WithCode("receipt.pending")
	}
	download(w, "habeas-receipt-"+strconv.FormatInt(l.Index, 10)+".tlog-proof", "text/plain; charset=utf-8", receipt)
	return nil
}

// certificateFile is the certificate of an erasure.
func (s *Pages) certificateFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	event, err := habeas.ParseID[habeas.EventKind](r.PathValue("event"))
	if err != nil {
		return err
	}
	text, err := s.Records.Certificate(r.Context(), v.Actor, event)
	if err != nil {
		return err
	}
	download(w, "certificate-of-erasure.txt", "text/plain; charset=utf-8", text)
	return nil
}

// download sends a file to keep. The browser neither shows nor guesses it.
func download(w http.ResponseWriter, name, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // an error here means that the reader has gone
}

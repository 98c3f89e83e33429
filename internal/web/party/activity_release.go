package party

import (
	"strings"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// releaseWords are those of cases of release of data, and of blocks; empty for every other
// event. What a court had kept back says when it happened.
func releaseWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.BlockMade:
		return p.T("Blocked the account until {date}: {reason}", "date", l.Detail["until"], "reason", l.Detail["reason"])
	case audit.BlockEnded:
		return p.T("Took the block of the account back.")
	case audit.ReleaseShown:
		words := caseWords(p, audit.Event(l.Detail["event"]), l.Detail)
		return p.T("On {date}, kept back until now by a court's order: {words}", "date", l.Detail["at"], "words", words)
	default:
		return caseWords(p, l.Event, l.Detail)
	}
}

// caseWords say what happened with a case.
func caseWords(p lang.Printer, event audit.Event, detail map[string]string) string {
	number := detail["case"]
	switch event {
	case audit.ReleaseOpened:
		return p.T("Wrote down that {requester} asks for data about the account: {sets}. Case {case}.", "requester", detail["requester"], "sets", releasedSets(p, detail["sets"]), "case", number)
	case audit.ReleaseRead:
		return p.T("Looked at the data that case {case} asks for: {sets}.", "case", number, "sets", releasedSets(p, detail["sets"]))
	case audit.ReleaseNotified:
		return p.T("Wrote to the registered address about case {case}.", "case", number)
	case audit.ReleaseUnnotified:
		return p.T("Noted that the mail about case {case} does not arrive.", "case", number)
	case audit.ReleaseHeld:
		return p.T("Noted what a court has ordered about when you hear of case {case}.", "case", number)
	case audit.ReleaseMoved:
		switch detail["step"] {
		case "filed":
			return p.T("Noted a motion to quash in case {case}: nothing is disclosed until the court has decided.", "case", number)
		case "quashed":
			return p.T("Noted that the court has quashed the demand of case {case}.", "case", number)
		case "disclose":
			return p.T("Noted that the court orders the disclosure in case {case}.", "case", number)
		}
		return p.T("Noted a motion to quash, or the court's order on it, in case {case}.", "case", number)
	case audit.ReleaseAsked:
		return p.T("Asked a second administrator to decide on key material in case {case}.", "case", number)
	case audit.ReleaseGiven:
		return p.T("Released to {requester}: {sets}. Case {case}.", "requester", detail["requester"], "sets", releasedSets(p, detail["sets"]), "case", number)
	case audit.ReleaseTaken:
		return p.T("Took away the file of what was released in case {case}.", "case", number)
	case audit.ReleaseClosed:
		if account.CaseState(detail["state"]) == account.CaseWithdrawn {
			return p.T("Noted that {requester} asks no more. Case {case}.", "requester", detail["requester"], "case", number)
		}
		return p.T("Refused {requester} the data. Case {case}.", "requester", detail["requester"], "case", number)
	case audit.ReleaseReopened:
		return p.T("Opened case {case} again.", "case", number)
	default:
		return ""
	}
}

// releasedSets turns names of data sets of an account, as an entry keeps them, into labels.
func releasedSets(p lang.Printer, names string) string {
	var out []string
	for _, name := range strings.Fields(names) {
		out = append(out, strings.ToLower(p.T(account.DataSet(name).Label())))
	}
	return join(p, out)
}

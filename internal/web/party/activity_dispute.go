package party

import (
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// disputeEventWords are those of events about claims that turn out to be wrong, "" for
// other events.
func disputeEventWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.ClaimTold:
		return p.T("Told an address of the claim, with a link that disputes it.")
	case audit.ClaimDisputed:
		return p.T("Said that the wrong person has the record.")
	case audit.ClaimKept:
		return p.T("Decided that the right person has the record.")
	case audit.ClaimUndone:
		return p.T("Decided that the wrong person had the record, and undid the claim.")
	case audit.ClaimReopened:
		return p.T("Took the decision about the dispute back.")
	case audit.PersonChecked:
		return p.T("Noted the check in person: {document}.", "document", documentWords(p, party.Document(l.Detail["document"])))
	case audit.WordsAdopted:
		return p.T("Took over something that the former claimant had said.")
	default:
		return ""
	}
}

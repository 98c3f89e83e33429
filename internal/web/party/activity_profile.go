package party

import (
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// profileWords are those of public profiles, completion lists and digests. Empty for
// every other event.
func profileWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.ProfilePublished:
		return p.T("Let everybody find the public profile.")
	case audit.ProfileUnlisted:
		return p.T("Took the public profile out of the list.")
	case audit.ProfileHidden:
		return p.T("Took the public profile off the web.")
	case audit.ProfileShown:
		return p.T("Showed the public profile again.")
	case audit.ProfileChosen:
		return p.T("Chose what the public profile shows.")
	case audit.GapSilenced:
		return p.T("Said that a missing detail is not to be asked for.")
	case audit.GapReopened:
		return p.T("Let a missing detail be asked for again.")
	case audit.GapsReminded:
		return p.T("Asked for the record to be completed.")
	case audit.DigestSent:
		return p.T("Told by mail who looked.")
	case audit.TellingChosen:
		return p.T("Chose how to be told by mail.")
	default:
		return ""
	}
}

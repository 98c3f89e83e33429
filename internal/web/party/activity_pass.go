package party

import (
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// passWords are those of consents that people hand over as a code or a link. Empty for
// every other event.
func (s *Pages) passWords(p lang.Printer, l party.Look) string {
	sets, who := s.setNames(p, l.Detail["sets"]), l.Detail["who"]
	switch l.Event {
	case audit.PassGiven:
		return p.T("Made a consent code for: {sets}.", "sets", sets)
	case audit.PassUsed:
		switch {
		case l.Detail["ticket"] != "":
			return p.T("Attached the record to a booking by your consent code. It opens: {sets}.", "sets", sets)
		case who != "":
			return p.T("Used your consent code as {address}. It opens: {sets}.", "address", who, "sets", sets)
		}
		return p.T("Used your consent code. It opens: {sets}.", "sets", sets)
	case audit.PassRead:
		switch {
		case sets == "":
			return p.T("Looked with your consent code, and there was nothing to see.")
		case who != "":
			return p.T("Saw with your consent code, as {address}: {sets}.", "address", who, "sets", sets)
		}
		return p.T("Saw with your consent code: {sets}.", "sets", sets)
	case audit.PassRefused:
		return p.T("Showed a consent code that did not fit, or not any more. Nothing was opened.")
	case audit.PassEnded:
		if l.Detail["why"] == string(party.PassRevoked) {
			return p.T("Took a consent code back.")
		}
		return p.T("Ended every consent code that was in force.")
	default:
		return ""
	}
}

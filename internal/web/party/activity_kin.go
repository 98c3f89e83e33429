package party

import (
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// kinWords are those of relationships, guardians and letters. Empty for every other event.
func (s *Pages) kinWords(p lang.Printer, l party.Look) string {
	tie := tieWords(p, party.Relationship(l.Detail["is"]))
	switch l.Event {
	case audit.RelationNoted:
		return p.T("Noted a relationship of the record: {tie} another one.", "tie", tie)
	case audit.RelationEnded:
		return p.T("Ended a relationship of the record: {tie} another one.", "tie", tie)
	case audit.RelationRestored:
		return p.T("Took back that a relationship had ended: {tie} another one.", "tie", tie)
	case audit.RelationObjected:
		return p.T("Said that a relationship is not so: {tie} another one.", "tie", tie)
	case audit.RelationConfirmed:
		return p.T("Took back that a relationship is not so: {tie} another one.", "tie", tie)
	case audit.HouseholdNamed:
		return p.T("Said how the household is called.")
	case audit.LetterMade:
		if l.Detail["step"] != "" {
			return p.T("Made the code of an older letter worthless.")
		}
		return p.T("Printed a letter with a code for the record.")
	case audit.LetterUsed:
		return p.T("Typed the code of a letter.")
	case audit.LetterReturned:
		if l.Detail["step"] == "undone" {
			return p.T("Took back that a letter came back.")
		}
		return p.T("Noted that a letter came back: its code opens nothing any more.")
	case audit.LetterRefused:
		return p.T("Typed a code that is in no letter, or not any more. Nothing was opened.")
	default:
		return s.guardianEventWords(p, l)
	}
}

func (s *Pages) guardianEventWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.GuardianAppointed:
		return p.T("Saw a guardian and a document, and let them act for the person.")
	case audit.GuardianChanged:
		switch l.Detail["words"] {
		case "aside":
			return p.T("Made what a guardian had said count no more.")
		case "back":
			return p.T("Let what a guardian had said count again.")
		}
		return p.T("Changed until when a guardian acts.")
	case audit.GuardianEnded:
		switch party.GuardianEnd(l.Detail["why"]) {
		case party.GuardianHanded:
			return p.T("Took the record over: the guardian's access ended.")
		case party.GuardianDay:
			return p.T("Ended a guardian's access: the day had come.")
		case party.GuardianResigned:
			return p.T("Gave up acting as guardian.")
		case party.GuardianUndone, party.GuardianByStaff:
		}
		return p.T("Ended a guardian's access.")
	case audit.GuardianTold:
		return p.T("Told the guardian and staff that the guardian's time comes to its end.")
	case audit.GuardianRead:
		return p.T("Opened the record as guardian.")
	case audit.GuardianSaid:
		return p.T("Said as guardian: {sets}.", "sets", s.setNames(p, l.Detail["sets"]))
	case audit.GuardianCopied:
		return p.T("Took a copy as guardian.")
	case audit.HandOverBegun:
		return p.T("Began to hand the record over to its person.")
	case audit.HandOverStopped:
		return p.T("Took back that the record is handed over.")
	default:
		return ""
	}
}

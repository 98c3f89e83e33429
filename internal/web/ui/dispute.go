package ui

import (
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// DisputeReasons are what somebody can say is wrong about a claim.
func DisputeReasons(p lang.Printer) []Option {
	var out []Option
	for _, r := range []party.DisputeReason{party.DisputeNotMe, party.DisputeMine, party.DisputeMistyped, party.DisputeOther} {
		out = append(out, Option{Value: string(r), Text: DisputeReason(p, r)})
	}
	return out
}

// DisputeReason says one of them in words.
func DisputeReason(p lang.Printer, r party.DisputeReason) string {
	switch r {
	case party.DisputeNotMe:
		return p.T("It was not me: somebody used my mailbox or my account")
	case party.DisputeMine:
		return p.T("The record is about me, and somebody else has it")
	case party.DisputeMistyped:
		return p.T("The record is about somebody else: the address was mistyped")
	case party.DisputeOther:
	}
	return p.T("Something else is wrong")
}

// DisputeReasonNames are the values that a form may send.
func DisputeReasonNames() []string {
	return []string{string(party.DisputeNotMe), string(party.DisputeMine), string(party.DisputeMistyped), string(party.DisputeOther)}
}

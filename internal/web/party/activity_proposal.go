package party

import (
	"strings"

	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// proposalWords are those of what a person decided about proposals.
func (s *Pages) proposalWords(p lang.Printer, l party.Look) string {
	fields := s.fieldLabels(p, l.Detail["fields"])
	about := func(some, every string) string {
		if fields == "" {
			return p.T(every)
		}
		return p.T(some, "fields", fields)
	}
	switch l.Event {
	case audit.ProposalsTold:
		return p.T("Wrote to say that something is proposed for the record.")
	case audit.ProposalAccepted:
		return p.T("Accepted what was proposed: {fields}.", "fields", fields)
	case audit.ProposalRejected:
		return about(lang.Mark("Kept their own word: {fields}."), lang.Mark("Kept their own word in everything that a source proposed."))
	case audit.ProposalRuled:
		if l.Detail["rule"] == string(party.Always) {
			return about(lang.Mark("Accepts from now on what a source says: {fields}."), lang.Mark("Accepts from now on everything that a source says."))
		}
		return about(lang.Mark("Wants no more proposals from a source: {fields}."), lang.Mark("Wants no more proposals from a source at all."))
	case audit.ProposalRuleOver:
		return p.T("Took a rule about a source back.")
	default:
		return p.T("Undid a decision about a proposal.")
	}
}

// fieldLabels turns names of fields, as an entry keeps them, into labels.
func (s *Pages) fieldLabels(p lang.Printer, names string) string {
	var labels []string
	for _, n := range strings.Fields(names) {
		set, field, _ := strings.Cut(n, ".")
		schema, _ := s.Records.Schemas().Set(set)
		if f, ok := schema.Field(field); ok {
			labels = append(labels, strings.ToLower(p.T(f.Label)))
		}
	}
	return join(p, labels)
}

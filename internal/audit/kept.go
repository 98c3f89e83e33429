package audit

import "github.com/habeas-data/habeas"

// Kept says how long the ledger keeps what.
func Kept() []habeas.Kept {
	return []habeas.Kept{
		{
			What: "The ledger's lines: what kind of thing happened in which hour, about nobody by name", Why: "So that nobody, also not we, can change what happened.",
			Basis: habeas.BasisLegitimate, Until: "As long as the server; they say nothing about anybody.",
		},
		{
			What: "The detail of a line: who did what to whom, and why", Why: "So that people see who looked at or changed something about them.",
			Basis: habeas.BasisLaw, Until: "Until the key of the person or of the month is destroyed: then nobody can read it.",
		},
	}
}

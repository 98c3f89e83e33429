package scrubbing

import "github.com/habeas-data/habeas/internal/bench/matching"

// Lines are what SCR-1, SCR-5 and SCR-6 require, in the order in which they are shown.
var Lines = lines()

func lines() []matching.Requirement {
	var all []matching.Requirement
	least := func(figure, id string, limit float64) {
		all = append(all, matching.Requirement{Figure: figure, ID: id, Equal: true, Limit: limit})
	}
	// The lines hold for the texts that are invented, for their held part, and for the
	// sentences of Presidio.
	for _, of := range []string{"", "held.", "presidio."} {
		for _, kind := range []string{"email", "card", "iban", "ip"} {
			least(of+"recall."+kind, "SCR-5", 0.99)
		}
		least(of+"recall.phone", "SCR-5", 0.95)
		for _, kind := range []string{"person", "address"} {
			least(of+"recall."+kind, "SCR-5", 0.80)
			least(of+"precision."+kind, "SCR-5", 0.80)
		}
	}
	return append(all,
		matching.Requirement{Figure: "false_positives", ID: "SCR-5", Less: true, Equal: true},
		matching.Requirement{Figure: "known.leaks", ID: "SCR-1", Less: true, Equal: true},
		matching.Requirement{Figure: "mb_per_s", ID: "SCR-6", Equal: true, Limit: 200},
	)
}

package entity

import "github.com/habeas-data/habeas"

// Kept says how long what belongs to entities is kept.
func Kept() []habeas.Kept {
	return []habeas.Kept{
		{
			What: "Entities: what is publicly said of people, organisations, places and things, and what is hidden in that, sealed", Why: "So that everybody can rely on one name for one thing.",
			Basis: habeas.BasisPublic, Until: "For ever; an administrator can destroy what was said of one.",
		},
		{
			What: "What entities were before their last change, for internal use", Why: "So that damage can be undone.",
			Basis: habeas.BasisLegitimate, Until: "As long as the entity; an administrator can destroy it.",
		},
		{
			What: "That somebody has accepted the contribution licence, and which words of it", Why: "So that everybody may use what people write about entities.",
			Basis: habeas.BasisContract, Until: "Until the person erases the account.",
		},
	}
}

package authz

import (
	"time"

	"github.com/habeas-data/habeas"
)

// Kept says how long what belongs to connected systems is kept.
func Kept() []habeas.Kept {
	return []habeas.Kept{{
		What: "Connected systems: name, what they may do, hashes of their secrets and tokens", Why: "So that people see which system said what.",
		Basis: habeas.BasisLegitimate, Until: "As long as the server; tokens end after {n} hours.", N: int(TokenLife / time.Hour),
	}}
}

package jobs

import (
	"time"

	"github.com/habeas-data/habeas"
)

// KeepDelivery is how long the delivery record keeps a line after its end. What was
// delivered is cleared at once.
const KeepDelivery = 30 * 24 * time.Hour

// KeepPayload is how long what was to be done stays sealed in the outbox after it was
// given up, so that it can be tried again once what stood in the way is mended.
const KeepPayload = 7 * 24 * time.Hour

// Kept says how long what is on its way is kept.
func Kept() []habeas.Kept {
	return []habeas.Kept{{
		What: "The delivery record: which mail left, of which kind, and what became of it, without address and text", Why: "So that a mail that bounces does not go unnoticed.",
		Basis: habeas.BasisLegitimate, Until: "{n} days.", N: int(KeepDelivery / (24 * time.Hour)),
	}, {
		What: "A mail that could not be delivered, sealed", Why: "So that it can be sent again once what stood in the way is mended.",
		Basis: habeas.BasisLegitimate, Until: "{n} days.", N: int(KeepPayload / (24 * time.Hour)),
	}}
}

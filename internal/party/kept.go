package party

import (
	"time"

	"github.com/habeas-data/habeas"
)

// KeepRepeats is how long the mark of a request is kept by which a repeated one is known.
const KeepRepeats = 30 * 24 * time.Hour

// Kept says how long records and what belongs to them are kept under a policy.
func Kept(p Policy) []habeas.Kept {
	return []habeas.Kept{
		{
			What: "Records that nobody has claimed", Why: "To do what was booked, joined or agreed, until the person takes over.",
			Basis: habeas.BasisContract, Until: "{n} months after the last word about them; the person is told before.", N: p.Retention.Months,
		},
		{
			What: "Records that their person has claimed", Why: "The person keeps them here and decides who uses them.",
			Basis: habeas.BasisContract, Until: "Until their person erases them.",
		},
		{
			What: "Tickets: what somebody was booked for", Why: "To carry out the booking and to show the person where a value came from.",
			Basis: habeas.BasisContract, Until: "As long as the record they belong to.",
		},
		{
			What: "Addresses whose owner said “this is not me”, as keyed marks", Why: "So that a record is not offered to the wrong person again.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record.",
		},
		{
			What: "Disputes about claims: what was said, whom to answer, and what was decided", Why: "To put a wrong claim right, and to take that back if it was a mistake.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record; erased with it.",
		},
		{
			What: "That staff saw a person and a document of which kind; nothing that stands on it", Why: "To show why an account has a record.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record; erased with it.",
		},
		{
			What: "Who was told that something is held about them, and who wants no such mail", Why: "People have to be told within a month, and may ask for no more mail.",
			Basis: habeas.BasisLaw, Until: "As long as the record; the wish for no more mail as long as the server.",
		},
		{
			What: "Requests to restrict, object or erase", Why: "To answer them in time and to show that they were answered.",
			Basis: habeas.BasisLaw, Until: "As long as the record; erased with it.",
		},
		{
			What: "Files that staff have uploaded to import, sealed", Why: "To bring their rows into the records.",
			Basis: habeas.BasisContract, Until: "Until the import has ended, at most {n} days.", N: int(KeepUpload / (24 * time.Hour)),
		},
		{
			What: "Rows of imported files that were rejected, sealed, and the name of the file", Why: "So that staff can mend them.",
			Basis: habeas.BasisContract, Until: "{n} days.", N: int(KeepRejected / (24 * time.Hour)),
		},
		{
			What: "Consents that people handed over as a code, and who used them; never the code itself", Why: "So that a booker sees what the person ticked, and the person sees who looked.",
			Basis: habeas.BasisConsent, Until: "{n} days after they are over.", N: int(KeepPasses / (24 * time.Hour)),
		},
		{
			What: "Marks of repeated requests of connected systems", Why: "So that a request that is sent twice is done once.",
			Basis: habeas.BasisLegitimate, Until: "{n} days.", N: int(KeepRepeats / (24 * time.Hour)),
		},
	}
}

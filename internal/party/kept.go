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
			What: "Requests: what people ask for about their data, how who asks was made sure of, and the answer", Why: "To answer them in time and to show that they were answered.",
			Basis: habeas.BasisLaw, Until: "As long as the record; the words are erased with it. Without a record {n} years after the answer.", N: int(KeepRequests / (365 * 24 * time.Hour)),
		},
		{
			What: "Parts of erased records that a legal duty keeps, apart from everything else and found by nobody's name", Why: "Because the law asks for it, and for nothing else.",
			Basis: habeas.BasisLaw, Until: "Until the time that the duty names is over; then each goes by itself, and a line without words shows that it went.",
		},
		{
			What: "Breaches of personal data: what happened and what was done; nothing about individuals", Why: "The authority has to be able to check it, and those concerned have to be told.",
			Basis: habeas.BasisLaw, Until: "As long as the server.",
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
			What: "What of a public profile shows, and what its person does not want to be asked, sealed", Why: "So that everybody sees what the person chose and nothing else, and nobody is asked twice.",
			Basis: habeas.BasisConsent, Until: "As long as the record; erased with it.",
		},
		{
			What: "Which records may be about the same person or organisation, and what staff said to it, without a value", Why: "So that nobody is there twice, and nobody is asked twice whether two are one.",
			Basis: habeas.BasisLegitimate, Until: "As long as both records, or until they are not alike any more.",
		},
		{
			What: "Notes of staff, with what their person answered", Why: "So that whoever is responsible knows what was agreed; the person sees each of them.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record; erased with it.",
		},
		{
			What: "Tags: short words of the organisation that staff give a record, and who gave them", Why: "So that staff find again whom they need for a task; the person sees each of them.",
			Basis: habeas.BasisLegitimate, Until: "Until the tag is taken away, at most as long as the record; erased with it.",
		},
		{
			What: "Saved lists: what staff look for again and again, sealed", Why: "So that staff find the same people again.",
			Basis: habeas.BasisLegitimate, Until: "{n} days after it was last opened.", N: int(KeepSavedLists / (24 * time.Hour)),
		},
		{
			What: "Which list of people was taken away as a file, by whom and why; never the file itself", Why: "So that it can be shown who has taken what.",
			Basis: habeas.BasisLegitimate, Until: "{n} days.", N: int(KeepListFiles / (24 * time.Hour)),
		},
		{
			What: "Which pairs of records were merged together, without a value, and how far that came", Why: "So that the whole batch can be taken apart again.",
			Basis: habeas.BasisLegitimate, Until: "As long as the records.",
		},
		{
			What: "To which group of staff somebody belongs", Why: "So that staff see only what their work needs.",
			Basis: habeas.BasisLegitimate, Until: "As long as they work here; erased with the account.",
		},
		{
			What: "To whom somebody is related and who is in their household, sealed for each of them", Why: "So that two people are not taken for one, and a family is reached together.",
			Basis: habeas.BasisLegitimate, Until: "As long as both records.",
		},
		{
			What: "Who acts for whom as guardian, until when, and which kind of document was seen", Why: "So that somebody cares for the record of a child or dependant, and the person sees later who did.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record and the guardian's account.",
		},
		{
			What: "That a letter with a code was sent, and what became of it; never the code itself", Why: "So that people without e-mail can take over their record.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record; its code holds {n} days.", N: int(DefaultRules.PaperLife / (24 * time.Hour)),
		},
		{
			What: "That a connected system was told of a change: its own random name for somebody, what kind of change, and the hour", Why: "People who have somebody's data have to learn that it was corrected, restricted or erased (articles 17 (2), 19), also after an erasure: then only that name is left, and no record behind it.",
			Basis: habeas.BasisLaw, Until: "{n} days.", N: int(KeepNews / (24 * time.Hour)),
		},
		{
			What: "What a connected system was last told of somebody, as a keyed mark", Why: "So that it is told of changes, and not of its own words.",
			Basis: habeas.BasisLegitimate, Until: "As long as the record, and as long as the system is connected.",
		},
		{
			What: "Marks of repeated requests of connected systems", Why: "So that a request that is sent twice is done once.",
			Basis: habeas.BasisLegitimate, Until: "{n} days.", N: int(KeepRepeats / (24 * time.Hour)),
		},
	}
}

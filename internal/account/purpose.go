package account

import "github.com/habeas-data/habeas/internal/lang"

// ReadPurpose is a reason for which an administrator may read what is held about an account (ADM-02).
// Its sentence goes into the ledger, where the account's person reads it.
type ReadPurpose struct{ Key, Sentence string }

// The keys of the purposes beside the grounds of a release, whose keys are the grounds themselves.
const (
	PurposeHelp     = "help"
	PurposeIncident = "incident"
)

// ReadPurposes is the one closed list: the situations of a release, help for the person, an incident.
// What is looked at in a case has the ground of the case; everything else names one of these.
func ReadPurposes() []ReadPurpose {
	out := []ReadPurpose{
		{PurposeHelp, lang.Mark("Help the person, who asked for it")},
		{PurposeIncident, lang.Mark("Look into a fault or an incident")},
	}
	for _, t := range GroundTerms() {
		out = append(out, ReadPurpose{string(t.Ground), t.Purpose})
	}
	return out
}

// purposeKey finds the key of a sentence; ok is false where it is on no list.
func purposeKey(sentence string) (key string, ok bool) {
	for _, p := range ReadPurposes() {
		if p.Sentence == sentence {
			return p.Key, true
		}
	}
	return "", false
}

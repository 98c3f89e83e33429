package scrubbing

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// presidioKinds are the types of microsoft/presidio-research that are ours.
var presidioKinds = map[string]scrub.Kind{
	"PERSON": scrub.Person, "STREET_ADDRESS": scrub.Address, "PHONE_NUMBER": scrub.Phone, "EMAIL_ADDRESS": scrub.Email,
	"CREDIT_CARD": scrub.Card, "IBAN_CODE": scrub.IBAN, "IP_ADDRESS": scrub.IP, "US_SSN": scrub.ID,
}

// presidioOptional are those that may be taken along as one of ours and need not be.
var presidioOptional = map[string]scrub.Kind{
	"ZIP_CODE": scrub.Address, "GPE": scrub.Address, "TITLE": scrub.Person, "DATE_TIME": scrub.Birth, "US_DRIVER_LICENSE": scrub.ID,
}

// Presidio reads the labelled sentences below a directory of reference data:
// pii/presidio*.json, in the form of presidio-research. Positions there count characters.
// No file is no sentences, and no error.
func Presidio(reference string) ([]corpus.Text, error) {
	files, err := filepath.Glob(filepath.Join(reference, "pii", "presidio*.json"))
	if err != nil {
		return nil, err
	}
	var out []corpus.Text
	for _, file := range files {
		b, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var sentences []presidioSentence
		if err := json.Unmarshal(b, &sentences); err != nil {
			return nil, err
		}
		for _, s := range sentences {
			out = append(out, s.text())
		}
	}
	return out, nil
}

type presidioSentence struct {
	Text  string `json:"full_text"`
	Spans []struct {
		Type  string `json:"entity_type"`
		Start int    `json:"start_position"`
		End   int    `json:"end_position"`
	} `json:"spans"`
}

func (s presidioSentence) text() corpus.Text {
	t := corpus.Text{Body: []byte(s.Text)}
	// at[i] is where the i-th character begins.
	at := make([]int, 0, len(s.Text)+1)
	for i := range s.Text {
		at = append(at, i)
	}
	at = append(at, len(s.Text))
	for _, span := range s.Spans {
		if span.Start < 0 || span.End >= len(at) || span.Start >= span.End {
			continue
		}
		l := corpus.Label{Start: at[span.Start], End: at[span.End], Class: span.Type, Kind: presidioKinds[span.Type]}
		l.Value = s.Text[l.Start:l.End]
		if kind, ok := presidioOptional[span.Type]; ok {
			l.Kind, l.Optional = kind, true
		}
		t.Labels = append(t.Labels, l)
	}
	slices.SortFunc(t.Labels, func(a, b corpus.Label) int { return a.Start - b.Start })
	return t
}

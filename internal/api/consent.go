package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// consentedRequest is the body of POST /api/v1/parties:consented.
type consentedRequest struct {
	Parties  []string `json:"parties"`   // references that a consent code was answered with
	DataSets []string `json:"data_sets"` // none: all that was ticked
	Purpose  string   `json:"purpose"`   // a key of the closed list
}

type consentedAnswer struct {
	Results []consentedResult `json:"results"`
}

type consentedResult struct {
	Party  string       `json:"party"`
	Fields party.Values `json:"fields"`
	Until  time.Time    `json:"until,omitzero"` // absent where nothing is open
}

// consented reads what people have opened to the system by a consent code (PTY-8). The
// scopes of the token do not matter: here its person decides, and not the organisation.
func (a *API) consented(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeJSON[consentedRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	for _, set := range body.DataSets {
		if _, ok := c.records.Schemas().Set(set); !ok {
			return errSetUnknown
		}
	}
	refs, err := c.readable(body.Parties, body.Purpose)
	if err != nil {
		return err
	}
	if err := a.system.take(r.Context(), w.Header(), systemKey(c), len(refs)); err != nil {
		return err
	}
	shared, err := c.records.Consented(r.Context(), c.Actor, refs, body.DataSets)
	if err != nil {
		return err
	}
	answer := consentedAnswer{make([]consentedResult, len(refs))}
	for i, one := range shared {
		answer.Results[i] = consentedResult{refs[i].String(), valuesOf(one.Sets), one.Until.UTC().Truncate(time.Millisecond)}
	}
	return edge.WriteJSON(w, http.StatusOK, answer)
}

func valuesOf(sets []party.Set) party.Values {
	out := party.Values{}
	for _, s := range sets {
		for _, f := range s.Fields {
			out.Put(s.Schema.Name, f.Schema.Name, f.Current.Text)
		}
	}
	return out
}

// readable checks what every reading says: which parties, and why. It notes the purpose.
func (c *caller) readable(parties []string, purpose string) ([]party.Reference, error) {
	if len(parties) == 0 || len(parties) > maxQuery {
		return nil, errQuerySize
	}
	at := slices.IndexFunc(party.Purposes(), func(p party.Purpose) bool { return p.Key == purpose })
	if at < 0 {
		return nil, errPurposeNone
	}
	c.Actor.Purpose = party.Purposes()[at].Sentence
	refs := make([]party.Reference, len(parties))
	for i, text := range parties {
		var err error
		if refs[i], err = party.ParseReference("parties."+strconv.Itoa(i), text); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// underConsent gives the refusal of a code the name that it has in the body, and says when
// to come back after too many.
func underConsent(err error) error {
	switch err { //nolint:errorlint // the very values
	case party.ErrPass:
		c := *party.ErrPass
		c.Field = "consent_code"
		return &c
	case party.ErrPassTries:
		return edge.RetryAfter(party.ErrPassTries, time.Hour)
	}
	return err
}

package api

import (
	"net/http"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// queryRequest is the body of POST /api/v1/parties:query.
type queryRequest struct {
	Parties  []string `json:"parties"`   // the system's own references
	DataSets []string `json:"data_sets"` // none: all that the token may read
	Purpose  string   `json:"purpose"`   // a key of the closed list
}

type queryAnswer struct {
	Results []queryResult `json:"results"`
}

type queryResult struct {
	Party  string       `json:"party"`
	Fields party.Values `json:"fields"`
}

// maxQuery is how many parties one query may name.
const maxQuery = 100

var (
	errQuerySize   = habeas.Invalid("parties", "Name 1 to 100 parties by your references.").WithCode("query.size")
	errSetUnknown  = habeas.Invalid("data_sets", "There is no data set of this name.").WithCode("set.unknown")
	errPurposeNone = habeas.Invalid("purpose", "Say why: question, booking, correction or incident.").WithCode("purpose.unknown")
)

// query reads what the system may of parties that it has brought itself (PTY-22). Its
// person sees each read, and why, in their Activity.
func (a *API) query(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeJSON[queryRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	sets, err := setsOf(c, body.DataSets)
	if err != nil {
		return err
	}
	refs, err := c.readable(body.Parties, body.Purpose)
	if err != nil {
		return err
	}
	if err := a.system.take(r.Context(), w.Header(), systemKey(c), len(refs)); err != nil {
		return err
	}
	views, err := c.records.Query(r.Context(), c.Actor, refs, sets)
	if err != nil {
		return err
	}
	answer := queryAnswer{make([]queryResult, len(refs))}
	for i := range refs {
		answer.Results[i] = queryResult{refs[i].String(), views[i]}
		if views[i] == nil {
			answer.Results[i].Fields = party.Values{}
		}
	}
	return edge.WriteJSON(w, http.StatusOK, answer)
}

// setsOf are the data sets to read: those asked for, each of which the token must
// permit; or all that it permits.
func setsOf(c caller, asked []string) ([]string, error) {
	granted := c.Reads()
	if len(asked) == 0 {
		return granted, nil
	}
	for _, set := range asked {
		if _, ok := c.records.Schemas().Set(set); !ok {
			return nil, errSetUnknown
		}
		if !slices.Contains(granted, set) {
			return nil, errScope
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(asked))), nil
}

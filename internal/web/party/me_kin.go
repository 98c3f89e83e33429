package party

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// TieRow is a relationship on a person's own record.
type TieRow struct {
	Words    string
	Since    time.Time
	Objected bool
	Action   string
}

// ties are the relationships of a person's own record.
func (s *Pages) ties(ctx context.Context, v ui.Visit, id habeas.PartyID) ([]TieRow, error) {
	kin, err := s.Relations.MyKin(ctx, v.Actor, id)
	if err != nil {
		return nil, err
	}
	var out []TieRow
	for _, k := range kin {
		row := TieRow{Since: k.At(), Objected: !k.ObjectedAt.IsZero(), Action: "/me/records/" + id.String() + "/kin/" + k.ID.String() + "/object"}
		who := k.Called
		switch {
		case k.Is == party.SameHousehold && k.Name != "":
			row.Words = v.P.T("You are in the household “{name}”.", "name", k.Name)
		case k.Is == party.SameHousehold:
			row.Words = v.P.T("You are in one household with others who are known here.")
		case who == "":
			row.Words = v.P.T("You are noted as: {tie} somebody who is known here.", "tie", tieWords(v.P, k.Is))
		default:
			row.Words = v.P.T("You are noted as: {tie} {name}.", "tie", tieWords(v.P, k.Is), "name", who)
		}
		if row.Objected {
			row.Action = strings.TrimSuffix(row.Action, "object") + "agree"
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *Pages) objectRelation(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	relation, err := pathRelation(r)
	if err != nil {
		return err
	}
	if err := emptyForm(w, r); err != nil {
		return err
	}
	step, key := r.PathValue("step"), "tie-objected"
	if step == "agree" {
		key = "undone"
	} else if step != "object" {
		return party.ErrNoRelation
	}
	if err := s.Relations.Object(r.Context(), v.Actor, id, relation, step == "object"); err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, "/me/records/"+id.String()+"#ties", http.StatusSeeOther)
	return nil
}

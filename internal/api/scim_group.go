package api

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
)

// scimGroupBody is a group as a program sends it (RFC 7643, 4.2).
type scimGroupBody struct {
	DisplayName string       `json:"displayName"`
	ExternalID  string       `json:"externalId"`
	Members     []scimMember `json:"members"`
}

type scimMember struct {
	Value string `json:"value"`
}

var errSCIMMember = account.NoMember(account.ErrStaffNone)

// memberIDs reads whom members name: each once, in order.
func memberIDs(members []scimMember) ([]habeas.StaffUserID, error) {
	var out []habeas.StaffUserID
	for _, m := range members {
		id, err := habeas.ParseID[habeas.StaffUserKind](m.Value)
		if err != nil {
			return nil, errSCIMMember
		}
		out = append(out, id)
	}
	return sortedMembers(out), nil
}

func sortedMembers(ids []habeas.StaffUserID) []habeas.StaffUserID {
	slices.SortFunc(ids, func(a, b habeas.StaffUserID) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

func (b scimGroupBody) fill(g *account.StaffGroup) (err error) {
	g.Name, g.ExternalID = b.DisplayName, b.ExternalID
	g.Members, err = memberIDs(b.Members)
	return err
}

// groupResource is a group as it is shown.
func (a *API) groupResource(g account.StaffGroup) map[string]any {
	out := map[string]any{
		"schemas": []string{scimGroupSchema}, "id": g.ID.String(), "displayName": g.Name,
		"meta": a.scimMeta("Group", "/Groups/"+g.ID.String(), g.CreatedAt, g.ChangedAt, g.Version),
	}
	putText(out, "externalId", g.ExternalID)
	members := make([]map[string]any, len(g.Members))
	for i, m := range g.Members {
		members[i] = map[string]any{"value": m.String(), "$ref": a.deps.Origin.URL(scimRoot + "/Users/" + m.String()), "type": "User"}
	}
	out["members"] = members
	return out
}

func groupOf(r *http.Request) (habeas.StaffGroupID, error) {
	id, err := habeas.ParseID[habeas.StaffGroupKind](r.PathValue("id"))
	if err != nil {
		return id, account.ErrStaffNone
	}
	return id, nil
}

func (a *API) scimGroups(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := readSCIMQuery(r)
	if err != nil {
		return err
	}
	found, total, err := a.findGroups(r, c, q)
	if err != nil {
		return err
	}
	var all []map[string]any
	for _, g := range found {
		all = append(all, q.narrow(a.groupResource(g)))
	}
	return scimListed(w, all, total, q.offset)
}

// findGroups returns a page of those that a filter is about.
func (a *API) findGroups(r *http.Request, c caller, q scimQuery) ([]account.StaffGroup, int, error) {
	if q.where == nil {
		return a.deps.Staff.Groups(r.Context(), c.Actor, q.offset, q.limit)
	}
	known := map[string]func(account.StaffGroup) any{
		"displayname": func(g account.StaffGroup) any { return account.GroupKey(g.Name) },
		"externalid":  func(g account.StaffGroup) any { return g.ExternalID },
		"id":          func(g account.StaffGroup) any { return g.ID.String() },
	}
	var candidates []account.StaffGroup
	narrowed := false
	for i, t := range q.where {
		if known[t.attr] == nil {
			return nil, 0, errSCIMFilter
		}
		if name, text := t.value.(string); t.attr == "displayname" {
			g, found, err := a.deps.Staff.GroupNamed(r.Context(), c.Actor, name)
			if err != nil {
				return nil, 0, err
			}
			if candidates = nil; found && text {
				candidates = []account.StaffGroup{g}
			}
			narrowed, q.where[i].value = true, account.GroupKey(name)
		}
	}
	if !narrowed {
		var err error
		if candidates, _, err = a.deps.Staff.Groups(r.Context(), c.Actor, 0, account.MaxStaff); err != nil {
			return nil, 0, err
		}
	}
	found := keepMatching(candidates, q.where, known)
	return pageOf(found, q), len(found), nil
}

func (a *API) scimGroup(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := groupOf(r)
	if err != nil {
		return err
	}
	q, err := readSCIMQuery(r)
	if err != nil {
		return err
	}
	g, err := a.deps.Staff.Group(r.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	return scimAnswer(w, r, http.StatusOK, q.narrow(a.groupResource(g)), g.Version)
}

func (a *API) scimCreateGroup(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeLenient[scimGroupBody](w, r, scimBody, scimType, "application/json")
	if err != nil {
		return err
	}
	var g account.StaffGroup
	if err := body.fill(&g); err != nil {
		return err
	}
	if g, err = a.deps.Staff.CreateGroup(r.Context(), c.Actor, g); err != nil {
		return err
	}
	return scimAnswer(w, r, http.StatusCreated, a.groupResource(g), g.Version)
}

func (a *API) scimReplaceGroup(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeLenient[scimGroupBody](w, r, scimBody, scimType, "application/json")
	if err != nil {
		return err
	}
	return a.changeGroup(w, r, c, body.fill)
}

func (a *API) scimPatchGroup(w http.ResponseWriter, r *http.Request, c caller) error {
	ops, err := readPatch(w, r)
	if err != nil {
		return err
	}
	return a.changeGroup(w, r, c, func(g *account.StaffGroup) error {
		for _, op := range ops {
			if err := op.onGroup(g); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *API) changeGroup(w http.ResponseWriter, r *http.Request, c caller, change func(*account.StaffGroup) error) error {
	id, err := groupOf(r)
	if err != nil {
		return err
	}
	match, err := scimMatch(r)
	if err != nil {
		return err
	}
	g, err := a.deps.Staff.ChangeGroup(r.Context(), c.Actor, id, match, change)
	if err != nil {
		return scimMoved(err, match)
	}
	return scimAnswer(w, r, http.StatusOK, a.groupResource(g), g.Version)
}

func (a *API) scimRemoveGroup(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := groupOf(r)
	if err != nil {
		return err
	}
	match, err := scimMatch(r)
	if err != nil {
		return err
	}
	if err := a.deps.Staff.RemoveGroup(r.Context(), c.Actor, id, match); err != nil {
		return scimMoved(err, match)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

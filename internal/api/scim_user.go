package api

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
)

// scimBody bounds what one request says, in bytes.
const scimBody = 1 << 20

// scimUserBody is somebody as a program sends them (RFC 7643, 4.1). What is not known
// here, a password above all, is passed over and kept nowhere.
type scimUserBody struct {
	UserName    string          `json:"userName"`
	ExternalID  string          `json:"externalId"`
	DisplayName string          `json:"displayName"`
	Name        scimName        `json:"name"`
	Emails      []scimMailValue `json:"emails"`
	Active      *scimBool       `json:"active"`
}

type scimName struct {
	Formatted  string `json:"formatted"`
	GivenName  string `json:"givenName"`
	FamilyName string `json:"familyName"`
}

type scimMailValue struct {
	Value   string   `json:"value"`
	Type    string   `json:"type"`
	Primary scimBool `json:"primary"`
}

// fill writes what was sent over somebody: all of it, as a replacement does.
func (b scimUserBody) fill(u *account.StaffUser) {
	u.Active = b.Active == nil || bool(*b.Active)
	u.StaffWords = account.StaffWords{
		UserName: b.UserName, ExternalID: b.ExternalID, Display: b.DisplayName,
		Formatted: b.Name.Formatted, Given: b.Name.GivenName, Family: b.Name.FamilyName,
	}
	for _, m := range b.Emails {
		u.Emails = append(u.Emails, account.StaffMail{Value: m.Value, Type: m.Type, Primary: bool(m.Primary)})
	}
}

// userResource is somebody as they are shown.
func (a *API) userResource(u account.StaffUser, groups []habeas.StaffGroupID) map[string]any {
	out := map[string]any{
		"schemas": []string{scimUserSchema}, "id": u.ID.String(), "userName": u.UserName, "active": u.Active,
		"meta": a.scimMeta("User", "/Users/"+u.ID.String(), u.CreatedAt, u.ChangedAt, u.Version),
	}
	putText(out, "externalId", u.ExternalID)
	putText(out, "displayName", u.Display)
	name := map[string]any{}
	putText(name, "formatted", u.Formatted)
	putText(name, "givenName", u.Given)
	putText(name, "familyName", u.Family)
	if len(name) > 0 {
		out["name"] = name
	}
	var mails []map[string]any
	for _, e := range u.Emails {
		m := map[string]any{"value": e.Value, "primary": e.Primary}
		putText(m, "type", e.Type)
		mails = append(mails, m)
	}
	if mails != nil {
		out["emails"] = mails
	}
	var in []map[string]any
	for _, g := range groups {
		in = append(in, map[string]any{"value": g.String(), "$ref": a.deps.Origin.URL(scimRoot + "/Groups/" + g.String())})
	}
	if in != nil {
		out["groups"] = in
	}
	return out
}

func putText(into map[string]any, name, text string) {
	if text != "" {
		into[name] = text
	}
}

// userOf reads whom an address names.
func userOf(r *http.Request) (habeas.StaffUserID, error) {
	id, err := habeas.ParseID[habeas.StaffUserKind](r.PathValue("id"))
	if err != nil {
		return id, account.ErrStaffNone
	}
	return id, nil
}

func (a *API) scimUsers(w http.ResponseWriter, r *http.Request, c caller) error {
	q, err := readSCIMQuery(r)
	if err != nil {
		return err
	}
	found, total, err := a.findUsers(r, c, q)
	if err != nil {
		return err
	}
	var all []map[string]any
	for _, u := range found {
		_, groups, err := a.deps.Staff.User(r.Context(), c.Actor, u.ID)
		if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
			return err
		}
		all = append(all, q.narrow(a.userResource(u, groups)))
	}
	return scimListed(w, all, total, q.offset)
}

// findUsers returns a page of those that a filter is about.
func (a *API) findUsers(r *http.Request, c caller, q scimQuery) ([]account.StaffUser, int, error) {
	if q.where == nil {
		return a.deps.Staff.Users(r.Context(), c.Actor, q.offset, q.limit)
	}
	var candidates []account.StaffUser
	known := map[string]func(account.StaffUser) any{
		"username":   func(u account.StaffUser) any { return account.UserKey(u.UserName) },
		"externalid": func(u account.StaffUser) any { return u.ExternalID },
		"id":         func(u account.StaffUser) any { return u.ID.String() },
		"active":     func(u account.StaffUser) any { return u.Active },
	}
	narrowed := false
	for i, t := range q.where {
		if known[t.attr] == nil {
			return nil, 0, errSCIMFilter
		}
		if name, text := t.value.(string); t.attr == "username" {
			u, found, err := a.deps.Staff.UserNamed(r.Context(), c.Actor, name)
			if err != nil {
				return nil, 0, err
			}
			if candidates = nil; found && text {
				candidates = []account.StaffUser{u}
			}
			narrowed, q.where[i].value = true, account.UserKey(name)
		}
	}
	if !narrowed {
		var err error
		if candidates, _, err = a.deps.Staff.Users(r.Context(), c.Actor, 0, account.MaxStaff); err != nil {
			return nil, 0, err
		}
	}
	found := keepMatching(candidates, q.where, known)
	return pageOf(found, q), len(found), nil
}

// keepMatching keeps what fits every term.
func keepMatching[T any](all []T, where []scimTerm, known map[string]func(T) any) []T {
	var out []T
	for _, v := range all {
		fits := true
		for _, t := range where {
			fits = fits && known[t.attr](v) == t.value
		}
		if fits {
			out = append(out, v)
		}
	}
	return out
}

// pageOf cuts a page out of what was found.
func pageOf[T any](found []T, q scimQuery) []T {
	from := min(q.offset, len(found))
	return found[from:min(from+q.limit, len(found))]
}

func (a *API) scimUser(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := userOf(r)
	if err != nil {
		return err
	}
	q, err := readSCIMQuery(r)
	if err != nil {
		return err
	}
	return a.answerUser(w, r, c, id, http.StatusOK, q)
}

// answerUser shows somebody as they are now.
func (a *API) answerUser(w http.ResponseWriter, r *http.Request, c caller, id habeas.StaffUserID, status int, q scimQuery) error {
	u, groups, err := a.deps.Staff.User(r.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	return scimAnswer(w, r, status, q.narrow(a.userResource(u, groups)), u.Version)
}

func (a *API) scimCreateUser(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeLenient[scimUserBody](w, r, scimBody, scimType, "application/json")
	if err != nil {
		return err
	}
	var u account.StaffUser
	body.fill(&u)
	if u, err = a.deps.Staff.CreateUser(r.Context(), c.Actor, u); err != nil {
		return err
	}
	return scimAnswer(w, r, http.StatusCreated, a.userResource(u, nil), u.Version)
}

func (a *API) scimReplaceUser(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeLenient[scimUserBody](w, r, scimBody, scimType, "application/json")
	if err != nil {
		return err
	}
	return a.changeUser(w, r, c, func(u *account.StaffUser) error {
		body.fill(u)
		return nil
	})
}

func (a *API) scimPatchUser(w http.ResponseWriter, r *http.Request, c caller) error {
	ops, err := readPatch(w, r)
	if err != nil {
		return err
	}
	return a.changeUser(w, r, c, func(u *account.StaffUser) error {
		for _, op := range ops {
			if err := op.onUser(u); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *API) changeUser(w http.ResponseWriter, r *http.Request, c caller, change func(*account.StaffUser) error) error {
	id, err := userOf(r)
	if err != nil {
		return err
	}
	match, err := scimMatch(r)
	if err != nil {
		return err
	}
	if _, err := a.deps.Staff.ChangeUser(r.Context(), c.Actor, id, match, change); err != nil {
		return scimMoved(err, match)
	}
	return a.answerUser(w, r, c, id, http.StatusOK, scimQuery{})
}

func (a *API) scimRemoveUser(w http.ResponseWriter, r *http.Request, c caller) error {
	id, err := userOf(r)
	if err != nil {
		return err
	}
	match, err := scimMatch(r)
	if err != nil {
		return err
	}
	if err := a.deps.Staff.RemoveUser(r.Context(), c.Actor, id, match); err != nil {
		return scimMoved(err, match)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
)

// scimBool is a truth, which some programs send as a text: "True".
type scimBool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *scimBool) UnmarshalJSON(text []byte) error {
	v, ok := asBool(strings.Trim(string(text), `"`))
	if !ok {
		return errSCIMValue
	}
	*b = scimBool(v)
	return nil
}

func asBool(v any) (is, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		return strings.EqualFold(v, "true"), strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	}
	return false, false
}

// patchBody is the body of a PATCH (RFC 7644, 3.5.2).
type patchBody struct {
	Operations []struct {
		Op    string         `json:"op"`
		Path  string         `json:"path"`
		Value jsontext.Value `json:"value"`
	} `json:"Operations"`
}

// patchOp is one operation that was read.
type patchOp struct {
	kind  string // "add", "replace", "remove"
	path  scimPath
	value any
}

// maxPatch is how many operations one request may hold.
const maxPatch = 100

var (
	errSCIMPath   = habeas.Invalid("path", "This path of an attribute cannot be read.").WithCode("scim.path")
	errSCIMValue  = habeas.Invalid("value", "This is no value for the attribute.").WithCode("scim.value")
	errSCIMTarget = habeas.Invalid("path", "There is no value that the path is about.").WithCode("scim.target")
	errSCIMPatch  = habeas.Invalid("Operations", "Send 1 to 100 operations, each add, replace or remove.").WithCode("scim.syntax")
)

// readPatch reads what is to be changed. An operation without a path becomes one for each
// member of its value.
func readPatch(w http.ResponseWriter, r *http.Request) ([]patchOp, error) {
	body, err := edge.DecodeLenient[patchBody](w, r, scimBody, scimType, "application/json")
	if err != nil {
		return nil, err
	}
	if len(body.Operations) == 0 || len(body.Operations) > maxPatch {
		return nil, errSCIMPatch
	}
	var out []patchOp
	for _, o := range body.Operations {
		kind := strings.ToLower(o.Op)
		if kind != "add" && kind != "replace" && kind != "remove" {
			return nil, errSCIMPatch
		}
		var value any
		if len(o.Value) > 0 && json.Unmarshal(o.Value, &value) != nil {
			return nil, errSCIMValue
		}
		if o.Path != "" {
			path, ok := parseSCIMPath(o.Path)
			if !ok {
				return nil, errSCIMPath
			}
			out = append(out, patchOp{kind, path, value})
			continue
		}
		members, ok := value.(map[string]any)
		if !ok {
			return nil, errSCIMTarget
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			path, ok := parseSCIMPath(name)
			if !ok {
				return nil, errSCIMPath
			}
			out = append(out, patchOp{kind, path, members[name]})
		}
	}
	return out, nil
}

// text sets or removes a text.
func (o patchOp) text(to *string) error {
	if o.kind == "remove" {
		*to = ""
		return nil
	}
	v, ok := o.value.(string)
	if !ok && o.value != nil {
		return errSCIMValue
	}
	*to = v
	return nil
}

// onUser changes somebody. Attributes that are not kept here are passed over.
func (o patchOp) onUser(u *account.StaffUser) error {
	switch o.path.attr {
	case "active":
		v, ok := asBool(o.value)
		if o.kind == "remove" || !ok {
			return errSCIMValue
		}
		u.Active = v
	case "username":
		return o.text(&u.UserName)
	case "externalid":
		return o.text(&u.ExternalID)
	case "displayname":
		return o.text(&u.Display)
	case "name":
		return o.onName(u)
	case "emails":
		return o.onEmails(u)
	}
	return nil
}

func (o patchOp) onName(u *account.StaffUser) error {
	parts := map[string]*string{"formatted": &u.Formatted, "givenname": &u.Given, "familyname": &u.Family}
	if o.path.sub != "" {
		if to := parts[o.path.sub]; to != nil {
			return o.text(to)
		}
		return nil
	}
	if o.kind == "remove" {
		u.Formatted, u.Given, u.Family = "", "", ""
		return nil
	}
	members, ok := o.value.(map[string]any)
	if !ok {
		return errSCIMValue
	}
	if o.kind == "replace" {
		u.Formatted, u.Given, u.Family = "", "", ""
	}
	for name, value := range members {
		if to := parts[strings.ToLower(name)]; to != nil {
			if err := (patchOp{kind: o.kind, value: value}).text(to); err != nil {
				return err
			}
		}
	}
	return nil
}

// mailOf reads an address of somebody.
func mailOf(v any) (m account.StaffMail, ok bool) {
	members, ok := v.(map[string]any)
	if !ok {
		return m, false
	}
	return m, setMail(&m, members)
}

// setMail sets what members name.
func setMail(m *account.StaffMail, members map[string]any) bool {
	ok := true
	for name, v := range members {
		text, isText := v.(string)
		switch strings.ToLower(name) {
		case "value":
			m.Value, ok = text, ok && isText
		case "type":
			m.Type, ok = text, ok && isText
		case "primary":
			is, good := asBool(v)
			m.Primary, ok = is, ok && good
		}
	}
	return ok
}

// onEmails changes addresses.
func (o patchOp) onEmails(u *account.StaffUser) error {
	if o.path.where != nil {
		return o.onSomeEmails(u)
	}
	if o.path.sub != "" {
		return errSCIMPath
	}
	if o.kind != "add" {
		u.Emails = nil
	} else {
		u.Emails = slices.Clone(u.Emails)
	}
	if o.kind == "remove" {
		return nil
	}
	values, ok := o.value.([]any)
	if !ok {
		values = []any{o.value}
	}
	for _, v := range values {
		m, ok := mailOf(v)
		if !ok {
			return errSCIMValue
		}
		u.Emails = addMail(u.Emails, m)
	}
	return nil
}

// addMail adds an address, or replaces that of the same value. There is one primary
// address at most (RFC 7644, 3.5.2).
func addMail(all []account.StaffMail, m account.StaffMail) []account.StaffMail {
	all = slices.DeleteFunc(all, func(was account.StaffMail) bool { return was.Value == m.Value })
	if m.Primary {
		for i := range all {
			all[i].Primary = false
		}
	}
	return append(all, m)
}

// fits reports whether an address is one that a filter finds.
func fits(m account.StaffMail, where []scimTerm) bool {
	for _, t := range where {
		var is any
		switch t.attr {
		case "value":
			is = m.Value
		case "type":
			is = m.Type
		case "primary":
			is = m.Primary
		}
		if is == nil || is != t.value {
			return false
		}
	}
	return true
}

// onSomeEmails changes the addresses that a filter finds. Where it finds none, one is made
// as the filter says: programs count on it, although RFC 7644 does not ask for it.
func (o patchOp) onSomeEmails(u *account.StaffUser) error {
	mails := slices.Clone(u.Emails)
	if o.kind == "remove" {
		u.Emails = slices.DeleteFunc(mails, func(m account.StaffMail) bool { return fits(m, o.path.where) })
		return nil
	}
	members, ok := o.value.(map[string]any)
	if o.path.sub != "" {
		members, ok = map[string]any{o.path.sub: o.value}, true
	}
	if !ok {
		return errSCIMValue
	}
	found := false
	for i := range mails {
		if fits(mails[i], o.path.where) {
			if found = true; !setMail(&mails[i], members) {
				return errSCIMValue
			}
		}
	}
	if !found {
		var m account.StaffMail
		for _, t := range o.path.where {
			if !setMail(&m, map[string]any{t.attr: t.value}) {
				return errSCIMTarget
			}
		}
		if !setMail(&m, members) || m.Value == "" {
			return errSCIMTarget
		}
		mails = addMail(mails, m)
	}
	u.Emails = mails
	return nil
}

// onGroup changes a group. Attributes that are not kept here are passed over.
func (o patchOp) onGroup(g *account.StaffGroup) error {
	switch o.path.attr {
	case "displayname":
		return o.text(&g.Name)
	case "externalid":
		return o.text(&g.ExternalID)
	case "members":
		return o.onMembers(g)
	}
	return nil
}

// onMembers changes who is in a group.
func (o patchOp) onMembers(g *account.StaffGroup) error {
	named, err := o.named()
	if err != nil {
		return err
	}
	switch {
	case o.kind == "replace":
		g.Members = sortedMembers(named)
	case o.kind == "add":
		g.Members = sortedMembers(slices.Concat(g.Members, named))
	case o.path.where == nil && o.value == nil: // all of them
		g.Members = nil
	default:
		gone := make(map[habeas.StaffUserID]bool, len(named))
		for _, id := range named {
			gone[id] = true
		}
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id habeas.StaffUserID) bool { return gone[id] })
	}
	return nil
}

// named are the members that an operation names: in its value, or by its filter.
func (o patchOp) named() ([]habeas.StaffUserID, error) {
	if w := o.path.where; w != nil {
		if len(w) != 1 || w[0].attr != "value" || o.kind != "remove" {
			return nil, errSCIMPath
		}
		text, _ := w[0].value.(string)
		id, err := habeas.ParseID[habeas.StaffUserKind](text)
		if err != nil {
			return nil, errSCIMTarget
		}
		return []habeas.StaffUserID{id}, nil
	}
	if o.path.sub != "" {
		return nil, errSCIMPath
	}
	if o.value == nil {
		return nil, nil
	}
	values, ok := o.value.([]any)
	if !ok {
		values = []any{o.value}
	}
	var members []scimMember
	for _, v := range values {
		m, _ := v.(map[string]any)
		text, ok := m["value"].(string)
		if !ok {
			return nil, errSCIMMember
		}
		members = append(members, scimMember{text})
	}
	return memberIDs(members)
}

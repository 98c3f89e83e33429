package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
)

// Staff is what a connected system says of who works here. Every method refuses unless
// the settings let a system decide it. match is the version that is to be changed; 0: any.
type Staff interface {
	User(ctx context.Context, a habeas.Actor, id habeas.StaffUserID) (account.StaffUser, []habeas.StaffGroupID, error)
	UserNamed(ctx context.Context, a habeas.Actor, name string) (account.StaffUser, bool, error)
	Users(ctx context.Context, a habeas.Actor, offset, limit int) ([]account.StaffUser, int, error)
	CreateUser(ctx context.Context, a habeas.Actor, u account.StaffUser) (account.StaffUser, error)
	ChangeUser(ctx context.Context, a habeas.Actor, id habeas.StaffUserID, match int64, change func(*account.StaffUser) error) (account.StaffUser, error)
	RemoveUser(ctx context.Context, a habeas.Actor, id habeas.StaffUserID, match int64) error

	Group(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID) (account.StaffGroup, error)
	GroupNamed(ctx context.Context, a habeas.Actor, name string) (account.StaffGroup, bool, error)
	Groups(ctx context.Context, a habeas.Actor, offset, limit int) ([]account.StaffGroup, int, error)
	CreateGroup(ctx context.Context, a habeas.Actor, g account.StaffGroup) (account.StaffGroup, error)
	ChangeGroup(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID, match int64, change func(*account.StaffGroup) error) (account.StaffGroup, error)
	RemoveGroup(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID, match int64) error
}

// scimPath is where SCIM 2.0 is spoken (RFC 7643, RFC 7644). It describes itself at
// /Schemas, as its programs expect, and not in openapi.json.
const scimRoot = "/scim/v2"

// scimType is the media type of what is said there.
const scimType = "application/scim+json"

// Bounds of a page.
const (
	scimPage    = 100
	scimMaxPage = 200
)

// mountSCIM registers the endpoints.
func (a *API) mountSCIM(m *edge.Mux) {
	for pattern, h := range map[string]systemHandler{
		"GET /Users": a.scimUsers, "POST /Users": a.scimCreateUser, "GET /Users/{id}": a.scimUser,
		"PUT /Users/{id}": a.scimReplaceUser, "PATCH /Users/{id}": a.scimPatchUser, "DELETE /Users/{id}": a.scimRemoveUser,
		"GET /Groups": a.scimGroups, "POST /Groups": a.scimCreateGroup, "GET /Groups/{id}": a.scimGroup,
		"PUT /Groups/{id}": a.scimReplaceGroup, "PATCH /Groups/{id}": a.scimPatchGroup, "DELETE /Groups/{id}": a.scimRemoveGroup,
		"GET /ServiceProviderConfig": a.scimConfig,
		"GET /ResourceTypes":         a.scimList(scimResourceTypes), "GET /ResourceTypes/{id}": a.scimOne(scimResourceTypes),
		"GET /Schemas": a.scimList(scimSchemas), "GET /Schemas/{id}": a.scimOne(scimSchemas),
	} {
		method, path, _ := strings.Cut(pattern, " ")
		m.Handle(method+" "+scimRoot+path, a.forProvisioning(h))
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		m.Handle(method+" "+scimRoot+"/{rest...}", func(w http.ResponseWriter, r *http.Request) error {
			return a.scimFail(w, r, account.ErrStaffNone)
		})
	}
}

// forProvisioning lets a system through that may say who works here, and answers what
// goes wrong in the form of SCIM (RFC 7644, 3.12).
func (a *API) forProvisioning(h systemHandler) edge.Handler {
	let := a.forSystem(authz.ScopeStaff, func(w http.ResponseWriter, r *http.Request, c caller) error {
		if c.Sandbox {
			return errSandbox
		}
		return h(w, r, c)
	})
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := let(w, r); err != nil {
			return a.scimFail(w, r, err)
		}
		return nil
	}
}

// scimTypes say in the words of SCIM what is wrong, by code (RFC 7644, table 9).
var scimTypes = map[string]string{
	"staff.taken": "uniqueness", "staff.text": "invalidValue", "staff.emails": "invalidValue", "staff.member": "invalidValue",
	"scim.filter": "invalidFilter", "scim.path": "invalidPath", "scim.value": "invalidValue", "scim.target": "noTarget",
	"json.syntax": "invalidSyntax", "json.type": "invalidSyntax", "json.duplicate": "invalidSyntax", "json.utf8": "invalidSyntax",
	"json.depth": "invalidSyntax", "json.trailing": "invalidSyntax", "scim.syntax": "invalidSyntax",
}

// scimError is the body of a refusal.
type scimError struct {
	Schemas []string `json:"schemas"`
	Status  string   `json:"status"`
	Type    string   `json:"scimType,omitempty"`
	Detail  string   `json:"detail,omitempty"`
}

func (a *API) scimFail(w http.ResponseWriter, r *http.Request, err error) error {
	p, retry := a.failures.Problem(r, err)
	if retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((retry+time.Second-1)/time.Second)))
	}
	detail := p.Detail
	if p.Field != "" {
		detail = p.Field + ": " + detail
	}
	return scimWrite(w, p.Status, scimError{
		Schemas: []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, Status: strconv.Itoa(p.Status), Type: scimTypes[p.Code], Detail: detail,
	})
}

func scimWrite(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return habeas.Internal(err)
	}
	h := w.Header()
	h.Set("Content-Type", scimType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone; there is nobody to tell
	return nil
}

var (
	errSCIMFilter = habeas.Invalid("filter", "Understood are comparisons with eq, of userName, displayName, externalId or id, joined by and.").WithCode("scim.filter")
	errSCIMPage   = habeas.Invalid("", "startIndex and count are whole numbers.").WithCode("scim.value")
	errSCIMMatch  = edge.WithStatus(habeas.Conflict("The resource has another version by now. Read it again.").WithCode("staff.version"), http.StatusPreconditionFailed)
)

// scimQuery is what the address of a list asks.
type scimQuery struct {
	where         []scimTerm
	offset, limit int
	only, without map[string]bool // attributes
}

// readSCIMQuery reads it. Parameters that are not known here are passed over, as
// RFC 7644, 3.4.2 has it of sorting.
func readSCIMQuery(r *http.Request) (q scimQuery, err error) {
	sent, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return q, habeas.Invalid("", "The query of the address is not well formed.").WithCode("scim.syntax")
	}
	one := func(name string) string {
		if len(sent[name]) == 0 {
			return ""
		}
		return sent[name][0]
	}
	number := func(name string, otherwise int) int {
		text := one(name)
		if text == "" {
			return otherwise
		}
		n, wrong := strconv.Atoi(text)
		if wrong != nil {
			err = errSCIMPage
		}
		return n
	}
	q.offset = max(number("startIndex", 1), 1) - 1
	q.limit = min(max(number("count", scimPage), 0), scimMaxPage)
	q.offset = min(q.offset, account.MaxStaff)
	if err != nil {
		return q, err
	}
	if text := one("filter"); text != "" {
		var ok bool
		if q.where, ok = parseSCIMFilter(text); !ok {
			return q, errSCIMFilter
		}
	}
	q.only, q.without = attributeNames(one("attributes")), attributeNames(one("excludedAttributes"))
	return q, nil
}

// attributeNames are those of a list, each without what stands behind its first point.
func attributeNames(list string) map[string]bool {
	if list == "" {
		return nil
	}
	out := map[string]bool{}
	for part := range strings.SplitSeq(list, ",") {
		if p, ok := parseSCIMPath(part); ok {
			out[p.attr] = true
		}
	}
	return out
}

// narrow leaves out what was not asked for (RFC 7644, 3.9); id and schemas always stay.
func (q scimQuery) narrow(resource map[string]any) map[string]any {
	for name := range resource {
		low := strings.ToLower(name)
		if low == "id" || low == "schemas" {
			continue
		}
		if q.only != nil && !q.only[low] || q.without[low] {
			delete(resource, name)
		}
	}
	return resource
}

// scimListed is a page of resources (RFC 7644, 3.4.2).
func scimListed(w http.ResponseWriter, all []map[string]any, total, offset int) error {
	if all == nil {
		all = []map[string]any{}
	}
	return scimWrite(w, http.StatusOK, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": total,
		"itemsPerPage": len(all), "startIndex": offset + 1, "Resources": all,
	})
}

// scimMeta says when a resource came to be and which version it is.
func (a *API) scimMeta(kind, path string, created, changed time.Time, version int64) map[string]any {
	return map[string]any{
		"resourceType": kind, "created": created.UTC().Format(time.RFC3339), "lastModified": changed.UTC().Format(time.RFC3339),
		"location": a.deps.Origin.URL(scimRoot + path), "version": scimTag(version),
	}
}

func scimTag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// scimMatch reads If-Match: the version to be changed, 0 for any.
func scimMatch(r *http.Request) (int64, error) {
	text := r.Header.Get("If-Match")
	if text == "" || text == "*" {
		return 0, nil
	}
	text = strings.TrimPrefix(strings.TrimSpace(text), "W/")
	version, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64)
	if err != nil || version < 1 {
		return 0, errSCIMMatch
	}
	return version, nil
}

// scimMoved turns a change of another version into the refusal of a precondition.
func scimMoved(err error, match int64) error {
	if match > 0 && habeas.KindOf(err) == habeas.KindConflict && codeOf(err) == "staff.version" {
		return errSCIMMatch
	}
	return err
}

func codeOf(err error) string {
	if e, ok := err.(*habeas.Error); ok {
		return e.Code
	}
	return ""
}

// scimAnswer writes one resource with its version, or that it has not changed.
func scimAnswer(w http.ResponseWriter, r *http.Request, status int, resource map[string]any, version int64) error {
	w.Header().Set("ETag", scimTag(version))
	if status == http.StatusOK && r.Method == http.MethodGet && r.Header.Get("If-None-Match") == scimTag(version) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if meta, ok := resource["meta"].(map[string]any); ok && status == http.StatusCreated {
		location, _ := meta["location"].(string)
		w.Header().Set("Location", location)
	}
	return scimWrite(w, status, resource)
}

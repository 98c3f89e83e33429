package api

import (
	"net/http"

	"github.com/habeas-data/habeas/internal/account"
)

// scimConfig says what of SCIM is spoken here (RFC 7643, 5).
func (a *API) scimConfig(w http.ResponseWriter, _ *http.Request, _ caller) error {
	off := map[string]any{"supported": false}
	return scimWrite(w, http.StatusOK, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   map[string]any{"supported": true}, "etag": map[string]any{"supported": true},
		"filter":         map[string]any{"supported": true, "maxResults": scimMaxPage},
		"bulk":           map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"changePassword": off, "sort": off,
		"authenticationSchemes": []map[string]any{{
			"type": "oauthbearertoken", "name": "OAuth Bearer Token", "primary": true, "specUri": "https://www.rfc-editor.org/info/rfc6750",
			"description": "A token of a connected system with the scope staff:write, from " + a.deps.Origin.URL("/oauth/token"),
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": a.deps.Origin.URL(scimRoot + "/ServiceProviderConfig")},
	})
}

// scimList answers with all that describes itself, scimOne with one of them.
func (a *API) scimList(all func(*API) []map[string]any) systemHandler {
	return func(w http.ResponseWriter, _ *http.Request, _ caller) error {
		list := all(a)
		return scimListed(w, list, len(list), 0)
	}
}

func (a *API) scimOne(all func(*API) []map[string]any) systemHandler {
	return func(w http.ResponseWriter, r *http.Request, _ caller) error {
		for _, one := range all(a) {
			if one["id"] == r.PathValue("id") {
				return scimWrite(w, http.StatusOK, one)
			}
		}
		return account.ErrStaffNone
	}
}

func scimResourceTypes(a *API) []map[string]any {
	one := func(name, endpoint, schema string) map[string]any {
		return map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": name, "name": name, "endpoint": endpoint, "schema": schema,
			"meta": map[string]any{"resourceType": "ResourceType", "location": a.deps.Origin.URL(scimRoot + "/ResourceTypes/" + name)},
		}
	}
	return []map[string]any{one("User", "/Users", scimUserSchema), one("Group", "/Groups", scimGroupSchema)}
}

// scimAttr describes an attribute as RFC 7643, 7 has it; change alters what is usual.
func scimAttr(name, kind string, change map[string]any) map[string]any {
	out := map[string]any{
		"name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false,
		"mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}

func scimSchemas(a *API) []map[string]any {
	type more = map[string]any
	text := func(name string, change more) map[string]any { return scimAttr(name, "string", change) }
	user := []map[string]any{
		text("userName", more{"required": true, "uniqueness": "server"}), text("displayName", nil),
		scimAttr("name", "complex", more{"subAttributes": []map[string]any{text("formatted", nil), text("givenName", nil), text("familyName", nil)}}),
		scimAttr("active", "boolean", nil),
		scimAttr("emails", "complex", more{"multiValued": true, "subAttributes": []map[string]any{
			text("value", nil), text("type", nil), scimAttr("primary", "boolean", nil),
		}}),
		scimAttr("groups", "complex", more{"multiValued": true, "mutability": "readOnly", "subAttributes": []map[string]any{text("value", more{"mutability": "readOnly"})}}),
	}
	group := []map[string]any{
		text("displayName", more{"required": true, "uniqueness": "server"}),
		scimAttr("members", "complex", more{"multiValued": true, "subAttributes": []map[string]any{text("value", more{"mutability": "immutable"})}}),
	}
	one := func(id, name, description string, attributes []map[string]any) map[string]any {
		return map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": id, "name": name, "description": description, "attributes": attributes,
			"meta": map[string]any{"resourceType": "Schema", "location": a.deps.Origin.URL(scimRoot + "/Schemas/" + id)},
		}
	}
	return []map[string]any{
		one(scimUserSchema, "User", "Somebody who works here: a permission that waits for an address", user),
		one(scimGroupSchema, "Group", "A group, which may permit a role", group),
	}
}

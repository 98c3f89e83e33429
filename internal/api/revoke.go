package api

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
)

// revoke ends one of a client's own tokens (RFC 7009). A token that is unknown, or
// another client's, is answered like one that was ended: it is as dead as was wished.
func (a *API) revoke(w http.ResponseWriter, r *http.Request) error {
	form, id, secret, refusal := a.clientForm(w, r, "token", "token_type_hint")
	if refusal == nil && form.Secret("token").IsZero() {
		refusal = badRequest("invalid_request", "The parameter token is missing")
	}
	if refusal != nil {
		return refuse(w, refusal)
	}
	err := a.deps.Systems.Revoke(r.Context(), id, secret, form.Secret("token"))
	switch {
	case habeas.KindOf(err) == habeas.KindUnauthenticated:
		return refuse(w, invalidClient)
	case err != nil:
		return err
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// serverMetadata describes the authorization server (RFC 8414, 2): only what works.
type serverMetadata struct {
	Issuer         string        `json:"issuer"`
	TokenEndpoint  string        `json:"token_endpoint"`
	TokenMethods   []string      `json:"token_endpoint_auth_methods_supported"`
	RevokeEndpoint string        `json:"revocation_endpoint"`
	RevokeMethods  []string      `json:"revocation_endpoint_auth_methods_supported"`
	GrantTypes     []string      `json:"grant_types_supported"`
	ResponseTypes  []string      `json:"response_types_supported"` // required; there is no authorization endpoint
	Scopes         []authz.Scope `json:"scopes_supported"`
	Documentation  string        `json:"service_documentation"`
}

func (a *API) metadata(w http.ResponseWriter, _ *http.Request) error {
	methods := []string{"client_secret_basic", "client_secret_post"}
	o := a.deps.Origin
	w.Header().Set("Cache-Control", "public, max-age=300")
	return edge.WriteJSON(w, http.StatusOK, serverMetadata{
		Issuer: o.String(), TokenEndpoint: o.URL("/oauth/token"), TokenMethods: methods,
		RevokeEndpoint: o.URL("/oauth/revoke"), RevokeMethods: methods,
		GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{},
		Scopes: a.scopes(), Documentation: o.URL("/api"),
	})
}

// scopes are all that a system can be granted here.
func (a *API) scopes() []authz.Scope {
	all := append(authz.AllScopes(), authz.ScopeStaff)
	for _, set := range a.deps.Records.Schemas().Sets() {
		all = append(all, authz.ReadScope(set.Name))
	}
	return all
}

package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/sealed"
)

// granted is the answer of the token endpoint (RFC 6749, 5.1).
type granted struct {
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Seconds int    `json:"expires_in"`
	Scope   string `json:"scope"`
	Sandbox bool   `json:"sandbox,omitzero"` // nothing real is read or written with it
}

// refused is its answer when it grants nothing (RFC 6749, 5.2).
type refused struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// oauthError is a refusal with its status.
type oauthError struct {
	status int
	body   refused
}

func badRequest(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, refused{code, description}}
}

var invalidClient = &oauthError{http.StatusUnauthorized, refused{"invalid_client", "The client id and secret are not known here"}}

// tooOften borrows a code of RFC 6749, 4.1.2.1: section 5.2 has none for this.
var tooOften = &oauthError{http.StatusTooManyRequests, refused{"temporarily_unavailable", "Too many requests; a token is good for an hour, so keep it"}}

// token grants an access token to a system that shows its secret (RFC 6749, 4.4),
// in the Authorization header or in the form (2.3.1), not in both.
func (a *API) token(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store") // RFC 6749, 5.1
	h.Set("Pragma", "no-cache")
	answer, refusal, err := a.grant(w, r)
	switch {
	case err != nil:
		return err
	case refusal == nil:
		return edge.WriteJSON(w, http.StatusOK, answer)
	}
	return refuse(w, refusal)
}

// refuse answers in the words of OAuth (RFC 6749, 5.2).
func refuse(w http.ResponseWriter, refusal *oauthError) error {
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="habeas"`)
	}
	return edge.WriteJSON(w, refusal.status, refusal.body)
}

// grant returns an answer, a refusal in the words of OAuth, or a fault of ours.
func (a *API) grant(w http.ResponseWriter, r *http.Request) (*granted, *oauthError, error) {
	form, id, secret, refusal := a.clientForm(w, r, "grant_type", "scope")
	if refusal != nil {
		return nil, refusal, nil
	}
	switch form.Typed("grant_type") {
	case "client_credentials":
	case "":
		return nil, badRequest("invalid_request", "The parameter grant_type is missing"), nil
	default:
		return nil, badRequest("unsupported_grant_type", "Use client_credentials"), nil
	}
	token, err := a.deps.Systems.Authorize(r.Context(), id, secret, authz.SplitScopes(form.Typed("scope")))
	switch habeas.KindOf(err) {
	case habeas.KindUnauthenticated:
		return nil, invalidClient, nil
	case habeas.KindInvalid:
		return nil, badRequest("invalid_scope", "Ask only for scopes that this system was granted"), nil
	case habeas.KindTooMany:
		w.Header().Set("Retry-After", "10")
		return nil, tooOften, nil
	case habeas.KindInternal, habeas.KindForbidden, habeas.KindNotFound, habeas.KindConflict, habeas.KindGone,
		habeas.KindTooLarge, habeas.KindUnavailable, habeas.KindSealed:
		if err != nil {
			return nil, nil, err
		}
	}
	return &granted{
		Token: edge.Show(r.Context(), token.Text), Type: "Bearer", Scope: authz.JoinScopes(token.Scopes),
		Seconds: int(authz.TokenLife / time.Second), Sandbox: token.Sandbox,
	}, nil, nil
}

// clientForm reads a form of a client that authenticates itself, with the named parameters.
// An id of another form stands for an unknown one, which is refused in the same way and
// the same time.
func (a *API) clientForm(w http.ResponseWriter, r *http.Request, names ...string) (form *edge.Form, id habeas.SystemID, secret sealed.Value, refusal *oauthError) {
	form, err := edge.DecodeForm(w, r, maxBody)
	if err != nil {
		return nil, id, secret, badRequest("invalid_request", "Send one application/x-www-form-urlencoded form of at most 64 KiB")
	}
	for _, name := range append(names, "client_id", "client_secret") {
		if len(form.TypedAll(name)) > 1 {
			return nil, id, secret, badRequest("invalid_request", "A parameter is given twice")
		}
	}
	client, secret, refusal := credentials(r, form)
	if refusal != nil {
		return nil, id, secret, refusal
	}
	id, _ = habeas.ParseID[habeas.SystemKind](client)
	if ok, wait := a.client.buckets.Take(r.Context(), string(id[:]), 1); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return nil, id, secret, tooOften
	}
	return form, id, secret, nil
}

// credentials reads the client's id and secret.
func credentials(r *http.Request, form *edge.Form) (id string, secret sealed.Value, refusal *oauthError) {
	var none sealed.Value
	header, inForm := r.Header.Get("Authorization"), form.Secret("client_secret")
	switch {
	case header == "" && inForm.IsZero():
		return "", none, invalidClient
	case header == "":
		return form.Typed("client_id"), inForm, nil
	case !inForm.IsZero():
		return "", none, badRequest("invalid_request", "Authenticate in the header or in the form, not in both")
	}
	id, secret, ok := edge.Basic(r.Context(), header)
	if !ok {
		return "", none, invalidClient
	}
	if named := form.Typed("client_id"); named != "" && named != id {
		return "", none, badRequest("invalid_request", "The form names another client than the header")
	}
	return id, secret, nil
}

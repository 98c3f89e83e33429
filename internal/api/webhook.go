package api

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed"
)

// Webhooks is where a system wants to be told of changes. Each method refuses a system
// that asks for another one's.
type Webhooks = webhook.Hooks

// webhookRequest is the body of PUT /api/v1/webhook.
type webhookRequest struct {
	URL    string   `json:"url"`
	Types  []string `json:"types"`  // none: all
	Paused bool     `json:"paused"` // holds events back until it is set to false
}

// webhookAnswer is a webhook as its system sees it.
type webhookAnswer struct {
	URL         string           `json:"url"`
	Types       []party.NewsKind `json:"types"`
	State       webhook.State    `json:"state"`
	Waiting     int              `json:"waiting"`
	Undelivered int              `json:"undelivered"`
	LastOK      time.Time        `json:"last_ok,omitzero"`
	LastFailure string           `json:"last_failure,omitzero"`
	Secret      string           `json:"secret,omitzero"` // when a new one was made, this once
}

type resendAnswer struct {
	Sent int `json:"sent"`
}

// mountWebhooks registers what a system does about its own webhook.
func (a *API) mountWebhooks(m *edge.Mux, own func(systemHandler) edge.Handler) {
	m.Handle("GET /api/v1/webhook", own(a.webhook))
	m.Handle("PUT /api/v1/webhook", own(a.setWebhook))
	m.Handle("DELETE /api/v1/webhook", own(a.removeWebhook))
	m.Handle("POST /api/v1/webhook:rotate", own(a.rotateWebhook))
	m.Handle("POST /api/v1/webhook:test", own(a.testWebhook))
	m.Handle("POST /api/v1/webhook:resend", own(a.resendWebhook))
}

func (a *API) webhook(w http.ResponseWriter, r *http.Request, c caller) error {
	return a.writeWebhook(w, r, c, sealed.Value{})
}

// writeWebhook answers with the webhook as it is now, and a new secret if there is one.
func (a *API) writeWebhook(w http.ResponseWriter, r *http.Request, c caller, secret sealed.Value) error {
	h, waiting, dead, err := a.deps.Webhooks.Of(r.Context(), c.Actor, c.Actor.System)
	if err != nil {
		return err
	}
	answer := webhookAnswer{
		URL: h.URL, State: h.State, Waiting: waiting, Undelivered: dead, LastOK: h.LastOK.UTC().Truncate(time.Second), LastFailure: h.Reason,
		Types: party.NewsKinds(),
	}
	if len(h.Kinds) > 0 {
		answer.Types = nil
		for _, k := range h.Kinds {
			answer.Types = append(answer.Types, party.NewsKind(k))
		}
	}
	if !secret.IsZero() {
		answer.Secret = edge.Show(r.Context(), secret)
	}
	w.Header().Set("Cache-Control", "no-store")
	return edge.WriteJSON(w, http.StatusOK, answer)
}

func (a *API) setWebhook(w http.ResponseWriter, r *http.Request, c caller) error {
	body, err := edge.DecodeJSON[webhookRequest](w, r, maxBody)
	if err != nil {
		return err
	}
	_, secret, err := a.deps.Webhooks.Set(r.Context(), c.Actor, c.Actor.System, webhook.Terms{URL: body.URL, Kinds: body.Types, Paused: body.Paused})
	if err != nil {
		return err
	}
	return a.writeWebhook(w, r, c, secret)
}

func (a *API) rotateWebhook(w http.ResponseWriter, r *http.Request, c caller) error {
	_, secret, err := a.deps.Webhooks.Rotate(r.Context(), c.Actor, c.Actor.System)
	if err != nil {
		return err
	}
	return a.writeWebhook(w, r, c, secret)
}

func (a *API) removeWebhook(w http.ResponseWriter, r *http.Request, c caller) error {
	if err := a.deps.Webhooks.Remove(r.Context(), c.Actor, c.Actor.System); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) testWebhook(w http.ResponseWriter, r *http.Request, c caller) error {
	if err := a.deps.Webhooks.Test(r.Context(), c.Actor, c.Actor.System); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) resendWebhook(w http.ResponseWriter, r *http.Request, c caller) error {
	n, err := a.deps.Webhooks.Resend(r.Context(), c.Actor, c.Actor.System, 0)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, resendAnswer{n})
}

package main

import (
	"context"
	"net/http"
	"strings"
)

// enter enters an entity for whoever is signed in: they are the author, the creator is who
// brought it (ENT-14).
func (s *site) enter(w http.ResponseWriter, r *http.Request) {
	who, err := s.visitor(r)
	if err != nil {
		s.show(w, http.StatusForbidden, "home.html", page{Problem: err.Error()})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPost)
	name, kind := strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("type")
	made, err := s.office.enter(r.Context(), who, kind, name)
	if err != nil {
		s.show(w, http.StatusUnprocessableEntity, "home.html", page{Visitor: who, Problem: err.Error()})
		return
	}
	s.show(w, http.StatusCreated, "home.html", page{Visitor: who, Entered: made})
}

// enter has a description validated and then created, and returns the entity's id.
func (o *office) enter(ctx context.Context, who *visitor, kind, name string) (string, error) {
	body := map[string]any{
		"description": map[string]any{"type": kind, "attributes": []map[string]string{{"name": "name", "value": name, "lang": "en"}}},
		"author":      map[string]any{"certificate": who.certificate.Raw},
	}
	var report struct {
		Ticket   string `json:"ticket"`
		Findings []struct {
			Message string `json:"message"`
		} `json:"findings"`
	}
	if err := o.call(ctx, http.MethodPost, "/api/v1/entities:validate", body, &report); err != nil {
		return "", err
	}
	if report.Ticket == "" {
		no := &refusal{Title: "This description has faults."}
		for _, f := range report.Findings {
			no.Detail += " " + f.Message
		}
		return "", no
	}
	body["ticket"] = report.Ticket
	var made struct {
		ID string `json:"id"`
	}
	err := o.call(ctx, http.MethodPost, "/api/v1/entities", body, &made)
	return made.ID, err
}

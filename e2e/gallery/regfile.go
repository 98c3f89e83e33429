package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed"
)

// mountRegistration lets regfile.js meet an authority: a request goes in, the certificate
// and its chain come out, in base64.
func mountRegistration(mux *edge.Mux) error {
	authority, err := pkitest.New(now)
	if err != nil {
		return err
	}
	mux.Handle("POST /registration/certificate", func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, request.MaxLen))
		if err != nil {
			return err
		}
		asked, err := request.Parse(body)
		if err != nil {
			return err
		}
		chain, err := authority.Issue(asked)
		if err != nil {
			return err
		}
		var all [][]byte
		for _, c := range chain {
			all = append(all, c.Raw)
		}
		return json.NewEncoder(w).Encode(all)
	})
	return nil
}

// reviewFile prints what is in a registration file, whose password is the standard input.
func reviewFile(name string) error {
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	typed, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	s := sealed.Open(context.Background())
	defer s.Close()
	password, err := s.Seal("password", typed)
	if err != nil {
		return err
	}
	v, err := regfile.ReviewFile(file, password)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(v)
}

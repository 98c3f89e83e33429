package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/cloudflare/cfssl/log"
	responder "github.com/cloudflare/cfssl/ocsp"
	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas/internal/bench"
)

// measureCFSSL asks the responder of `cfssl ocspserve`, which hands out answers that were
// signed before it started (by `cfssl ocsprefresh`) and knows of no other certificates.
func measureCFSSL(ctx context.Context, o options) (r bench.PKI, err error) {
	log.Level = log.LevelError
	a, err := newAuthority()
	if err != nil {
		return r, err
	}
	questions, serials, err := a.questions(o.people)
	if err != nil {
		return r, err
	}
	source, now := responder.InMemorySource{}, time.Now()
	for _, serial := range serials {
		source[serial.String()], err = ocsp.CreateResponse(a.issuer, a.issuer, ocsp.Response{
			Status: ocsp.Good, SerialNumber: serial, IssuerHash: hash, ThisUpdate: now, NextUpdate: now.Add(time.Hour),
		}, a.key)
		if err != nil {
			return r, err
		}
	}
	srv := httptest.NewServer(responder.NewResponder(source, nil))
	defer srv.Close()
	r.OCSPKept, err = bench.Press(ctx, bench.Pressure{Request: bench.Questions(srv.URL, questions, true), Callers: o.callers, For: o.length, Want: http.StatusOK})
	return r, err
}

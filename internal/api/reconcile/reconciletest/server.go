package reconciletest

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api/reconcile"
	"github.com/habeas-data/habeas/internal/edge"
)

// Serve serves a registry on a real port, behind the guard as in production.
func Serve(t testing.TB, of reconcile.Entities, limits edge.Limiter) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	origin, err := edge.ParseOrigin("http://localhost:" + port)
	if err != nil {
		t.Fatal(err)
	}
	s, err := reconcile.New(reconcile.Deps{
		Entities: of, Clock: habeas.SystemClock{}, Origin: origin, Name: "City Registry", Version: "1", PerClient: limits,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := &edge.Mux{Failures: &edge.Failures{Log: slog.New(slog.DiscardHandler)}}
	s.Mount(mux)
	server := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler: edge.Guard{Origin: origin, Failures: mux.Failures, Open: reconcile.Path}.Wrap(mux),
	}}
	server.Start()
	t.Cleanup(server.Close)
	return origin.String()
}

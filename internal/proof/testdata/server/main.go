// Command server is "habeas serve" with three pages more: one panics, one waits in the
// middle of a request, and one keeps what it is sent on the heap, as a server must not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/web"
)

func main() {
	dir := flag.String("dir", "", "data directory")
	file := flag.String("master-password-file", "", "file with the master password")
	addr := flag.String("addr", "localhost:0", "where to listen")
	flag.Parse()
	if err := serve(*dir, *file, *addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(dir, file, addr string) error {
	left, err := app.Harden(dir)
	if err != nil {
		return err
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: file})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return app.Serve(ctx, app.ServeOptions{
		Dir: dir, Password: password, Addr: addr, Open: left, More: more,
		Listening: func(url string) { fmt.Println("listening on", url) },
	})
}

// kept is what a server must not have.
var kept []string

func more(m *edge.Mux, _ *web.Site) {
	m.Handle("POST /proof/panic", func(w http.ResponseWriter, r *http.Request) error {
		f, err := edge.DecodeForm(w, r, 1<<12)
		if err != nil {
			return err
		}
		if f.Bool("fault") {
			return fmt.Errorf("cannot show %s: %w", f.Typed("who"), errors.New("no such page "+f.Typed("who")))
		}
		panic("cannot show " + f.Typed("who"))
	})
	m.Handle("POST /proof/keep", func(_ http.ResponseWriter, r *http.Request) error {
		kept = append(kept, r.URL.Query().Get("what"))
		return nil
	})
	cookies := edge.Cookies{}
	m.Handle("POST /proof/wait", func(w http.ResponseWriter, r *http.Request) error {
		f, err := edge.DecodeForm(w, r, 1<<12)
		if err != nil {
			return err
		}
		_, bearer, _ := edge.Basic(r.Context(), r.Header.Get("Authorization"))
		code, _ := f.Code("code", 8), f.Secret("t")
		_, _ = cookies.SignIn(r)
		w.WriteHeader(http.StatusEarlyHints) // tells who asked that we are here
		<-r.Context().Done()
		code.Equal(bearer) // both are in use until then
		return r.Context().Err()
	})
}

// Command gallery serves every part of the pages in all its states, with invented
// data, for the browser tests and for eyes. It holds no real data and is no part of
// the server. It prints its address and runs until it is interrupted.
package main

import (
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

//go:embed pages
var pages embed.FS

// now is the day on which the gallery stands still, so that pictures stay comparable.
var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func main() {
	addr := flag.String("addr", "localhost:0", "address to listen on")
	dev := flag.Bool("dev", false, "read templates and assets from the checkout at each request")
	file := flag.String("review", "", "say what is in a registration file, whose password is the standard input, and end")
	flag.Parse()
	act := func() error { return run(*addr, *dev) }
	if *file != "" {
		act = func() error { return reviewFile(*file) }
	}
	if err := act(); err != nil {
		log.Fatal(err)
	}
}

func run(addr string, dev bool) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	handler, err := gallery(url, dev)
	if err != nil {
		return err
	}
	fmt.Println(url)
	server := http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(listener)
}

// gallery puts the pages behind the same guard as the real server, so that they are
// seen under its content policy.
func gallery(url string, dev bool) (http.Handler, error) {
	origin, err := edge.ParseOrigin(url)
	if err != nil {
		return nil, err
	}
	extra, err := fs.Sub(pages, "pages")
	if err != nil {
		return nil, err
	}
	zone := time.FixedZone("CET", 3600)
	rd, err := ui.NewRenderer(ui.Config{
		Org: "Harbour Arts Trust", Clock: habeas.NewManualClock(now), Zone: zone, Nav: navigation(), Pages: extra, Dev: dev,
	})
	if err != nil {
		return nil, err
	}
	failures := &edge.Failures{Page: rd.Failure}
	mux := &edge.Mux{Failures: failures}
	mux.HandleHTTP("GET /static/", rd.Assets())
	mux.HandleHTTP("POST /preferences", http.HandlerFunc(rd.Preferences))
	mux.Handle("GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		return rd.Render(w, r, http.StatusOK, "public/home", nil)
	})
	mux.Handle("GET /fault", func(http.ResponseWriter, *http.Request) error { return fmt.Errorf("a fault on purpose") })
	show := func(path, name string, who ui.Frame, data any) {
		mux.Handle("GET "+path, func(w http.ResponseWriter, r *http.Request) error {
			return rd.Render(w, ui.WithFrame(r, who), http.StatusOK, name, data)
		})
	}
	person := ui.Frame{Actor: actor(), Name: "Tim Okafor"}
	busy := person
	busy.Undo, busy.Notices, busy.Tour = undo(), notices(), tour()
	staff := ui.Frame{Actor: actor(habeas.RoleStaff, habeas.RoleAdministrator), Name: "Mara Lindqvist"}
	show("/me/record", "gallery/record", person, record(zone))
	show("/me/messages", "gallery/messages", busy, messages())
	show("/me/form", "gallery/form", person, forms())
	show("/staff/table", "gallery/table", staff, tables())
	show("/staff/session", "gallery/session", staff, conversation())
	mux.Handle("POST /hint", hint)
	if err := mountPasskeys(mux, rd, origin); err != nil {
		return nil, err
	}
	if err := mountRegistration(mux); err != nil {
		return nil, err
	}
	return edge.Guard{Origin: origin, Failures: failures}.Wrap(mux), nil
}

func actor(roles ...habeas.Role) habeas.Actor {
	return habeas.Actor{
		Kind: habeas.ActorPerson, Account: habeas.NewID[habeas.AccountKind](now),
		Roles: append(roles, habeas.RolePerson), Proof: habeas.ProofPasskey,
	}
}

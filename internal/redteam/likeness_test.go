package redteam_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

var likenessAttacks = []attack{
	{26, "known_or_unknown", "addresses of nobody, with a record, with an account, with both, with a passkey, closed → somebody asks at sign-up, sign-in, notice and claim, types a wrong code, books → status, headers, body, and what is written are the same.", knownOrUnknown},
	{27, "booker_compares_answers", "addresses of nobody, of a record, of a claimed one, of somebody else by name → Bell adds them one by one and in bulk, and reads them → identical answers.", bookerCompares},
	{31, "a_thousand_bookings_at_once", "nobody is known at Tim's address → a thousand calls at once bring it → one party, one reference, and every ticket.", thousandAtOnce},
}

// tables are where what anybody may do adds rows. The counters of asking and guessing are
// not among them: one is begun or goes on, which is the same work.
var tables = []string{
	"count(*) FROM challenge", "count(*) FROM outbox", "count(*) FROM leaf", "count(*) FROM statement", "count(*) FROM ticket",
	"count(*) FROM known_as", "sum(version) FROM party",
}

// written counts rows, behind the server's back.
func (w *world) written() []int {
	w.Helper()
	db, out := pgtest.Behind(w, filepath.Join(w.Dir, "records.db"), w.RecordsDSN), make([]int, len(tables))
	for i, table := range tables {
		w.Must(db.QueryRow("SELECT " + table).Scan(&out[i]))
	}
	return out
}

// crowdOfKinds makes an address of each kind that somebody outside must not tell apart,
// all of one length.
func (w *world) crowdOfKinds(desk *system) map[string]string {
	w.Helper()
	kinds := map[string]string{"nobody": "person1@example.org"}
	at := func(kind string) string {
		kinds[kind] = fmt.Sprintf("person%d@example.org", len(kinds)+1)
		return kinds[kind]
	}
	w.record(desk, at("a record"), fields{"identity": {"given_name": "Kay"}})
	w.joined(at("an account"))
	address := at("a claimed record")
	id := w.record(desk, address, fields{"identity": {"given_name": "Kay"}})
	accept(w.joined(address), id)
	w.Post.About(w, address, "is now yours")
	w.member(at("an account with a passkey"))
	closed := w.joined(at("a closed account"))
	w.administrator().Filled("/admin/roles", "/admin/accounts", "account", kinds["a closed account"], "state", "close")
	if in(closed) {
		w.Fatal("the account is open")
	}
	return kinds
}

// Equal work by statements, bytes and keys is shown by
// TestKnownAndUnknownAddressesCostTheSameWork; habeas bench timing measures the times.
//
// Proves PTY-A26.
func knownOrUnknown(w *world) {
	desk, bell := w.Connect("Booking desk"), w.Connect("Bell Tours")
	kinds := w.crowdOfKinds(desk)
	bell.Party(says("first@example.org", fields{})) // what happens once has happened
	for _, way := range []struct {
		name, page, action, code string
		twice                    bool
	}{
		{"sign-up, claim", "/join", "/join", "/code", true},
		{"sign-in, recovery", "/sign-in", "/sign-in/code", "/code", false},
		{"notice", "/notice", "/notice", "/notice/code", false},
	} {
		w.alike(way.name, kinds, func(address string) string {
			b := w.person()
			pairs := []string{"address", address}
			if way.twice {
				pairs = append(pairs, "again", address)
			}
			asked := b.Fill(way.page, way.action, pairs...)
			_, c, _ := strings.Cut(asked.Header.Get("Location"), "?c=")
			page := b.Get(way.code + "?c=" + c)
			refused := b.Fill(way.code+"?c="+c, way.code, "code", "00000000")
			return shape(asked, c, address) + shape(page, c, address) + shape(refused, c, address)
		})
	}
	w.alike("booking", kinds, func(address string) string {
		r := bell.Say(says(address, fields{"identity": {"given_name": "Kay"}}, "ticket", object{"id": "T-" + address}))
		return shape(r, r.JSON(w)["party"].(string))
	})
}

// alike checks that a deed looks the same for every kind of address, and writes as many
// rows.
func (w *world) alike(name string, kinds map[string]string, deed func(address string) string) {
	w.Helper()
	try := func(address string) (string, []int) {
		before := w.written()
		seen := deed(address)
		after := w.written()
		for i := range after {
			after[i] -= before[i]
		}
		return seen, after
	}
	seen, rows := try(kinds["nobody"])
	for kind, address := range kinds {
		if kind == "nobody" {
			continue
		}
		got, more := try(address)
		if got != seen {
			w.Errorf("%s: %s\nfor nobody %s\nfor %s %s", name, address, apart(seen, got), kind, apart(got, seen))
		}
		for i := range rows {
			if more[i] != rows[i] {
				w.Errorf("%s: %s grows by %d for nobody, by %d for %s", name, tables[i], rows[i], more[i], kind)
			}
		}
	}
}

// apart is the first line of a text that another lacks.
func apart(text, other string) string {
	there := map[string]bool{}
	for line := range strings.Lines(other) {
		there[line] = true
	}
	for line := range strings.Lines(text) {
		if !there[line] {
			return line
		}
	}
	return "(nothing more)"
}

// Proves PTY-26, PTY-A27.
func bookerCompares(w *world) {
	desk, bell := w.Connect("Booking desk"), w.Connect("Bell Tours")
	kinds := w.crowdOfKinds(desk)
	kinds["somebody else by name"] = "person7@example.org"
	w.record(desk, kinds["somebody else by name"], fields{"identity": {"given_name": "Wilhelmina", "birth_date": "1950-01-01"}})
	bell.Party(says("first@example.org", fields{}))
	kay := fields{"identity": {"given_name": "Kay", "birth_date": "1984-05-03"}}
	refs := map[string]bool{}
	w.alike("one by one", kinds, func(address string) string {
		r := bell.Say(says(address, kay, "ticket", object{"id": "T-" + address}))
		again := bell.Say(says(address, kay))
		ref := r.JSON(w)["party"].(string)
		refs[ref] = true
		ticket := bell.Send(http.MethodGet, "/api/v1/tickets:get?id=T-"+address, "", "", "Authorization", "Bearer "+bell.Token)
		return shape(r, ref) + shape(again, ref) + shape(ticket, ref, address)
	})
	w.alike("in bulk", kinds, func(address string) string {
		r := bell.Call("/api/v1/parties:bulkFindOrCreate", object{"items": []any{says(address, kay)}})
		for ref := range maps.Keys(refs) {
			r.Body = strings.ReplaceAll(r.Body, ref, "…")
		}
		return shape(r, address)
	})
	if len(refs) != len(kinds) {
		w.Errorf("%d references for %d addresses", len(refs), len(kinds))
	}
	for ref := range refs {
		r := bell.Call("/api/v1/parties:query", object{"parties": []string{ref}, "purpose": "question"})
		w.refused("reading without leave", r)
	}
}

// Proves PTY-1, PTY-A31.
func thousandAtOnce(w *world) {
	desk := w.Connect("Booking desk")
	const calls, connections = 1000, 50
	desk.Client.Transport = &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	refs := make([]string, calls)
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			r := desk.Send(http.MethodPost, servertest.FindOrCreate, "application/json",
				fmt.Sprintf(`{"email":"Tim@Example.org","ticket":{"id":"T-%d"}}`, i), "Authorization", "Bearer "+desk.Token)
			_, after, _ := strings.Cut(r.Body, `"party":"`)
			if refs[i], _, _ = strings.Cut(after, `"`); r.Status != http.StatusOK || refs[i] == "" {
				w.Errorf("call %d: %d %s", i, r.Status, r.Body)
			}
		})
	}
	all.Wait()
	desk.Client.CloseIdleConnections()
	for i := range refs {
		if refs[i] != refs[0] {
			w.Fatalf("call %d got another reference", i)
		}
	}
	if n := w.parties(); n != 1 {
		w.Errorf("%d parties, want 1", n)
	}
	if n := len(w.held(desk.Behind(refs[0])).Tickets); n != calls {
		w.Errorf("%d tickets, want %d", n, calls)
	}
}

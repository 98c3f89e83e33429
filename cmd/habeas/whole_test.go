package main

import (
	"database/sql"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	_ "modernc.org/sqlite" // to look at the rows beside the server's own code

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// doctor examines a directory, opening every n-th sealed value. A running server does
// it itself.
func (l *load) doctor(s *site, n int) {
	l.Helper()
	args := []string{"doctor", "--json", "--dir", s.dir, "--master-password-file", s.password, "--sample", strconv.Itoa(n)}
	_, out, complaints := l.run(args...)
	var r backup.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		l.Fatalf("doctor: %v: %s%s", err, out, complaints)
	}
	for _, f := range r.Findings {
		if !strings.HasPrefix(f.Code, "disk.") { // this machine's
			l.Errorf("doctor finds %s: %s %v", f.Code, f.What, f.Where)
		}
	}
	if r.Checked.Leaves == 0 || r.Checked.Keys == 0 || r.Checked.Sealed == 0 {
		l.Errorf("doctor looked at nothing: %+v", r.Checked)
	}
}

// checkpoint reads what a directory publishes, with its signature checked.
func (s *site) checkpoint() ledger.Checkpoint {
	s.Helper()
	key, err := os.ReadFile(filepath.Join(s.dir, "ledger", "key"))
	s.must(err)
	v, err := note.NewVerifier(strings.TrimSpace(string(key)))
	s.must(err)
	text, err := os.ReadFile(filepath.Join(s.dir, "ledger", "checkpoint"))
	s.must(err)
	c, err := ledger.ParseCheckpoint(text, note.VerifierList(v))
	s.must(err)
	return c
}

// check opens the store and compares it with what the callers remember, and what the
// nodes have published with its ledger.
func (l *load) check(nodes ...*site) {
	l.Helper()
	var older []ledger.Checkpoint
	for _, n := range nodes {
		now, was := n.checkpoint(), l.shown[n.dir]
		if now.Size < was.Size {
			l.Errorf("a node has shown %d entries and shows %d", was.Size, now.Size)
		}
		if was.Size > 0 {
			older = append(older, was)
		}
		older = append(older, now)
		l.shown[n.dir] = now
	}
	s := l.beside.open()
	defer func() { l.must(s.Close()) }()
	// A commit that a killed server has sent may still be under way in the database. Whoever
	// has had the turn to write comes after it.
	l.must(s.DB.InTx(l.Context(), func(*sqlstore.Tx) error { return nil }))
	l.must(s.DB.Settle(l.Context()))
	found, said := l.statements(s)
	l.fates(s, found)
	l.leaves(s, said)
	l.rows()
	l.must(s.Ledger.Publish(l.Context()))
	after := l.beside.checkpoint()
	for _, o := range older {
		proof, err := ledger.Consistency(l.Context(), s.DB, o.Size, after.Size)
		l.must(err)
		if err := ledger.VerifyConsistency(o, after, proof); err != nil {
			l.Errorf("the checkpoint of %d entries is not part of that of %d: %v", o.Size, after.Size, err)
		}
	}
}

// followed is of how many acknowledged requests, besides the new ones, the reference is
// followed to its record.
const followed = 100

// fates compares what was found with what the callers know.
func (l *load) fates(s *app.Server, found map[string][]habeas.PartyID) {
	l.Helper()
	again := followed
	for _, i := range rand.Perm(len(l.all)) {
		w := l.all[i]
		at := found[w.mark]
		delete(found, w.mark)
		switch {
		case len(at) > 1:
			l.Errorf("%s was written %d times", w.mark, len(at))
		case w.fate == refused && len(at) > 0:
			l.Errorf("%s was refused and is there", w.mark)
		case w.fate == acknowledged && len(at) == 0:
			l.Errorf("%s was acknowledged and is not there", w.mark)
		case w.fate == acknowledged && (!w.checked || again > 0):
			if w.checked {
				again--
			}
			w.checked = true
			if l.behind(s, w.ref) != at[0] {
				l.Errorf("%s: its reference does not lead to its record", w.mark)
			}
		}
	}
	for mark := range found {
		l.Errorf("%q is there and nobody said it", mark)
	}
}

// statements returns where each mark was said, and how much was said of each party.
func (l *load) statements(s *app.Server) (found map[string][]habeas.PartyID, said map[habeas.PartyID]int) {
	l.Helper()
	found, said = map[string][]habeas.PartyID{}, map[habeas.PartyID]int{}
	l.must(s.DB.Records().Each(l.Context(), func(p party.Party, st party.Statement) {
		mark := st.Values.Get("identity", "occupation")
		found[mark] = append(found[mark], p.ID)
		said[p.ID]++
	}))
	return found, said
}

func (l *load) behind(s *app.Server, ref string) habeas.PartyID {
	r, err := party.ParseReference("party", ref)
	l.must(err)
	prefix, n := r.Handle(s.Keys.Cipher("reference/" + l.system.String()))
	id, err := s.DB.Records().ByReference(l.Context(), l.system, prefix, n)
	l.must(err)
	return id
}

// opened is of how many parties the leaves are opened after each kill; of all of them
// they are counted.
const opened = 300

// leaves compares for each party the statements with the leaves of its subject, which
// its key opens.
func (l *load) leaves(s *app.Server, said map[habeas.PartyID]int) {
	l.Helper()
	all, _, _, err := s.DB.Records().Count(l.Context())
	l.must(err)
	if all != len(said) {
		l.Errorf("%d parties, but statements about %d", all, len(said))
	}
	tried := 0
	for id, n := range said { // in no order: each time others are opened
		if tried++; tried > opened {
			break
		}
		events, err := s.DB.Events(l.Context(), habeas.SubjectOf(id), habeas.EventID{}, 1<<20)
		if err != nil {
			l.Errorf("the leaves of %s: %v", id, err)
			continue
		}
		created := 0
		for _, e := range events {
			if e.Event == audit.PartyCreated {
				created++
			}
		}
		if len(events) != n || created != 1 {
			l.Errorf("%s: %d statements, %d leaves, of them %d of its creation", id, n, len(events), created)
		}
	}
}

// halves are rows whose other half is missing, on either engine.
var halves = map[string]string{
	"parties without a statement":   `SELECT count(*) FROM party WHERE id NOT IN (SELECT party FROM statement)`,
	"statements without a party":    `SELECT count(*) FROM statement WHERE party NOT IN (SELECT id FROM party)`,
	"handles without a party":       `SELECT count(*) FROM known_as WHERE party NOT IN (SELECT id FROM party)`,
	"parties without a handle":      `SELECT count(*) FROM party WHERE id NOT IN (SELECT party FROM known_as)`,
	"parties without a leaf":        `SELECT count(*) FROM party WHERE id NOT IN (SELECT subject FROM leaf)`,
	"leaves of nobody":              `SELECT count(*) FROM leaf WHERE subject <> $1 AND subject NOT IN (SELECT id FROM party)`,
	"tickets without a statement":   `SELECT count(*) FROM ticket WHERE id NOT IN (SELECT ticket FROM statement WHERE ticket IS NOT NULL)`,
	"statements without its ticket": `SELECT count(*) FROM statement WHERE ticket IS NOT NULL AND ticket NOT IN (SELECT id FROM ticket)`,
	"parties with more or fewer leaves than statements": `SELECT count(*) FROM (SELECT party, count(*) AS n FROM statement GROUP BY party) s
		LEFT JOIN (SELECT subject, count(*) AS n FROM leaf GROUP BY subject) l ON l.subject = s.party WHERE l.n IS NULL OR l.n <> s.n`,
	"answers without a statement": `SELECT CASE WHEN (SELECT count(*) FROM idempotent) > (SELECT count(*) FROM statement) THEN 1 ELSE 0 END`,
}

// treeHalves are those of the ledger, which lies otherwise on each engine.
var treeHalves = map[bool]map[string]string{
	false: {"gaps in the ledger": `SELECT coalesce(max(idx) + 1, 0) - count(*) FROM leaf`},
	true: {
		"gaps in the ledger":     `SELECT coalesce(max(idx) + 1, 0) - count(*) FROM tree`,
		"places without a leaf":  `SELECT count(*) FROM tree WHERE event NOT IN (SELECT event FROM leaf)`,
		"leaves without a place": `SELECT count(*) FROM leaf WHERE event NOT IN (SELECT event FROM tree)`,
		"leaves that wait":       `SELECT count(*) FROM staged`,
	},
}

// rows looks for halves behind the server's back. What it opens it closes: a SQLite
// file that somebody has open is not recovered after a kill.
func (l *load) rows() {
	l.Helper()
	db := l.database(l.recordsDSN, "records.db")
	defer db.Close()
	for _, queries := range []map[string]string{halves, treeHalves[l.recordsDSN != ""]} {
		for what, query := range queries {
			var args []any
			if strings.Contains(query, "$1") {
				args = append(args, make([]byte, 16))
			}
			var n int
			l.must(db.QueryRowContext(l.Context(), query, args...).Scan(&n))
			if n != 0 {
				l.Errorf("%d %s", n, what)
			}
		}
	}
	keys := l.database(l.keysDSN, "keys.db")
	defer keys.Close()
	has := l.ids(keys, `SELECT id FROM subject_key`)
	missing := 0
	for id := range l.ids(db, `SELECT id FROM party`) {
		if !has[id] {
			missing++
		}
	}
	if missing > 0 {
		l.Errorf("%d parties without a key", missing)
	}
}

func (l *load) database(dsn, file string) *sql.DB {
	l.Helper()
	driver := "pgx"
	if dsn == "" {
		driver, dsn = "sqlite", filepath.Join(l.dir, file)
	}
	db, err := sql.Open(driver, dsn)
	l.must(err)
	return db
}

func (l *load) ids(db *sql.DB, query string) map[string]bool {
	l.Helper()
	rows, err := db.QueryContext(l.Context(), query)
	l.must(err)
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id []byte
		l.must(rows.Scan(&id))
		out[string(id)] = true
	}
	l.must(rows.Err())
	return out
}

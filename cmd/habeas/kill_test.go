package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	_ "modernc.org/sqlite" // to look at the rows beside the server's own code

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/ledger"
)

// callers is how many systems' requests are under way when the server is killed.
const callers = 32

// write is one find-or-create with what is known of its fate. The mark is a value
// that no other request says, so that its statement can be told.
type write struct {
	mark, key, body string
	ref             string // the answer; empty when the server was killed first
}

// load is what the callers of one directory have sent.
type load struct {
	*site
	system habeas.SystemID
	secret string

	mu    sync.Mutex
	all   []*write
	acked int
}

// Proves AUD-9 and AUD-11.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	rounds := number(t, "HABEAS_KILL_ROUNDS", 5)
	seed := number(t, "HABEAS_KILL_SEED", time.Now().UnixNano())
	t.Logf("%d rounds; again with HABEAS_KILL_SEED=%d", rounds, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))

	l := &load{site: newSite(t)}
	l.connect()
	before := l.checkpoint()
	for round := range int(rounds) {
		c := l.serve()
		l.repeat(c, random)
		most := random.IntN(1000)
		delay := time.Duration(random.IntN(400)) * time.Millisecond
		l.callUntilKilled(c, round, l.acked+most, delay)
		if code, out, complaints := l.run("audit", "verify", "--dir", l.dir); code != 0 {
			t.Fatalf("round %d, right after the kill: audit verify ended with %d: %s%s", round, code, out, complaints)
		}
		before = l.check(before)
		t.Logf("round %d: %d requests in all, %d of them acknowledged", round, len(l.all), l.acked)
		if t.Failed() {
			return
		}
	}
	c := l.serve()
	l.repeat(c, random)
	if code := c.stop(); code != 0 {
		t.Errorf("asked to stop, the server ended with %d: %s", code, c.log.Bytes())
	}
	if l.acked < int(rounds)*callers {
		t.Errorf("only %d requests were acknowledged: the load was none", l.acked)
	}
}

func number(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// connect makes the system that the callers are.
func (l *load) connect() {
	l.Helper()
	s := l.open()
	system, secret, err := s.Systems.Connect(l.Context(), habeas.Actor{
		Kind: habeas.ActorPerson, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RoleAdministrator},
	}, "Booking desk")
	l.must(err)
	l.system, l.secret = system.ID, secret.Reveal()
	l.must(s.Close())
}

func (l *load) token(c *child) string {
	l.Helper()
	res, err := http.PostForm(c.url+"/oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {l.system.String()}, "client_secret": {l.secret},
	})
	l.must(err)
	defer res.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	l.must(json.NewDecoder(res.Body).Decode(&got))
	if got.Token == "" {
		l.Fatalf("no token: %d", res.StatusCode)
	}
	return got.Token
}

// next invents a request: most are about new people, some about known ones, by
// address, by the system's own id, or with a ticket.
func (l *load) next(random *rand.Rand) *write {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.all)
	who := n
	if n > 0 && random.IntN(4) == 0 {
		who = random.IntN(n)
	}
	w := &write{mark: fmt.Sprintf("mark-%d", n), key: fmt.Sprintf("key-%d", n)}
	body := map[string]any{
		"email":  fmt.Sprintf("person-%d@example.org", who),
		"fields": map[string]any{"identity": map[string]string{"family_name": fmt.Sprintf("Family%d", who), "occupation": w.mark}},
	}
	if who%3 == 0 {
		body["external_id"] = fmt.Sprintf("own-%d", who)
	}
	if n%5 == 0 {
		body["ticket"] = map[string]any{"id": fmt.Sprintf("ticket-%d", n), "title": "A course"}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings always encode
	}
	w.body = string(text)
	l.all = append(l.all, w)
	return w
}

// send makes one request; ok is false when the server was gone.
func send(client *http.Client, to, token string, w *write) (ref string, status int, ok bool) {
	r, err := http.NewRequest(http.MethodPost, to+"/api/v1/parties:findOrCreate", strings.NewReader(w.body))
	if err != nil {
		return "", 0, false
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", w.key)
	res, err := client.Do(r)
	if err != nil {
		return "", 0, false
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", 0, false
	}
	var got struct {
		Party string `json:"party"`
	}
	if res.StatusCode == http.StatusOK && json.Unmarshal(text, &got) != nil {
		return "", 0, false
	}
	return got.Party, res.StatusCode, true
}

// callUntilKilled lets the callers send, kills the server once enough was
// acknowledged and the delay is over, and waits for the callers.
func (l *load) callUntilKilled(c *child, round, enough int, delay time.Duration) {
	l.Helper()
	token := l.token(c)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	reached := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	for caller := range callers {
		random := rand.New(rand.NewPCG(uint64(round), uint64(caller)))
		wg.Go(func() {
			for {
				w := l.next(random)
				ref, status, ok := send(client, c.url, token, w)
				if !ok {
					return
				}
				if status != http.StatusOK || ref == "" {
					l.Errorf("a request was answered %d", status)
					return
				}
				l.mu.Lock()
				w.ref = ref
				l.acked++
				if l.acked >= enough {
					once.Do(func() { close(reached) })
				}
				l.mu.Unlock()
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(1500 * time.Millisecond): // a slow machine: what there is must do
	}
	time.Sleep(delay) // the moment of a kill is a moment in time
	c.kill()
	wg.Wait()
	client.CloseIdleConnections()
}

// repeat sends requests of earlier rounds again, with the same keys: the server
// that was started anew gives the same answers.
func (l *load) repeat(c *child, random *rand.Rand) {
	l.Helper()
	token := l.token(c)
	for _, i := range random.Perm(len(l.all))[:min(60, len(l.all))] {
		w := l.all[i]
		ref, status, ok := send(http.DefaultClient, c.url, token, w)
		switch {
		case !ok || status != http.StatusOK:
			l.Fatalf("%s was answered %d the second time", w.mark, status)
		case w.ref == "": // its fate was not known; now it is
			w.ref = ref
			l.acked++
		case w.ref != ref:
			l.Errorf("%s: another reference than before the kill", w.mark)
		}
	}
}

// checkpoint reads what the directory publishes, with its signature checked.
func (l *load) checkpoint() ledger.Checkpoint {
	l.Helper()
	key, err := os.ReadFile(filepath.Join(l.dir, "ledger", "key"))
	l.must(err)
	v, err := note.NewVerifier(strings.TrimSpace(string(key)))
	l.must(err)
	text, err := os.ReadFile(filepath.Join(l.dir, "ledger", "checkpoint"))
	l.must(err)
	c, err := ledger.ParseCheckpoint(text, note.VerifierList(v))
	l.must(err)
	return c
}

// check opens the directory after a kill and compares it with what the callers
// remember. It returns the newest checkpoint.
func (l *load) check(before ledger.Checkpoint) ledger.Checkpoint {
	l.Helper()
	killed := l.checkpoint()
	s := l.open()
	defer func() { l.must(s.Close()) }()
	found, said := l.statements(s)
	for _, w := range l.all {
		at := found[w.mark]
		switch {
		case len(at) > 1:
			l.Errorf("%s was written %d times", w.mark, len(at))
		case w.ref != "" && len(at) == 0:
			l.Errorf("%s was acknowledged and is not there", w.mark)
		case w.ref != "" && l.behind(s, w.ref) != at[0]:
			l.Errorf("%s: its reference does not lead to its record", w.mark)
		}
		delete(found, w.mark)
	}
	for mark := range found {
		l.Errorf("%q is there and nobody said it", mark)
	}
	l.leaves(s, said)
	l.rows()
	after := l.checkpoint()
	for _, older := range []ledger.Checkpoint{before, killed} {
		proof, err := ledger.Consistency(l.Context(), s.DB, older.Size, after.Size)
		l.must(err)
		if err := ledger.VerifyConsistency(older, after, proof); err != nil {
			l.Errorf("the checkpoint of %d entries is not part of that of %d: %v", older.Size, after.Size, err)
		}
	}
	return after
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

// rows looks for halves: rows whose other half is missing.
func (l *load) rows() {
	l.Helper()
	db, err := sql.Open("sqlite", filepath.Join(l.dir, "records.db"))
	l.must(err)
	defer db.Close()
	for what, query := range map[string]string{
		"parties without a statement":   `SELECT count(*) FROM party WHERE id NOT IN (SELECT party FROM statement)`,
		"statements without a party":    `SELECT count(*) FROM statement WHERE party NOT IN (SELECT id FROM party)`,
		"handles without a party":       `SELECT count(*) FROM known_as WHERE party NOT IN (SELECT id FROM party)`,
		"parties without a handle":      `SELECT count(*) FROM party WHERE id NOT IN (SELECT party FROM known_as)`,
		"parties without a leaf":        `SELECT count(*) FROM party WHERE id NOT IN (SELECT subject FROM leaf)`,
		"leaves of nobody":              `SELECT count(*) FROM leaf WHERE subject <> zeroblob(16) AND subject NOT IN (SELECT id FROM party)`,
		"tickets without a statement":   `SELECT count(*) FROM ticket WHERE id NOT IN (SELECT ticket FROM statement WHERE ticket IS NOT NULL)`,
		"statements without its ticket": `SELECT count(*) FROM statement WHERE ticket IS NOT NULL AND ticket NOT IN (SELECT id FROM ticket)`,
		"parties with more or fewer leaves than statements": `SELECT count(*) FROM (SELECT party, count(*) AS n FROM statement GROUP BY party) s
			LEFT JOIN (SELECT subject, count(*) AS n FROM leaf GROUP BY subject) l ON l.subject = s.party WHERE l.n IS NOT s.n`,
		"gaps in the ledger":          `SELECT coalesce(max(idx) + 1, 0) - count(*) FROM leaf`,
		"answers without a statement": `SELECT max(0, (SELECT count(*) FROM idempotent) - (SELECT count(*) FROM statement))`,
	} {
		var n int
		l.must(db.QueryRowContext(context.Background(), query).Scan(&n))
		if n != 0 {
			l.Errorf("%d %s", n, what)
		}
	}
	l.keys(db)
}

// keys looks for parties whose key did not become durable.
func (l *load) keys(db *sql.DB) {
	l.Helper()
	l.must(attach(db, filepath.Join(l.dir, "keys.db")))
	var n int
	l.must(db.QueryRow(`SELECT count(*) FROM party WHERE id NOT IN (SELECT id FROM keys.subject_key)`).Scan(&n))
	if n != 0 {
		l.Errorf("%d parties without a key", n)
	}
}

func attach(db *sql.DB, path string) error {
	db.SetMaxOpenConns(1) // what is attached belongs to one connection
	_, err := db.Exec(`ATTACH DATABASE ? AS keys`, path)
	return err
}

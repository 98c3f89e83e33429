package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/ledger"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// callers is how many systems' requests are under way when something is killed.
const callers = 32

// fate is what a caller knows of a request.
type fate int

const (
	unknown      fate = iota // no answer came, or the one that says so: it may be there, once
	acknowledged             // it is there, once
	refused                  // "nothing was changed": it is not there, and never repeated
)

// write is one find-or-create with what is known of its fate. The mark is a value
// that no other request says, so that its statement can be told.
type write struct {
	mark, key, body string
	fate            fate
	ref             string // the answer
	checked         bool   // the reference was followed
}

// load is what the callers of one store have sent.
type load struct {
	*site
	system habeas.SystemID
	secret string
	client *http.Client
	shown  map[string]ledger.Checkpoint // the newest one that each directory has shown
	beside *site                        // looks at databases while servers use them

	mu      sync.Mutex
	all     []*write
	count   [refused + 1]int // by fate, of the answers that came
	goal    int              // acknowledged requests at which reached is closed
	reached chan struct{}
}

// newLoad connects the system that the callers are.
func newLoad(s *site) *load {
	s.Helper()
	l := &load{site: s, shown: map[string]ledger.Checkpoint{}, beside: s, client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: 2 * time.Minute,
	}}
	s.Cleanup(l.client.CloseIdleConnections)
	server := l.open()
	system, secret, err := server.Systems.Connect(l.Context(), habeas.Actor{
		Kind: habeas.ActorPerson, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RoleAdministrator},
	}, "Booking desk")
	l.must(err)
	l.system, l.secret = system.ID, sealedtest.Text(secret)
	l.must(server.Close())
	if s.recordsDSN != "" {
		l.beside = s.further()
	}
	return l
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

// answer is what came back.
type answer struct {
	status int // 0: the connection broke
	kind   string
	Party  string
	Code   string
	Detail string
}

// send makes one request.
func (l *load) send(to, token string, w *write) (a answer) {
	r, err := http.NewRequest(http.MethodPost, to+"/api/v1/parties:findOrCreate", strings.NewReader(w.body))
	if err != nil {
		return answer{}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", w.key)
	res, err := l.client.Do(r)
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || json.Unmarshal(text, &a) != nil {
		return answer{} // broken off
	}
	a.status, a.kind = res.StatusCode, res.Header.Get("Content-Type")
	return a
}

// unavailable reports whether an answer is a refusal in words, or that nobody knows.
func (a answer) unavailable() (fate, bool) {
	if a.status != http.StatusServiceUnavailable || a.kind != "application/problem+json" || a.Detail == "" {
		return unknown, false
	}
	if a.Code == "store.unknown" {
		return unknown, true
	}
	return refused, strings.HasPrefix(a.Code, "store.") || strings.HasPrefix(a.Code, "keyring.database-") || strings.HasPrefix(a.Code, "disk.")
}

// note remembers an answer. A second one must be the first one.
func (l *load) note(w *write, f fate, ref string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.fate == acknowledged && w.ref != ref {
		l.Errorf("%s: another reference than the first time", w.mark)
	}
	if w.fate == unknown || f != acknowledged {
		l.count[f]++
	}
	w.fate, w.ref = f, ref
	if l.reached != nil && l.count[acknowledged] >= l.goal {
		close(l.reached)
		l.reached = nil
	}
}

// after returns what is closed once so many more requests were acknowledged.
func (l *load) after(more int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.goal, l.reached = l.count[acknowledged]+more, make(chan struct{})
	return l.reached
}

// repeat sends every request whose fate is unknown again, and some that were
// acknowledged, with the same keys: each gets one answer for good.
func (l *load) repeat(c *child, random *rand.Rand) {
	l.Helper()
	token := l.token(c)
	again, some := []*write{}, 60
	for _, i := range random.Perm(len(l.all)) {
		w := l.all[i]
		if w.fate == acknowledged {
			some--
		}
		if w.fate == unknown || w.fate == acknowledged && some > 0 {
			again = append(again, w)
		}
	}
	for _, w := range again {
		a := l.send(c.url, token, w)
		if a.status != http.StatusOK || a.Party == "" {
			l.Fatalf("%s was answered %d %s the second time", w.mark, a.status, a.Code)
		}
		l.note(w, acknowledged, a.Party)
	}
}

// storm is the callers of one round.
type storm struct {
	*load
	end     chan struct{} // closed: no new requests
	down    chan struct{} // closed: a database is killed, refusals may come
	up      chan struct{} // closed: it runs again
	refused chan struct{} // closed: somebody was refused
	once    sync.Once
	wg      sync.WaitGroup
}

// call lets callers send to the servers until the storm ends or their server is gone.
func (l *load) call(round int, to []*child) *storm {
	l.Helper()
	st := &storm{load: l, end: make(chan struct{}), down: make(chan struct{}), up: make(chan struct{}), refused: make(chan struct{})}
	token := l.token(to[0]) // it is good everywhere
	for caller := range callers {
		random := rand.New(rand.NewPCG(uint64(round), uint64(caller)))
		st.wg.Go(func() { st.caller(to[caller%len(to)].url, token, random) })
	}
	return st
}

func (st *storm) caller(to, token string, random *rand.Rand) {
	for !closed(st.end) {
		w := st.next(random)
		a := st.send(to, token, w)
		f, known := a.unavailable()
		switch {
		case a.status == 0: // the server was killed
			return
		case a.status == http.StatusOK && a.Party != "":
			st.note(w, acknowledged, a.Party)
		case known && closed(st.down):
			st.note(w, f, "")
			st.once.Do(func() { close(st.refused) })
			select {
			case <-st.up:
			case <-st.end:
			}
		default:
			st.Errorf("a request was answered %d %s: %s", a.status, a.Code, a.Detail)
			return
		}
	}
}

// stop ends the storm; every request that a server took has its answer then.
func (st *storm) stop() {
	close(st.end)
	st.wg.Wait()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// within waits for something that must come, without saying how soon.
func within(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatalf("not within a minute: %s", what)
	}
}

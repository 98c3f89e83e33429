package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/pgtest"
)

// scene is the servers of one store under load, one of which, or whose database, is
// killed again and again.
type scene struct {
	*load
	sites    []*site
	running  []*child // by site; nil: it was killed
	clusters []*pgtest.Cluster
	random   *rand.Rand
	most     int // requests that are acknowledged in a round before something is killed
}

// Proves AUD-9 and AUD-11.
func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	rounds := int(number(t, "HABEAS_KILL_ROUNDS", 2))
	seed := number(t, "HABEAS_KILL_SEED", time.Now().UnixNano())
	t.Logf("%d rounds; again with HABEAS_KILL_SEED=%d", rounds, seed)
	for _, c := range []struct {
		name     string
		clusters int // of PostgreSQL, for records and keys; 0: SQLite
		nodes    int
		kill     func(*scene, *storm)
	}{
		{"SQLite, the server killed", 0, 1, (*scene).killServer},
		{"PostgreSQL, the server killed", 1, 1, (*scene).killServer},
		{"PostgreSQL, one of two servers killed", 1, 2, (*scene).killServer},
		{"PostgreSQL, a database killed", 2, 1, (*scene).killDatabase},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // much of the time a lease of a server that is gone has to run out
			s := &scene{random: rand.New(rand.NewPCG(uint64(seed), uint64(c.clusters))), running: make([]*child, c.nodes), most: min(1000, 100*rounds)}
			var records, keys string
			for range c.clusters {
				s.clusters = append(s.clusters, pgtest.Start(t))
			}
			if c.clusters > 0 {
				records, keys = s.clusters[0].Database(t), s.clusters[c.clusters-1].Database(t)
			}
			s.load = newLoad(newSiteOn(t, records, keys))
			s.sites = []*site{s.site}
			for range c.nodes - 1 {
				s.sites = append(s.sites, s.further())
			}
			for round := range rounds {
				s.round(round, c.kill)
				if t.Failed() {
					return
				}
			}
			s.finish(rounds)
		})
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

// start starts the servers that do not run.
func (s *scene) start() {
	s.Helper()
	for i, c := range s.running {
		if c == nil {
			s.running[i] = s.sites[i].serve()
		}
	}
}

// any is one of the servers.
func (s *scene) any() *child { return s.running[s.random.IntN(len(s.running))] }

// round lets the callers send until kill has done its work, and compares what is there
// with what they know.
func (s *scene) round(n int, kill func(*scene, *storm)) {
	s.Helper()
	s.start()
	s.repeat(s.any(), s.random)
	enough := s.after(s.random.IntN(s.most))
	delay := time.Duration(s.random.IntN(400)) * time.Millisecond
	st := s.call(n, s.running)
	select {
	case <-enough:
	case <-time.After(1500 * time.Millisecond): // a slow machine: what there is must do
	}
	time.Sleep(delay) // the moment of a kill is a moment in time
	kill(s, st)
	st.stop()
	for _, at := range s.sites {
		if code, out, complaints := s.run("audit", "verify", "--dir", at.dir); code != 0 {
			s.Fatalf("round %d, after the kill: audit verify ended with %d: %s%s", n, code, out, complaints)
		}
	}
	s.doctor(s.sites[0], 20)
	s.check(s.sites...)
	s.Logf("round %d: %d requests in all, %d acknowledged, %d refused, %d answered that nobody knows",
		n, len(s.all), s.count[acknowledged], s.count[refused], s.count[unknown])
}

// killServer kills one of the servers; the others go on.
func (s *scene) killServer(st *storm) {
	s.Helper()
	i := s.random.IntN(len(s.running))
	s.running[i].kill()
	s.running[i] = nil
	if len(s.running) > 1 {
		within(s, s.after(callers), "the other server goes on")
	}
}

// killDatabase kills the database of records or of keys, now for a moment and now until
// a caller was refused. The server connects again by itself.
func (s *scene) killDatabase(st *storm) {
	s.Helper()
	close(st.down)
	c := s.clusters[s.random.IntN(len(s.clusters))]
	c.Kill()
	if s.random.IntN(2) == 0 {
		within(s, st.refused, "somebody is refused while the database is gone")
	}
	s.must(c.Start())
	back := s.after(2 * callers)
	close(st.up)
	within(s, back, "the server has connected again")
}

// finish learns the fate of everything, looks once more at all of it, and stops.
func (s *scene) finish(rounds int) {
	s.Helper()
	s.start()
	s.repeat(s.any(), s.random)
	s.doctor(s.sites[0], 1)
	for _, c := range s.running {
		if code := c.stop(); code != 0 {
			s.Errorf("asked to stop, a server ended with %d: %s", code, c.log.Bytes())
		}
	}
	s.doctor(s.sites[0], 20)
	s.check(s.sites...)
	if s.count[acknowledged] < rounds*callers {
		s.Errorf("only %d requests were acknowledged: the load was none", s.count[acknowledged])
	}
}

package edge

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

var start = time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)

func TestBucketRefillsAtItsRate(t *testing.T) {
	clock := habeas.NewManualClock(start)
	b := NewBuckets(clock, 2, 5, 1000)
	for i := range 5 {
		if ok, _ := b.Take(t.Context(), "a", 1); !ok {
			t.Fatalf("refused at %d of a burst of 5", i)
		}
	}
	ok, wait := b.Take(t.Context(), "a", 1)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("after the burst: %v, wait %v", ok, wait)
	}
	if ok, _ := b.Take(t.Context(), "b", 1); !ok {
		t.Error("one key holds back another")
	}
	clock.Advance(wait)
	if ok, _ := b.Take(t.Context(), "a", 1); !ok {
		t.Error("refused after the stated wait")
	}
	if ok, _ := b.Take(t.Context(), "a", 1); ok {
		t.Error("more than the rate")
	}
	clock.Advance(time.Hour)
	if ok, _ := b.Take(t.Context(), "a", 6); ok {
		t.Error("a cost above the burst succeeded")
	}
	if ok, _ := b.Take(t.Context(), "a", 5); !ok {
		t.Error("a full bucket refuses its burst")
	}
	clock.Advance(-time.Hour)
	if ok, _ := b.Take(t.Context(), "a", 1); ok {
		t.Error("a clock set back gave tokens")
	}
}

func TestBucketNeverGivesMoreThanItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := habeas.NewManualClock(start)
		rate := rapid.Float64Range(0.1, 50).Draw(t, "rate")
		burst := rapid.IntRange(1, 20).Draw(t, "burst")
		b := NewBuckets(clock, rate, burst, 64)
		given := 0
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			clock.Advance(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			cost := rapid.IntRange(1, burst).Draw(t, "cost")
			ok, wait := b.Take(t.Context(), "k", cost)
			if ok {
				given += cost
			} else if wait <= 0 {
				t.Fatal("refused without a wait")
			}
			if limit := float64(burst) + rate*clock.Now().Sub(start).Seconds() + 1e-6; float64(given) > limit {
				t.Fatalf("gave %d, limit %f", given, limit)
			}
		}
	})
}

func TestMemoryIsBoundedAndAFloodDoesNotFreeTheThrottled(t *testing.T) {
	clock := habeas.NewManualClock(start)
	b := NewBuckets(clock, 0.001, 10, 6400)
	for range 10 {
		b.Take(t.Context(), "attacker", 1)
	}
	for i := range 100_000 {
		b.Take(t.Context(), fmt.Sprint("flood", i), 1)
	}
	held := 0
	for i := range b.parts {
		held += len(b.parts[i].held)
	}
	if held > 6400 {
		t.Errorf("%d keys held", held)
	}
	if ok, _ := b.Take(t.Context(), "attacker", 1); ok {
		t.Error("a flood of other keys freed the one that is held back")
	}
}

func TestBucketsAreSafeForConcurrentUse(t *testing.T) {
	b := NewBuckets(habeas.NewManualClock(start), 1, 100, 1000)
	var mu sync.Mutex
	given := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if ok, _ := b.Take(t.Context(), "k", 1); ok {
					mu.Lock()
					given++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if given != 100 {
		t.Errorf("gave %d of 100", given)
	}
}

func TestClientAddressIsReadFromTheRight(t *testing.T) {
	proxies, err := ParseProxies([]string{"10.0.0.0/8", " 192.0.2.1 ", "2001:db8:1::/48"})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"direct":                       {"203.0.113.7:1234", nil, "203.0.113.7"},
		"direct, forged header":        {"203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"},
		"through one proxy":            {"10.1.2.3:1", []string{"203.0.113.7"}, "203.0.113.7"},
		"forged left part":             {"10.1.2.3:1", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		"through two proxies":          {"10.1.2.3:1", []string{"198.51.100.1, 203.0.113.7,192.0.2.1"}, "203.0.113.7"},
		"two header lines":             {"10.1.2.3:1", []string{"203.0.113.7", "192.0.2.1"}, "203.0.113.7"},
		"forged first line":            {"10.1.2.3:1", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7"},
		"garbage":                      {"10.1.2.3:1", []string{"canary"}, "10.1.2.3"},
		"garbage behind a proxy":       {"10.1.2.3:1", []string{"203.0.113.7, canary, 192.0.2.1"}, "192.0.2.1"},
		"empty header":                 {"10.1.2.3:1", []string{""}, "10.1.2.3"},
		"no header":                    {"10.1.2.3:1", nil, "10.1.2.3"},
		"only proxies":                 {"10.1.2.3:1", []string{"10.9.9.9"}, "10.9.9.9"},
		"with port":                    {"10.1.2.3:1", []string{"203.0.113.7:5555"}, "203.0.113.7"},
		"IPv6 with brackets":           {"10.1.2.3:1", []string{"[2001:db8::5]:5555"}, "2001:db8::5"},
		"IPv6 proxy":                   {"[2001:db8:1::9]:1", []string{"203.0.113.7"}, "203.0.113.7"},
		"IPv4 in IPv6":                 {"[::ffff:10.1.2.3]:1", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"zone":                         {"[fe80::1%eth0]:1", nil, "fe80::1"},
		"nothing known":                {"@", nil, "invalid IP"},
		"unix socket, forged header":   {"", []string{"203.0.113.7"}, "invalid IP"},
		"empty element":                {"10.1.2.3:1", []string{"203.0.113.7,"}, "10.1.2.3"},
		"untrusted proxy in the chain": {"10.1.2.3:1", []string{"198.51.100.1, 203.0.113.7, 198.51.100.99"}, "198.51.100.99"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = test.remote
			for _, line := range test.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			if got := proxies.Client(r).String(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if _, err := ParseProxies([]string{"proxy.example.org"}); err == nil {
		t.Error("a name was accepted as a proxy")
	}
}

func FuzzClient(f *testing.F) {
	f.Add("10.0.0.1:1", "1.2.3.4, 10.0.0.2")
	f.Add("[::1]:1", ",,[::]:")
	proxies := Proxies{}
	if p, err := ParseProxies([]string{"10.0.0.0/8", "::1"}); err == nil {
		proxies = p
	}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header["X-Forwarded-For"] = []string{forwarded}
		ip := proxies.Client(r)
		if direct := parseHop(remote); !proxies.trusted(direct) && ip != direct {
			t.Fatalf("%q believed from %v", forwarded, direct)
		}
		if ip.Zone() != "" || ip.Is4In6() {
			t.Fatalf("%v is not canonical", ip)
		}
	})
}

func TestOneSubscriberIsOneKey(t *testing.T) {
	key := func(remote string) string {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		return Proxies{}.LimitKey(r)
	}
	if key("[2001:db8::1]:1") != key("[2001:db8::ffff:2]:9") || key("[2001:db8::1]:1") == key("[2001:db8:0:1::1]:1") {
		t.Error("IPv6 is counted by its /64")
	}
	if key("203.0.113.7:1") != key("203.0.113.7:2") || key("203.0.113.7:1") == key("203.0.113.8:1") {
		t.Error("IPv4 is counted by its address")
	}
}

func TestPerClientRefusesTheFlooderOnly(t *testing.T) {
	limit := NewBuckets(habeas.NewManualClock(start), 1, 3, 100)
	h := PerClient(limit, nil, &Failures{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	code := func(remote string) (int, string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Header().Get("Retry-After")
	}
	for range 3 {
		if c, _ := code("203.0.113.7:1"); c != 200 {
			t.Fatal(c)
		}
	}
	if c, retry := code("203.0.113.7:2"); c != 429 || retry != "1" {
		t.Errorf("%d, %q", c, retry)
	}
	if c, _ := code("203.0.113.8:1"); c != 200 {
		t.Errorf("a neighbour got %d", c)
	}
}

func TestConcurrencyShedsWhatIsTooMuch(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	h := Concurrency(2, &Failures{}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		inside <- struct{}{}
		<-release
	}))
	serve := func() int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w.Code
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { serve() })
		<-inside
	}
	if c := serve(); c != 503 {
		t.Errorf("the third of two got %d", c)
	}
	close(release)
	wg.Wait()
	wg.Go(func() {
		if c := serve(); c != 200 {
			t.Errorf("a free slot answered %d", c)
		}
	})
	<-inside
	wg.Wait()
}

func TestMaxBodyCapsWhatADecoderForgot(t *testing.T) {
	h := MaxBody(10, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := DecodeForm(w, r, 1000); err != nil {
			(&Failures{}).Write(w, r, err)
		}
	}))
	r := post("a="+strings.Repeat("x", 100), formType)
	r.ContentLength = -1
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if b, _ := io.ReadAll(w.Body); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %s", w.Code, b)
	}
}

func BenchmarkBuckets(b *testing.B) {
	l := NewBuckets(habeas.SystemClock{}, 1000, 1000, 10_000)
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = fmt.Sprint("key", i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		l.Take(b.Context(), keys[i%len(keys)], 1)
		i++
	}
}

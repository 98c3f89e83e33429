package webhook

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/client"
)

var (
	morning = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	boss    = habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RoleAdministrator}}
	hotel   = habeas.SystemID{15: 3}
	own     = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
)

// The signature is that of the reference libraries, and of openssl:
//
//	printf %s 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}' |
//	  openssl dgst -sha256 -mac HMAC -macopt hexkey:31f290f6bf06298a9aaf08d43c3f082cf648a362da2da4b0 -binary | base64
func TestASignatureIsThatOfStandardWebhooks(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := Sign(SecretOf(raw), "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if text := fmt.Sprintf("%v %+v %s %x", SecretOf(raw), Hook{Secret: SecretOf(raw)}, SecretOf(raw), SecretOf(raw)); strings.Contains(text, "31f2") || strings.Contains(text, "49 242") {
		t.Errorf("a secret is printed: %s", text)
	}
}

func TestEventsGoToPublicAddressesOnly(t *testing.T) {
	private := []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}
	for text, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "10.20.3.4": true, "::ffff:10.20.3.4": true,
		"127.0.0.1": false, "10.21.0.1": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "0.0.0.0": false,
		"100.100.100.200": false, "168.63.129.16": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false,
		"fe80::1%eth0": false, "fd00:ec2::254": false, "::ffff:169.254.169.254": false, "::ffff:7f00:1": false, "64:ff9b::a9fe:a9fe": false,
		"2002:7f00:1::": false, "::127.0.0.1": false, "ff02::1": false, "198.18.0.1": false,
	} {
		if got := reachable(netip.MustParseAddr(text), private); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestAnAddressIsAFullHTTPSAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"https://bookings.example.org/habeas": true, "https://bookings.example.org:8443/h?k=1": true, "http://localhost:8080/x": true, "http://127.0.0.1/x": true,
		"": false, "bookings.example.org": false, "ftp://bookings.example.org": false, "http://bookings.example.org/x": false, "https://user:pw@example.org/": false,
		"https://example.org/#x": false, "https://": false, "https:opaque": false, "https://example.org/\r\nX: 1": false, "https://10.0.0.1/": false,
		"https://169.254.169.254/latest": false, "https://[::1]/": false, "http://10.0.0.1/": false, "https://exämple.org/": false, "https://e.org/" + strings.Repeat("x", 1000): false,
	} {
		if _, err := CheckURL(text, own); (err == nil) != want {
			t.Errorf("%.60q: %v", text, err)
		}
	}
}

// to makes a webhook.
func to(t *testing.T, url string) Hook {
	t.Helper()
	h, fresh, _, err := Hook{}.Set(boss, hotel, Terms{URL: url}, []string{"corrected", "erased"}, own, morning)
	if err != nil || !fresh {
		t.Fatal(err, fresh)
	}
	return h
}

// A name that leads inside is refused when it is called, however it looked before: what
// is checked is the address that is connected to.
func TestANameThatLeadsInsideIsNotCalled(t *testing.T) {
	called := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer inside.Close()
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	secured := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer secured.Close()
	s := NewSender(habeas.NewManualClock(morning), nil, nil)
	defer s.Close()
	for name, url := range map[string]string{
		"by name": "https://localhost" + port + "/", "plain": "http://localhost" + port + "/", "by number": "https://127.0.0.1" + port + "/",
		"as IPv6": "https://[::ffff:127.0.0.1]" + port + "/", "in decimal": "https://2130706433" + port + "/", "with TLS": secured.URL,
	} {
		err := s.Send(t.Context(), Hook{URL: url, Secret: newSecret()}, "id", []byte("{}"))
		f, _ := err.(*Failure)
		if f == nil || f.Reason() != "forbidden-address" && name != "in decimal" || called {
			t.Errorf("%s: %v, called %v", name, err, called)
		}
	}
}

// receiver answers with what a test wants.
func receiver(t *testing.T, answer http.HandlerFunc) (Hook, *Sender, *habeas.ManualClock) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	clock := habeas.NewManualClock(time.Now()) // client.VerifyWebhook reads the real one
	s := NewSender(clock, own, nil)
	t.Cleanup(s.Close)
	return to(t, server.URL+"/hook"), s, clock
}

func TestAnAnswerIsUnderstood(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header [2]string
		reason string
		later  time.Duration
		final  bool
	}{
		"taken": {status: 204}, "also taken": {status: 202},
		"a fault":            {status: 500, reason: "status-500"},
		"not there":          {status: 404, reason: "status-404"},
		"sent elsewhere":     {status: 302, header: [2]string{"Location", "http://169.254.169.254/"}, reason: "redirect"},
		"gone":               {status: 410, reason: "gone", final: true},
		"later":              {status: 429, header: [2]string{"Retry-After", "120"}, reason: "status-429", later: 2 * time.Minute},
		"much later":         {status: 503, header: [2]string{"Retry-After", "999999999"}, reason: "status-503", later: maxLater},
		"later by date":      {status: 503, header: [2]string{"Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}, reason: "status-503", later: time.Hour},
		"a strange date":     {status: 503, header: [2]string{"Retry-After", "soon"}, reason: "status-503"},
		"a date in the past": {status: 503, header: [2]string{"Retry-After", "-5"}, reason: "status-503"},
	} {
		t.Run(name, func(t *testing.T) {
			h, s, _ := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.header[0] != "" {
					w.Header().Set(c.header[0], c.header[1])
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<20*(c.status/500))) // a long answer is not read
			})
			err := s.Send(t.Context(), h, "id", []byte("{}"))
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f, _ := err.(*Failure)
			if f == nil || f.Reason() != c.reason || f.Permanent() != c.final || f.RetryAfter() > c.later || f.RetryAfter() < c.later-2*time.Second {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestASlowReceiverIsLeft(t *testing.T) {
	release := make(chan struct{})
	h, s, _ := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	s.client.Timeout = 20 * time.Millisecond
	err := s.Send(t.Context(), h, "id", []byte("{}"))
	close(release)
	if f, _ := err.(*Failure); f == nil || f.Reason() != "timeout" {
		t.Errorf("%v", err)
	}
}

// Proves PTY-30.
func TestBothSecretsSignForADay(t *testing.T) {
	body := []byte(`{"type":"corrected","timestamp":"2026-03-01T09:00:00Z","data":{"id":"e","party":"p"}}`)
	var header http.Header
	var got []byte
	h, s, clock := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		got, _ = io.ReadAll(r.Body)
	})
	text := func(s Secret) string { return secretPrefix + base64.StdEncoding.EncodeToString(s.Raw()) }
	fits := func(want bool, secret Secret) {
		t.Helper()
		e, err := client.VerifyWebhook(header, got, []string{text(secret)}, 25*time.Hour)
		if (err == nil) != want || want && (e.ID != "evt" || e.Party != "p") {
			t.Errorf("%+v %v, want it to fit: %v", e, err, want)
		}
	}
	send := func(h Hook) {
		t.Helper()
		if err := s.Send(t.Context(), h, "evt", body); err != nil {
			t.Fatal(err)
		}
	}
	send(h)
	fits(true, h.Secret)
	fits(false, newSecret())
	is, entry, err := h.Rotate(boss, clock.Now())
	if err != nil || strings.Contains(fmt.Sprint(entry), text(is.Secret)) {
		t.Fatal(err)
	}
	send(is)
	fits(true, h.Secret)
	fits(true, is.Secret)
	clock.Advance(Overlap)
	send(is)
	fits(false, h.Secret)
	fits(true, is.Secret)
}

func TestWhoMayChangeAWebhook(t *testing.T) {
	h := to(t, "https://bookings.example.org/x")
	staff := boss
	staff.Roles = []habeas.Role{habeas.RoleStaff}
	for name, c := range map[string]struct {
		a  habeas.Actor
		ok bool
	}{
		"administrator": {boss, true}, "the system": {habeas.Actor{Kind: habeas.ActorSystem, System: hotel}, true},
		"staff": {staff, false}, "nobody": {habeas.Actor{}, false}, "another system": {habeas.Actor{Kind: habeas.ActorSystem, System: habeas.SystemID{15: 4}}, false},
	} {
		_, _, _, e1 := h.Set(c.a, hotel, Terms{URL: h.URL}, nil, nil, morning)
		_, _, e2 := h.Rotate(c.a, morning)
		_, _, e3 := h.Switch(c.a, Paused, morning)
		_, e4 := h.Remove(c.a, morning)
		for _, err := range []error{e1, e2, e3, e4} {
			if (err == nil) != c.ok {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAnotherHostGetsAnotherSecret(t *testing.T) {
	known := []string{"corrected", "erased"}
	h := to(t, "https://bookings.example.org/x")
	same, fresh, _, err := h.Set(boss, hotel, Terms{URL: "https://bookings.example.org/y", Kinds: []string{"erased", "erased"}}, known, nil, morning)
	if err != nil || fresh || string(same.Secret.Raw()) != string(h.Secret.Raw()) || len(same.Kinds) != 1 || same.Wants("corrected") || !same.Wants("reset", "reset") {
		t.Errorf("%+v %v %v", same, fresh, err)
	}
	other, fresh, e, err := h.Set(boss, hotel, Terms{URL: "https://evil.example.org/x?token=1", Paused: true}, known, nil, morning)
	if err != nil || !fresh || string(other.Secret.Raw()) == string(h.Secret.Raw()) || other.State != Paused {
		t.Errorf("%+v %v %v", other, fresh, err)
	}
	if strings.Contains(fmt.Sprint(e.Detail), "token") || other.Host() != "https://evil.example.org" {
		t.Errorf("the path is shown: %v %s", e.Detail, other.Host())
	}
	if _, _, _, err := h.Set(boss, hotel, Terms{URL: h.URL, Kinds: []string{"claimed"}}, known, nil, morning); err == nil {
		t.Error("an unknown type is taken")
	}
}

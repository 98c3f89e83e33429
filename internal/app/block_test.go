package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
)

// Proves ADM-05.
func TestABlockedAccountIsOutAtOnceAndInAgainWhenItsDayCame(t *testing.T) {
	w := newWorld(t)
	root := w.rooted("root@example.org")
	tim := w.browser().join("tim@example.org")
	tim.get("/me")
	if p := root.send(http.MethodPost, "/admin/blocks/account", formOf("address", "tim@example.org", "reason", "", "until", "2026-03-01")); p.status != http.StatusBadRequest {
		t.Errorf("without reason and end: status %d", p.status)
	}
	if p := root.send(http.MethodPost, "/admin/blocks/account", formOf("address", "root@example.org", "reason", "x", "until", "2026-03-02")); p.status != http.StatusBadRequest {
		t.Errorf("oneself: status %d", p.status)
	}
	root.post("/admin/blocks/account", "address", "tim@example.org", "reason", "Spam in notes", "until", "2026-03-02")
	if page := root.get("/admin/blocks").text; !strings.Contains(page, "tim@example.org") || !strings.Contains(page, "Spam in notes") {
		t.Errorf("the page:\n%s", page)
	}
	if p := tim.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("a sign-in of a blocked account: status %d", p.status)
	}
	again := w.browser()
	at := again.ask("tim@example.org")
	p := again.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", again.codeIn(again.mails()[0])))
	if p.status != http.StatusForbidden || !strings.Contains(p.text, "blocked until 2026-03-02") || !strings.Contains(p.text, "help@example.org") {
		t.Errorf("signing in: status %d\n%s", p.status, p.text)
	}
	w.clock.Advance(15*time.Hour - time.Millisecond) // to the end of the day
	if p := w.browser(); p.typeCodeStatus("tim@example.org") != http.StatusForbidden {
		t.Error("in before the block ended")
	}
	w.clock.Advance(time.Millisecond)
	if p := w.browser(); p.typeCodeStatus("tim@example.org") != http.StatusSeeOther {
		t.Error("not in although the block has ended by itself")
	}
	l := w.look(w.join("tim@example.org"), audit.BlockMade)
	if l.Detail["reason"] != "Spam in notes" {
		t.Errorf("its person does not read why: %+v", l.Entry)
	}
	w.verify()
}

// typeCodeStatus signs in by a code and returns what came of it.
func (b *browser) typeCodeStatus(address string) int {
	b.Helper()
	at := b.ask(address)
	return b.send(http.MethodPost, "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", b.codeIn(b.mails()[0]))).status
}

// from is a request from an address, as the connection has it, through whatever it says it
// went through.
func from(remote string, through ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.RemoteAddr = remote
		for _, hop := range through {
			r.Header.Add("X-Forwarded-For", hop)
		}
	}
}

// Proves ADM-05.
func TestABlockedNetworkIsOutWhateverItSaysAboutItself(t *testing.T) {
	w := newWorld(t)
	root := w.rooted("root@example.org")
	for _, c := range []struct{ network, says string }{
		{"nonsense", "Give an address or a network"},
		{"10.0.0.0/7", "too wide"},
		{"::/0", "too wide"},
		{"192.0.2.0/24", "You come from this network"},
		{"192.0.2.1", "You come from this network"},
		{"::ffff:192.0.2.0/120", "You come from this network"},
	} {
		p := root.send(http.MethodPost, "/admin/blocks/network", formOf("network", c.network, "reason_network", "x", "until_network", "2026-03-02"))
		if p.status != http.StatusBadRequest || !strings.Contains(p.text, c.says) {
			t.Errorf("%s: status %d", c.network, p.status)
		}
	}
	root.post("/admin/blocks/network", "network", "198.51.100.7/24", "reason_network", "A flood", "until_network", "2026-03-02")
	root.post("/admin/blocks/network", "network", "2001:db8:5::/48", "reason_network", "A flood", "until_network", "2026-03-03")
	if page := root.get("/admin/blocks").text; !strings.Contains(page, "198.51.100.0/24") {
		t.Errorf("the page:\n%s", page)
	}
	get := func(path string, change func(*http.Request)) page {
		return w.browser().send(http.MethodGet, path, nil, change)
	}
	for _, c := range []struct {
		what   string
		path   string
		as     func(*http.Request)
		status int
	}{
		{"the network", "/", from("198.51.100.9:1"), 403},
		{"with a header that lies", "/", from("198.51.100.9:1", "203.0.113.5"), 403},
		{"as IPv6", "/", from("[::ffff:198.51.100.9]:1"), 403},
		{"an IPv6 network", "/sign-in", from("[2001:db8:5:1::9]:1"), 403},
		{"its neighbour", "/", from("[2001:db8:6::9]:1"), 200},
		{"another network", "/", from("198.51.101.9:1"), 200},
		{"another one that names a blocked one", "/", from("198.51.101.9:1", "198.51.100.9"), 200},
		{"what everybody may read", "/policy", from("198.51.100.9:1"), 200},
		{"the programs", "/api/openapi.json", from("198.51.100.9:1"), 403},
	} {
		if p := get(c.path, c.as); p.status != c.status {
			t.Errorf("%s: status %d, want %d", c.what, p.status, c.status)
		}
	}
	if p := get("/", from("198.51.100.9:1")); !strings.Contains(p.text, "Your network is blocked until 2026-03-02") || p.header.Get("Content-Security-Policy") == "" {
		t.Errorf("the refusal:\n%s", p.text)
	}
	w.clock.Advance(15 * time.Hour)
	if p := get("/", from("198.51.100.9:1")); p.status != 200 {
		t.Errorf("the block has not ended by itself: status %d", p.status)
	}
	again := w.rooted("other@example.org")
	boss := w.boss("boss@example.org")
	blocks := app.NewBlocks(w.DB, w.Accounts, nil, w.clock, "help@example.org")
	end := ""
	for _, b := range must(blocks.List(w.ctx(), boss, 10))(t) {
		if b.Holds(w.clock.Now()) {
			end = "/admin/blocks/" + b.ID.String() + "/end"
		}
	}
	again.post(end, "x", "")
	if p := get("/", from("[2001:db8:5:1::9]:1")); p.status != 200 {
		t.Errorf("taken back: status %d", p.status)
	}
	if p := again.send(http.MethodPost, end, formOf()); p.status != http.StatusConflict {
		t.Errorf("taken back twice: status %d", p.status)
	}
	w.verify()
}

func TestABlockIsBelievedFromDeclaredProxiesOnlyAndByOtherNodes(t *testing.T) {
	w := newWorld(t)
	boss := w.boss("boss@example.org")
	proxies := must(edge.ParseProxies([]string{"10.0.0.0/8"}))(t)
	here, there := app.NewBlocks(w.DB, w.Accounts, proxies, w.clock, "x"), app.NewBlocks(w.DB, w.Accounts, proxies, w.clock, "x")
	request := func(as func(*http.Request)) *http.Request {
		r := must(http.NewRequestWithContext(w.ctx(), http.MethodGet, "/", nil))(t)
		as(r)
		return r
	}
	behind := request(from("10.1.2.3:1", "203.0.113.9, 198.51.100.9"))
	w.ok(there.Admit(behind, "GET /{$}"))
	w.ok(here.BlockNetwork(w.ctx(), boss, "198.51.100.0/24", "A flood", w.clock.Now().Add(time.Hour), request(from("10.1.2.3:1", "203.0.113.9"))))
	w.refused(here.Admit(behind, "GET /{$}"), "network.blocked")
	w.ok(there.Admit(behind, "GET /{$}")) // not yet
	w.clock.Advance(10 * time.Second)
	w.refused(there.Admit(behind, "GET /{$}"), "network.blocked")
	w.ok(there.Admit(request(from("10.1.2.3:1", "198.51.100.9, 203.0.113.9")), "GET /{$}"))
	w.refused(here.BlockNetwork(w.ctx(), boss, "203.0.113.9", "x", w.clock.Now().Add(time.Hour), request(from("10.1.2.3:1", "203.0.113.9"))), "block.own")
	for _, a := range []habeas.Actor{w.staff("desk@example.org"), w.join("tim@example.org"), {}} {
		w.refused(here.BlockNetwork(w.ctx(), a, "198.51.100.0/24", "x", w.clock.Now().Add(time.Hour), behind), "role.missing")
		w.refused(here.BlockAccount(w.ctx(), a, w.address("boss@example.org"), "x", w.clock.Now().Add(time.Hour)), "role.missing")
		w.refused(here.End(w.ctx(), a, habeas.BlockID{}), "role.missing")
		_, err := here.List(w.ctx(), a, 1)
		w.refused(err, "role.missing")
	}
	// A blocked account that is erased leaves nothing.
	tim := w.member("tim@example.org")
	w.ok(here.BlockAccount(w.ctx(), boss, w.address("tim@example.org"), "x", w.clock.Now().Add(time.Hour)))
	must(w.Records.EraseMe(w.ctx(), tim))(t)
	for _, b := range must(here.List(w.ctx(), boss, 10))(t) {
		if b.Account == tim.Account {
			t.Error("the block outlives the account")
		}
	}
	if until := must(w.DB.Blocks().BlockedUntil(w.ctx(), tim.Account, w.clock.Now()))(t); !until.Equal(time.Time{}) {
		t.Errorf("blocked until %v", until)
	}
	w.clock.Advance(account.KeepBlocks + 2*time.Hour)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	if all := must(here.List(w.ctx(), boss, 10))(t); len(all) != 0 {
		t.Errorf("kept for ever: %+v", all)
	}
}

package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
)

// together does something n times at once and returns how often it went well.
func together(n int, do func() error) (went int) {
	var all sync.WaitGroup
	results := make(chan error, n)
	for range n {
		all.Go(func() { results <- do() })
	}
	all.Wait()
	close(results)
	for err := range results {
		if err == nil {
			went++
		}
	}
	return went
}

// Several administrators and nodes at once notify once and release once.
func TestWhatHappensAtOnceHappensOnce(t *testing.T) {
	w := newWorld(t).cases()
	tim := w.join("tim@example.org")
	w.mails()
	id := w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	w.later(8 * 24 * time.Hour)
	if went := together(6, func() error { return app.NewReleases(w.Records, w.Accounts).Sweep(w.ctx()) }); went == 0 {
		t.Fatal("no sweep went through")
	}
	w.ok(w.Sweep(w.ctx()))
	w.mailTo("tim@example.org", mail.KindRelease) // one
	version := w.is(id).Version
	if went := together(6, func() error { return w.Release(w.ctx(), w.root, id, version, "The court orders it.") }); went != 1 {
		t.Errorf("released %d times", went)
	}
	given := 0
	for _, e := range w.saw(tim) {
		if e == audit.ReleaseGiven {
			given++
		}
	}
	if given != 1 {
		t.Errorf("%d lines of the release", given)
	}
	w.verify()
}

// Proves REL-02 and REL-08.
func TestStaffReleaseInTheBrowserButNoKey(t *testing.T) {
	w := newWorld(t)
	w.browser().join("tim@example.org")
	desk := w.staffBrowser("desk@example.org")
	if page := desk.get("/staff/releases").text; !strings.Contains(page, `href="/staff/releases"`) || strings.Contains(page, `href="/admin/blocks"`) {
		t.Error("staff do not find it where they look, or are offered what they may not do")
	}
	key := formOf(demandForm("set_key", "on")...)
	key.Del("set_sign-ins")
	if p := desk.send(http.MethodPost, "/admin/releases", key); p.status != http.StatusForbidden {
		t.Errorf("staff open a case about key material: status %d", p.status)
	}
	at := desk.post("/admin/releases", append(demandForm()[4:], "address", "tim@example.org", "ground", "abuse")...)
	desk.post(at+"/release", "version", "1", "why", "A flood of notes.")
	if p := desk.send(http.MethodPost, at+"/file/json", formOf()); p.status != http.StatusOK || !strings.Contains(p.text, `"ground": "abuse"`) {
		t.Errorf("the file: status %d", p.status)
	}
	if p := desk.send(http.MethodGet, "/admin/blocks", nil); p.status != http.StatusForbidden {
		t.Errorf("staff block: status %d", p.status)
	}
}

// A backup holds cases, files and blocks; who was erased since comes back in none of them.
func TestABackupBringsNoWordsOfACaseBack(t *testing.T) {
	w := newWorldAt(t, onSQLite.place(t)).cases()
	tim := w.member("tim@example.org")
	eva := w.member("eva@example.org")
	in := w.demand(account.DataAddresses)
	in.Ground = account.GroundPermission
	given, open := w.opened("tim@example.org", in).ID, w.opened("tim@example.org", w.demand(account.DataSignIns)).ID
	w.ok(w.Release(w.ctx(), w.root, given, 1, "Tim has written."))
	held := w.demand(account.DataSignIns)
	held.Hold, held.HoldUntil = "7 O 12/26", w.clock.Now().AddDate(0, 2, 0)
	kept := w.opened("eva@example.org", held).ID
	blocks := app.NewBlocks(w.DB, w.Accounts, nil, w.clock, "x")
	for _, address := range []string{"tim@example.org", "eva@example.org"} {
		w.ok(blocks.BlockAccount(w.ctx(), w.root, w.address(address), "Spam", w.clock.Now().AddDate(0, 1, 0)))
	}
	w.ok(blocks.BlockNetwork(w.ctx(), w.root, "198.51.100.0/24", "A flood", w.clock.Now().AddDate(0, 1, 0), must(http.NewRequestWithContext(w.ctx(), http.MethodGet, "/", nil))(t)))
	v := newVault(t)
	made := w.backup(v)
	w.examined()
	must(w.Records.EraseMe(w.ctx(), tim))(t)

	p := onSQLite.place(t)
	must(app.Restore(w.ctx(), w.restoring(v, made, p)))(t)
	w.doctor(p)
	there := w.at(p)
	for id, want := range map[habeas.ReleaseID]account.CaseState{given: account.CaseReleased, open: account.CaseLapsed} {
		is := must(there.DB.Releases().Case(w.ctx(), id))(t)
		if !is.Account.IsZero() || is.Words.Requester != "" || is.State != want || is.DecidedAt.IsZero() {
			t.Errorf("restored: %+v", is)
		}
	}
	is := must(there.DB.Releases().Case(w.ctx(), kept))(t)
	if is.Account != eva.Account || is.Words.Hold != "7 O 12/26" || !is.Hidden || len(is.Words.Kept) != 1 {
		t.Errorf("a case of somebody who is there: %+v", is)
	}
	all := must(there.DB.Blocks().Made(w.ctx(), 10))(t)
	if len(all) != 2 {
		t.Errorf("%d blocks came back, want Eva's and the network's", len(all))
	}
}

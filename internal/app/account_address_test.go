package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// request is one that carries this browser's cookies.
func (b *tab) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// inFiles names a file of the data directory that holds the text.
func (w *accountWorld) inFiles(text string) string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	w.must(err)
	for _, name := range files {
		if content, err := os.ReadFile(name); err == nil && strings.Contains(string(content), text) {
			return filepath.Base(name)
		}
	}
	return ""
}

// sign is the hash of this browser's sign-in cookie.
func (b *tab) sign() account.Token {
	b.w.t.Helper()
	sign, ok := edge.Cookies{Origin: b.w.origin()}.SignIn(b.request())
	if !ok {
		b.w.t.Fatal("the browser carries no sign-in")
	}
	return account.Token(sign)
}

// askForMain asks for a code to the address that is to become the main one.
func (b *tab) askForMain(address string) (habeas.ChallengeID, error) {
	b.w.t.Helper()
	in := account.Asking{Address: b.w.address(address), Language: "en", Flow: b.flow(), Client: b.network}
	return b.w.accounts.AskForMain(context.Background(), b.signedIn(), b.sign(), in, keyring.LookupHash{}, false)
}

// confirmMain goes as far as the right code and returns the link in the mail that the
// old address gets.
func (b *tab) confirmMain(address string) string {
	b.w.t.Helper()
	id, err := b.askForMain(address)
	b.w.must(err)
	_, err = b.w.accounts.Prove(context.Background(), b.signedIn(), id, sealedtest.Seal(b.w.code()), account.Browser{Flow: b.flow()})
	b.w.must(err)
	return b.w.stopLink()
}

var stopLinkInMail = regexp.MustCompile(`/address-change\?t=([\w-]+)`)

// stopLink reads the link in the mail that waits for the old address.
func (w *accountWorld) stopLink() string {
	w.t.Helper()
	for _, m := range w.post() {
		if found := stopLinkInMail.FindStringSubmatch(m.Text); found != nil {
			return found[1]
		}
	}
	w.t.Fatal("no mail holds the link that stops the change")
	return ""
}

// addresses lists those of an account, the main one first.
func (w *accountWorld) addresses(id habeas.AccountID) (out []string) {
	w.t.Helper()
	all, err := w.db.Accounts().Addresses(context.Background(), id)
	w.must(err)
	for _, a := range all {
		out = append(out, a.Display)
	}
	return out
}

func (w *accountWorld) holds(id habeas.AccountID, want ...string) {
	w.t.Helper()
	if got := w.addresses(id); !slices.Equal(got, want) {
		w.t.Fatalf("the account has %q, want %q", got, want)
	}
}

// switchAll is what the schedule does, on two nodes at the same moment.
func (w *accountWorld) switchAll() {
	w.t.Helper()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := w.accounts.SwitchAddresses(context.Background(), nil); err != nil {
				w.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// steps lists how far changes of an account's address came, the oldest first.
func (w *accountWorld) steps(id habeas.AccountID) (out []string) {
	w.t.Helper()
	log, err := w.db.Events(context.Background(), habeas.SubjectOf(id), habeas.EventID{}, 1000)
	w.must(err)
	for _, e := range slices.Backward(log) {
		if e.Event == audit.AddressChange {
			out = append(out, e.Detail["step"])
		}
	}
	return slices.Compact(out)
}

func codeOfError(err error) string {
	var e *habeas.Error
	errors.As(err, &e)
	if e == nil {
		return ""
	}
	return e.Code
}

func (w *accountWorld) refuses(err error, code string) {
	w.t.Helper()
	if codeOfError(err) != code {
		w.t.Fatalf("got %v, want a refusal %q", err, code)
	}
}

// Proves PTY-12.
func TestTheMainAddressChangesAfterProofCodeWordAndWait(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("tim@example.org")
	id := b.signedIn().Account
	w.clock.Advance(account.RecentFor)
	_, err := b.askForMain("tim@new.example.org")
	w.refuses(err, "address.prove-again")
	b.signIn(key)

	challenge, err := b.askForMain("tim@new.example.org")
	w.must(err)
	code := w.code()
	_, err = w.accounts.Prove(context.Background(), b.signedIn(), challenge, sealedtest.Seal(other(code)), account.Browser{Flow: b.flow()})
	w.refuses(err, account.ErrCode.Code)
	_, err = w.accounts.Prove(context.Background(), b.signedIn(), challenge, sealedtest.Seal(code), account.Browser{Flow: b.flow()})
	w.must(err)
	mails := w.post()
	if len(mails) != 1 || mails[0].To != "tim@example.org" || mails[0].Kind != mail.KindAddressWaiting || !strings.Contains(mails[0].Text, "72 hours") {
		t.Fatalf("the old address is told: %+v", mails)
	}
	for _, m := range mails {
		if strings.Contains(m.Subject+m.Text, "new.example.org") || strings.Contains(m.Subject, "@") {
			t.Error("the mail names an address")
		}
	}

	w.clock.Advance(72*time.Hour - time.Second)
	w.switchAll()
	w.holds(id, "tim@example.org")
	if got := w.accountAt("tim@new.example.org"); !got.IsZero() {
		t.Fatal("the new address leads to the account before the switch")
	}
	w.clock.Advance(time.Second)
	w.switchAll()
	w.holds(id, "tim@new.example.org", "tim@example.org")
	kinds := map[string]mail.Kind{}
	for _, m := range w.post() {
		kinds[m.To] = m.Kind
	}
	if len(kinds) != 2 || kinds["tim@example.org"] != mail.KindAddressChanged || kinds["tim@new.example.org"] != mail.KindAddressMain {
		t.Fatalf("mails about the switch: %v", kinds)
	}
	if got := w.steps(id); !slices.Equal(got, []string{stepConfirmed, stepSwitched}) {
		t.Fatalf("the ledger tells %v", got)
	}
	w.switchAll()
	if len(w.post()) != 0 {
		t.Error("a change that was switched is switched again")
	}
}

func TestACodeProvesEnoughOnlyAtTheMainAddressAndWithoutPasskey(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	b.join("tim@example.org")
	b.addAddress("tim@second.example.org")
	second := w.browser()
	second.join("tim@second.example.org")
	_, err := second.askForMain("tim@new.example.org")
	w.refuses(err, "address.prove-again")
	_, err = b.askForMain("tim@new.example.org")
	w.must(err)
}

func TestAChangeThatNobodyConfirmsExpires(t *testing.T) {
	w := newAccountWorld(t)
	b, _ := w.member("tim@example.org")
	id := b.signedIn().Account
	challenge, err := b.askForMain("tim@new.example.org")
	w.must(err)
	code := w.code()
	w.clock.Advance(account.ForMain.Life())
	_, err = w.accounts.Prove(context.Background(), b.signedIn(), challenge, sealedtest.Seal(code), account.Browser{Flow: b.flow()})
	w.refuses(err, account.ErrCode.Code)
	w.clock.Advance(100 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@example.org")
}

func TestTheOldAddressStopsTheChange(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, _ := w.member("tim@example.org")
	id := b.signedIn().Account
	link := b.confirmMain("oscar@example.net")
	shown, err := w.accounts.Stoppable(ctx, sealedtest.Seal(link))
	w.must(err)
	if !shown.Due.Equal(w.clock.Now().Add(72*time.Hour)) || shown.Display != "" || shown.Account != (habeas.AccountID{}) {
		t.Fatalf("the page about the change is given %+v", shown)
	}
	var wg sync.WaitGroup
	results := make([]error, 2)
	for i := range results {
		wg.Go(func() { results[i] = w.accounts.StopByLink(ctx, sealedtest.Seal(link)) })
	}
	wg.Wait()
	if (results[0] == nil) == (results[1] == nil) {
		t.Fatalf("of two who stop it exactly one wins: %v", results)
	}
	if !b.signedIn().Account.IsZero() {
		t.Error("the sign-in that began the change lives")
	}
	mails := w.post()
	if len(mails) != 1 || mails[0].Kind != mail.KindAddressKept || mails[0].To != "tim@example.org" {
		t.Errorf("mails about the stop: %+v", mails)
	}
	w.clock.Advance(200 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@example.org")
	w.refuses(w.accounts.StopByLink(ctx, sealedtest.Seal(link)), "address.link")
	if got := w.steps(id); !slices.Equal(got, []string{stepConfirmed, stepStopped}) {
		t.Fatalf("the ledger tells %v", got)
	}
}

func TestTheOldAddressTakesTheChangeBackForAWhile(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, key := w.member("tim@example.org")
	id := b.signedIn().Account
	first := b.confirmMain("oscar@example.net")
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	if again := w.stopLink(); again != first {
		t.Error("the second mail holds another link than the first")
	}
	w.clock.Advance(72*time.Hour - time.Second)
	b.signIn(key)
	w.refuses(w.accounts.RemoveAddress(ctx, b.signedIn(), w.hashOf("tim@example.org")), "address.under-way")
	_, err := b.askForMain("oscar@third.example.net")
	w.refuses(err, "address.under-way")
	w.must(w.accounts.StopByLink(ctx, sealedtest.Seal(first)))
	w.holds(id, "tim@example.org")
	if !w.accountAt("oscar@example.net").IsZero() || !b.signedIn().Account.IsZero() {
		t.Error("what the change brought is still there")
	}
	w.post()

	b.signIn(key)
	second := b.confirmMain("tim@new.example.org")
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	w.clock.Advance(72 * time.Hour)
	w.refuses(w.accounts.StopByLink(ctx, sealedtest.Seal(second)), "address.link")
	w.holds(id, "tim@new.example.org", "tim@example.org")
	b.signIn(key)
	w.post()
	b.confirmMain("tim@newest.example.org") // the next change may begin
}

// The attacker's change waits, the victim recovers: it never happens.
// Proves PTY-A4.
func TestAPendingChangeDiesOnRecovery(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	oscar, _ := w.member("tim@example.org")
	id := oscar.signedIn().Account
	link := oscar.confirmMain("oscar@example.net")

	tim := w.browser()
	if to := tim.join("tim@example.org"); to != "/recover" {
		t.Fatalf("a code leads to %q", to)
	}
	w.must(w.accounts.Recover(ctx, tim.sign(), account.Browser{Flow: tim.flow(), New: account.Token{7}}))
	w.post()
	w.refuses(w.accounts.StopByLink(ctx, sealedtest.Seal(link)), "address.link")
	w.clock.Advance(100 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@example.org")
	if got := w.steps(id); !slices.Equal(got, []string{stepConfirmed, stepDropped}) {
		t.Fatalf("the ledger tells %v", got)
	}
}

// After the switch the attacker recovers at the new address to be rid of the old one.
// The link in the old mailbox works all the same.
func TestRecoveryAtTheNewAddressDoesNotBuryTheOldOne(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, _ := w.member("tim@example.org")
	id := b.signedIn().Account
	link := b.confirmMain("oscar@example.net")
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	w.post()
	oscar := w.browser()
	if to := oscar.join("oscar@example.net"); to != "/recover" {
		t.Fatalf("a code leads to %q", to)
	}
	w.must(w.accounts.Recover(ctx, oscar.sign(), account.Browser{Flow: oscar.flow(), New: account.Token{7}}))
	w.holds(id, "oscar@example.net", "tim@example.org")
	w.must(w.accounts.StopByLink(ctx, sealedtest.Seal(link)))
	w.holds(id, "tim@example.org")
}

func TestAChangeEndsWithTheAccount(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	admin, _ := w.administrator("ada@example.org")
	b, _ := w.member("tim@example.org")
	id := b.signedIn().Account
	link := b.confirmMain("tim@new.example.org")
	w.must(w.accounts.SetClosed(ctx, admin.signedIn(), w.address("tim@example.org"), true))
	w.refuses(w.accounts.StopByLink(ctx, sealedtest.Seal(link)), "address.link")
	w.must(w.accounts.SetClosed(ctx, admin.signedIn(), w.address("tim@example.org"), false))
	events := w.events(habeas.SubjectOf(id))
	if events[audit.AccountClosed] != 1 || events[audit.AccountReopened] != 1 {
		t.Errorf("closing and opening again are told as %v", events)
	}
	w.clock.Advance(100 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@example.org")
}

func TestANewAddressThatSomebodyElseProvedMeanwhileIsRefused(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, key := w.member("tim@example.org")
	id := b.signedIn().Account
	w.member("eve@example.org")
	b.signIn(key)

	// Taken before: the asking is answered alike, the code is mailed to its owner, and
	// whoever types it is refused.
	challenge, err := b.askForMain("eve@example.org")
	w.must(err)
	_, err = w.accounts.Prove(ctx, b.signedIn(), challenge, sealedtest.Seal(w.code()), account.Browser{Flow: b.flow()})
	w.refuses(err, "address.taken")

	// Taken while the change waits.
	b.confirmMain("ann@example.org")
	w.browser().join("ann@example.org")
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@example.org")
	if mails := w.post(); len(mails) != 1 || mails[0].Kind != mail.KindAddressKept {
		t.Errorf("mails about the change that cannot happen: %+v", mails)
	}
}

func TestOneOfTheAccountsAddressesBecomesTheMainOne(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, _ := w.member("tim@example.org")
	b.addAddress("tim@work.example.org")
	id := b.signedIn().Account
	in := account.Asking{Language: "en", Flow: b.flow(), Client: b.network}
	ask := func(address string) (habeas.ChallengeID, error) {
		return w.accounts.AskForMain(ctx, b.signedIn(), b.sign(), in, w.hashOf(address), false)
	}
	_, err := ask("tim@example.org")
	w.refuses(err, "address.is-main")
	w.member("eve@example.org")
	_, err = ask("eve@example.org")
	w.refuses(err, "address.none")
	challenge, err := ask("tim@work.example.org")
	w.must(err)
	_, err = w.accounts.Prove(ctx, b.signedIn(), challenge, sealedtest.Seal(w.code()), account.Browser{Flow: b.flow()})
	w.must(err)
	link := w.stopLink()
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	w.holds(id, "tim@work.example.org", "tim@example.org")
	w.must(w.accounts.StopByLink(ctx, sealedtest.Seal(link)))
	w.holds(id, "tim@example.org", "tim@work.example.org") // it was theirs before
}

func TestItsPersonStopsAChangeThatWaits(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, _ := w.member("tim@example.org")
	link := b.confirmMain("tim@new.example.org")
	if c, found, err := w.accounts.Changing(ctx, b.signedIn()); err != nil || !found || c.Display != "tim@new.example.org" {
		t.Fatalf("the change is shown as %+v, %v, %v", c, found, err)
	}
	w.must(w.accounts.StopChange(ctx, b.signedIn()))
	w.refuses(w.accounts.StopChange(ctx, b.signedIn()), "address.no-change")
	w.refuses(w.accounts.StopByLink(ctx, sealedtest.Seal(link)), "address.link")
	if b.signedIn().Account.IsZero() {
		t.Error("their own stopping signs them out")
	}
}

func TestARemovedAddressCanBeTakenBack(t *testing.T) {
	w := newAccountWorld(t)
	ctx := context.Background()
	b, _ := w.member("tim@example.org")
	id := b.signedIn().Account
	b.addAddress("tim@work.example.org")
	hash := w.hashOf("tim@work.example.org")
	w.refuses(w.accounts.RestoreAddress(ctx, b.signedIn(), hash), "address.gone")
	w.must(w.accounts.RemoveAddress(ctx, b.signedIn(), hash))
	w.holds(id, "tim@example.org")
	w.must(w.accounts.RestoreAddress(ctx, b.signedIn(), hash))
	w.holds(id, "tim@example.org", "tim@work.example.org")

	w.must(w.accounts.RemoveAddress(ctx, b.signedIn(), hash))
	w.clock.Advance(account.UndoFor)
	w.refuses(w.accounts.RestoreAddress(ctx, b.signedIn(), hash), "address.gone")
	w.must(w.db.Ops().Tidy(ctx, w.clock.Now().Add(time.Second)))

	b.addAddress("tim@club.example.org")
	w.must(w.accounts.RemoveAddress(ctx, b.signedIn(), w.hashOf("tim@club.example.org")))
	w.browser().join("tim@club.example.org")
	w.refuses(w.accounts.RestoreAddress(ctx, b.signedIn(), w.hashOf("tim@club.example.org")), "address.gone")
}

// Proves PTY-A24.
func TestNoRowHoldsTheLinkThatStopsAChange(t *testing.T) {
	w := newAccountWorld(t)
	b, _ := w.member("tim@example.org")
	link := b.confirmMain("tim@new.example.org")
	for _, leaked := range []string{link, "tim@new.example.org"} {
		if found := w.inFiles(leaked); found != "" {
			t.Errorf("%s holds it", found)
		}
	}
}

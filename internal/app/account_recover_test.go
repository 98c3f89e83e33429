package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// addAddress lets a signed-in browser prove one more address.
func (b *tab) addAddress(address string) {
	b.w.t.Helper()
	to := b.submit("/me/addresses", "address", address, "again", address).Header.Get("Location")
	b.submit("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", b.w.code())
}

// Proves PTY-A2, PTY-A3 and PTY-A4.
func TestRecoveryEndsWhatAnotherMayHold(t *testing.T) {
	w := newAccountWorld(t)
	attacker, _ := w.member("victim@example.org") // who got in once
	attackersKey := attacker.addPasskey("attacker's phone")
	w.post()
	attacker.addAddress("attacker@example.net")
	pending := attacker.submit("/me/addresses", "address", "more@example.net", "again", "more@example.net").Header.Get("Location")
	mails := w.post()
	pendingCode := codeIn(t, mails[len(mails)-1])
	half := attacker.options("/me/credentials/passkeys/options", map[string]string{})

	victim := w.browser()
	if to := victim.join("victim@example.org"); to != "/recover" {
		t.Fatalf("a code for an account with a passkey leads to %q", to)
	}
	if who := victim.signedIn(); !who.Account.IsZero() {
		t.Fatalf("before recovery the code opens the account: %+v", who)
	}
	page := victim.get("/recover").Body
	for _, identifier := range []string{"attacker@example.net", "attacker&#39;s phone"} {
		if !strings.Contains(page, identifier) {
			t.Errorf("the page does not list %q", identifier)
		}
	}
	if to := victim.submit("/recover").Header.Get("Location"); to != "/me/credentials?done=recovered" {
		t.Fatalf("recovery leads to %q", to)
	}
	if who := victim.signedIn(); who.Account != w.accountAt("victim@example.org") {
		t.Errorf("after recovery the victim is %+v", who)
	}
	if told := w.post(); len(told) != 2 {
		t.Errorf("%d addresses were told, want both", len(told))
	}

	if who := attacker.signedIn(); !who.Account.IsZero() {
		t.Error("A2: the attacker's sign-in lives on")
	}
	if status := attacker.signIn(attackersKey); status == http.StatusOK {
		t.Error("A3: the attacker's passkey lives on")
	}
	if !w.accountAt("attacker@example.net").IsZero() {
		t.Error("A3: the attacker's address is still the account's")
	}
	attacker.submit("/code", "c", strings.TrimPrefix(pending, "/code?c="), "code", pendingCode)
	if !w.accountAt("more@example.net").IsZero() {
		t.Error("A4: the pending address was added after recovery")
	}
	if status, _ := victim.json("/me/credentials/passkeys", newAuthenticator().create(half.PublicKey.Challenge, nil)); status == http.StatusOK {
		t.Error("A4: a ceremony begun before recovery added a passkey")
	}
	victim.addPasskey("my own")
	if got := w.events(habeas.SubjectOf(w.accountAt("victim@example.org"))); got[audit.AccountRecovered] != 1 {
		t.Errorf("the ledger says %v", got)
	}
}

func TestOnlyTheMainAddressRecovers(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("owner@example.org")
	b.addAddress("second@example.org")
	thief := w.browser()
	thief.join("second@example.org")
	if reply := thief.submit("/recover"); reply.StatusCode != http.StatusForbidden {
		t.Errorf("recovery from another address: status %d", reply.StatusCode)
	}
	b.submit("/sign-out")
	if status := b.signIn(key); status != http.StatusOK {
		t.Error("the owner's passkey no longer works")
	}
}

// Proves PTY-A37.
func TestAClosedAccountGetsInNowhere(t *testing.T) {
	w := newAccountWorld(t)
	boss, _ := w.administrator("boss@example.org")
	plain := w.browser()
	plain.join("plain@example.org")
	keyed, key := w.member("keyed@example.org")
	for _, address := range []string{"plain@example.org", "keyed@example.org"} {
		if reply := boss.submit("/admin/accounts", "account", address, "state", "close"); reply.StatusCode != http.StatusSeeOther {
			t.Fatalf("closing: status %d", reply.StatusCode)
		}
	}
	if !plain.signedIn().Account.IsZero() || !keyed.signedIn().Account.IsZero() {
		t.Error("sign-ins outlive the account")
	}
	if status := keyed.signIn(key); status != http.StatusForbidden {
		t.Errorf("the passkey of a closed account: status %d", status)
	}
	c := plain.ask("plain@example.org")
	reply := plain.submit("/code", "c", c, "code", w.code())
	if reply.StatusCode != http.StatusForbidden || !strings.Contains(reply.Body, "help@example.org") {
		t.Errorf("the code of a closed account: status %d, and the page must say whom to ask", reply.StatusCode)
	}
	claimant, err := w.accounts.Claimant(context.Background(), habeas.Actor{Account: w.accountAt("plain@example.org")})
	if err != nil || claimant.Active {
		t.Errorf("a closed account may claim: %+v, %v", claimant, err)
	}
	boss.submit("/admin/accounts", "account", "plain@example.org", "state", "open")
	if to := plain.join("plain@example.org"); to != "/me" {
		t.Errorf("opened again it leads to %q", to)
	}
}

// Proves PTY-A36.
func TestAnAdministratorIsAPrivilegedClaimant(t *testing.T) {
	w := newAccountWorld(t)
	boss, _ := w.administrator("boss@example.org")
	boss.submit("/admin/roles", "address", "desk@example.org", "again", "desk@example.org", "role", "staff", "checked", "Seen at the desk.")
	w.member("desk@example.org")
	for address, want := range map[string]bool{"boss@example.org": true, "desk@example.org": false} {
		c, err := w.accounts.Claimant(context.Background(), habeas.Actor{Account: w.accountAt(address)})
		if err != nil || c.Privileged != want || !c.Active || len(c.Addresses) != 1 || c.Addresses[0] != w.hashOf(address) {
			t.Errorf("%s: %+v, %v", address, c, err)
		}
	}
}

func TestRolesCountOnlyWithAPasskeyAndAreGoneAtOnce(t *testing.T) {
	w := newAccountWorld(t)
	boss, _ := w.administrator("boss@example.org")
	if !boss.signedIn().Has(habeas.RoleAdministrator) {
		t.Fatal("the first administrator is none")
	}
	if reply := boss.submit("/admin/roles", "address", "desk@example.org", "again", "desk@example.org", "role", "staff", "checked", "Seen at the desk."); reply.StatusCode != http.StatusSeeOther {
		t.Fatalf("giving a role: status %d", reply.StatusCode)
	}
	desk := w.browser()
	desk.join("desk@example.org")
	if desk.signedIn().Has(habeas.RoleStaff) {
		t.Error("a mailed code carries a role")
	}
	desk.addPasskey("tablet")
	w.post()
	if desk.signedIn().Has(habeas.RoleStaff) {
		t.Error("a role counts without a registration")
	}
	w.register("desk@example.org")
	w.post()
	if !desk.signedIn().Has(habeas.RoleStaff) || desk.signedIn().Has(habeas.RoleAdministrator) {
		t.Errorf("with a passkey: %+v", desk.signedIn())
	}
	if reply := desk.get("/admin/roles"); reply.StatusCode != http.StatusForbidden {
		t.Errorf("staff at the administrators' page: status %d", reply.StatusCode)
	}
	boss.submit("/admin/roles/revoke", "grant", w.grantOf("desk@example.org").ID.String(), "why", "Left.")
	if desk.signedIn().Has(habeas.RoleStaff) {
		t.Error("a role taken away is still there")
	}
	if got := w.events(habeas.SubjectOf(w.accountAt("desk@example.org"))); got[audit.RoleRevoked] != 1 {
		t.Errorf("the ledger of the holder says %v", got)
	}
	if got := w.events(habeas.SubjectID{}); got[audit.RoleGranted] != 1 {
		t.Errorf("given before the address was proved, it stands on the house: %v", got)
	}
	for name, reply := range map[string]*answer{
		"to oneself":         boss.submit("/admin/roles", "address", "boss@example.org", "again", "boss@example.org", "role", "staff", "checked", "Seen at the desk."),
		"the last one away":  boss.submit("/admin/roles/revoke", "grant", w.grantOf("boss@example.org").ID.String(), "why", "Left."),
		"one's own account":  boss.submit("/admin/accounts", "account", "boss@example.org", "state", "close"),
		"by somebody else":   desk.submit("/admin/roles", "address", "x@example.org", "again", "x@example.org", "role", "staff", "checked", "Seen at the desk."),
		"person is no grant": boss.submit("/admin/roles", "address", "x@example.org", "again", "x@example.org", "role", "person", "checked", "Seen at the desk."),
	} {
		if reply.StatusCode < 400 {
			t.Errorf("%s: status %d", name, reply.StatusCode)
		}
	}
	if !boss.signedIn().Has(habeas.RoleAdministrator) {
		t.Error("the last administrator is gone")
	}
}

func TestAMailboxAloneNeverLeadsToARole(t *testing.T) {
	w := newAccountWorld(t)
	w.administrator("boss@example.org")
	thief := w.browser() // who reads the administrator's mail
	thief.join("boss@example.org")
	thief.submit("/recover")
	thief.addPasskey("thief's phone")
	if thief.signedIn().Has(habeas.RoleAdministrator) || thief.signedIn().Has(habeas.RoleStaff) {
		t.Error("recovery by mail kept the role")
	}
	if _, err := w.accounts.FirstAdministratorLink(context.Background()); err != nil {
		t.Errorf("with no administrator left the operator makes a new link: %v", err)
	}
}

func TestTheFirstAdministratorsLinkWorksOnce(t *testing.T) {
	w := newAccountWorld(t)
	path, err := w.accounts.FirstAdministratorLink(context.Background())
	w.must(err)
	link := strings.TrimPrefix(path, "/first-administrator?t=")
	if raw, err := b64.DecodeString(link); err != nil || len(raw) < 16 {
		t.Fatalf("the link holds %d bytes, %v", len(raw), err)
	}
	first, second := w.browser(), w.browser()
	ask := func(b *tab, address string) (c, code string) {
		to := b.submit("/first-administrator", "t", link, "address", address, "again", address).Header.Get("Location")
		return strings.TrimPrefix(to, "/code?c="), w.code()
	}
	c1, code1 := ask(first, "one@example.org")
	c2, code2 := ask(second, "two@example.org")
	if reply := first.get(path); reply.StatusCode != http.StatusOK {
		t.Errorf("opening the link again before it is used: status %d", reply.StatusCode)
	}
	first.submit("/code", "c", c1, "code", code1)
	if reply := second.submit("/code", "c", c2, "code", code2); reply.StatusCode != http.StatusForbidden || !second.signedIn().Account.IsZero() {
		t.Errorf("the second to use the link: status %d", reply.StatusCode)
	}
	if reply := w.browser().get(path); reply.StatusCode != http.StatusForbidden {
		t.Errorf("the used link: status %d", reply.StatusCode)
	}
	if reply := w.browser().get("/first-administrator?t=guessed"); reply.StatusCode != http.StatusForbidden {
		t.Errorf("a guessed link: status %d", reply.StatusCode)
	}
	if _, err := w.accounts.FirstAdministratorLink(context.Background()); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("a second link: %v", err)
	}
	if reply := first.get("/admin/roles"); reply.StatusCode != http.StatusForbidden {
		t.Errorf("administrator without a passkey: status %d", reply.StatusCode)
	}
	first.addPasskey("key")
	w.register("one@example.org")
	if reply := first.get("/admin/roles"); reply.StatusCode != http.StatusOK {
		t.Errorf("administrator with a passkey: status %d", reply.StatusCode)
	}
}

func TestSignInsEndInTime(t *testing.T) {
	w := newAccountWorld(t)
	coded := w.browser()
	coded.join("code@example.org")
	w.clock.Advance(account.CodeLife - time.Second)
	if coded.signedIn().Account.IsZero() {
		t.Error("by code: ended early")
	}
	w.clock.Advance(time.Second)
	if !coded.signedIn().Account.IsZero() {
		t.Error("by code: did not end")
	}
	keyed, key := w.member("key@example.org")
	for range 14 { // 154 hours, never idle for long
		w.clock.Advance(account.PasskeyIdle - time.Hour)
		if keyed.signedIn().Account.IsZero() {
			t.Fatal("by passkey: ended although in use")
		}
	}
	w.clock.Advance(account.PasskeyIdle)
	if !keyed.signedIn().Account.IsZero() {
		t.Error("by passkey: did not end when idle")
	}
	keyed.signIn(key)
	for range 16 {
		keyed.signedIn()
		w.clock.Advance(account.PasskeyIdle - time.Hour)
	}
	if !keyed.signedIn().Account.IsZero() {
		t.Error("by passkey: outlived a week")
	}
}

func TestAPasskeyCanBeRemovedAndTakenBack(t *testing.T) {
	w := newAccountWorld(t)
	b, first := w.member("tim@example.org")
	second := b.addPasskey("tablet")
	w.post()
	elsewhere := w.browser()
	elsewhere.signIn(first)
	hash := hashHex(w.keys.Lookup(account.LookupPasskey, string(first.id)))
	if to := b.submit("/me/credentials/passkeys/remove", "passkey", hash).Header.Get("Location"); !strings.Contains(to, "removed") {
		t.Fatalf("removing leads to %q", to)
	}
	if !elsewhere.signedIn().Account.IsZero() {
		t.Error("a sign-in by the removed passkey lives on")
	}
	if b.signedIn().Account.IsZero() {
		t.Error("the sign-in that removed it is gone")
	}
	if elsewhere.signIn(first) == http.StatusOK {
		t.Error("the removed passkey works")
	}
	b.submit("/me/credentials/passkeys/restore", "passkey", hash)
	if elsewhere.signIn(first) != http.StatusOK {
		t.Error("taken back it does not work")
	}
	b.submit("/me/credentials/passkeys/remove", "passkey", hash)
	w.clock.Advance(account.UndoFor)
	if reply := b.submit("/me/credentials/passkeys/restore", "passkey", hash); reply.StatusCode != http.StatusGone {
		t.Errorf("taken back too late: status %d", reply.StatusCode)
	}
	stranger, _ := w.member("eve@example.org")
	if reply := stranger.submit("/me/credentials/passkeys/remove", "passkey", hashHex(w.keys.Lookup(account.LookupPasskey, string(second.id)))); reply.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else's passkey: status %d", reply.StatusCode)
	}
}

func TestEndingAllOtherSignInsKeepsThisOne(t *testing.T) {
	w := newAccountWorld(t)
	here, key := w.member("tim@example.org")
	there := w.browser()
	there.signIn(key)
	here.submit("/me/credentials/sign-ins/end")
	if here.signedIn().Account.IsZero() || !there.signedIn().Account.IsZero() {
		t.Error("the wrong sign-in ended")
	}
}

func TestACopiedPasskeyIsRefused(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("tim@example.org")
	b.signIn(key)
	copied := *key
	b.signIn(key)
	if status := w.browser().signIn(&copied); status != http.StatusForbidden {
		t.Errorf("a counter that went back: status %d", status)
	}
}

func TestACeremonyAnswersOnceAndOnlyInItsBrowser(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("tim@example.org")
	o := b.options("/sign-in/passkey/options", map[string]string{})
	if len(o.PublicKey.AllowCredentials) != 0 || o.PublicKey.UserVerification != "required" {
		t.Errorf("the options name accounts or do not verify: %+v", o)
	}
	answer := key.get(o.PublicKey.Challenge)
	if status, _ := w.browser().json("/sign-in/passkey", answer); status == http.StatusOK {
		t.Error("another browser used the answer")
	}
	if status, _ := b.json("/sign-in/passkey", answer); status != http.StatusOK {
		t.Errorf("its own browser: status %d", status)
	}
	if status, _ := b.json("/sign-in/passkey", answer); status == http.StatusOK {
		t.Error("the answer worked twice")
	}
}

func TestAnAddressOfAnotherAccountIsNotAdded(t *testing.T) {
	w := newAccountWorld(t)
	w.browser().join("taken@example.org")
	owner := w.accountAt("taken@example.org")
	b := w.browser()
	b.join("tim@example.org")
	b.addAddress("taken@example.org")
	if w.accountAt("taken@example.org") != owner {
		t.Error("the address changed hands")
	}
	b.addAddress("tim@work.example")
	if w.accountAt("tim@work.example") != w.accountAt("tim@example.org") {
		t.Error("a free address was not added")
	}
	b.submit("/me/addresses/remove", "address", hashHex(w.hashOf("tim@work.example")))
	if !w.accountAt("tim@work.example").IsZero() {
		t.Error("the address was not removed")
	}
	if reply := b.submit("/me/addresses/remove", "address", hashHex(w.hashOf("tim@example.org"))); reply.StatusCode != http.StatusForbidden {
		t.Errorf("removing the main address: status %d", reply.StatusCode)
	}
}

func TestACodeTypedBeforeThePasskeyDoesNotRecover(t *testing.T) {
	w := newAccountWorld(t)
	stolen := w.browser() // a cookie, but not the mailbox
	stolen.join("tim@example.org")
	owner := w.browser()
	owner.join("tim@example.org")
	owner.addPasskey("phone")
	if reply := stolen.submit("/recover"); reply.StatusCode != http.StatusForbidden {
		t.Errorf("recovery by an old sign-in: status %d", reply.StatusCode)
	}
	if owner.signedIn().Proof != habeas.ProofPasskey {
		t.Error("the owner is no longer signed in")
	}
}

func TestAnInvitationDoesNotRecoverAnAccountWithAPasskey(t *testing.T) {
	w := newAccountWorld(t)
	b, _ := w.member("tim@example.org")
	w.must(w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error {
		return w.accounts.InviteTo(tx, habeas.SubjectID{}, w.address("tim@example.org"), "en", 0)
	}))
	m := w.post()[0]
	_, link, _ := strings.Cut(m.Text, "/code?c=")
	guest := w.browser()
	to := guest.submit("/code", "c", strings.Fields(link)[0], "code", codeIn(t, m)).Header.Get("Location")
	if to != "/sign-in?to=%2Fme" || len(guest.cookies) != 0 {
		t.Errorf("led to %q with cookies %v", to, guest.cookies)
	}
	if b.signedIn().Account.IsZero() {
		t.Error("the owner is no longer signed in")
	}
}

func TestTheLastAdministratorCannotBeErased(t *testing.T) {
	w := newAccountWorld(t)
	boss, _ := w.administrator("boss@example.org")
	actor := boss.signedIn()
	entry := w.accounts.entry(audit.AccountErased, habeas.SubjectID{}, habeas.Server, nil)
	err := w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error { return w.accounts.EraseAccount(tx, actor, entry) })
	if !errors.Is(err, account.ErrLastAdministrator) {
		t.Errorf("got %v", err)
	}
	if boss.signedIn().Account.IsZero() {
		t.Error("the last administrator is gone")
	}
}

func TestAnErasedAccountLeavesNoRow(t *testing.T) {
	w := newAccountWorld(t)
	boss, key := w.administrator("boss@example.org")
	boss.addAddress("second@example.org")
	boss.ask("boss@example.org")
	actor := boss.signedIn()
	w.must(w.db.InTx(context.Background(), func(tx *sqlstore.Tx) error {
		return tx.Accounts().EraseAccount(actor.Account, w.accounts.entry(audit.AccountErased, habeas.SubjectOf(actor.Account), actor, nil))
	}))
	w.must(w.keys.Destroy(context.Background(), habeas.SubjectOf(actor.Account)))
	var rows int
	w.must(w.raw().QueryRow(`SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM account_address) + (SELECT count(*) FROM passkey)
		+ (SELECT count(*) FROM sign_in) + (SELECT count(*) FROM role_grant) + (SELECT count(*) FROM outbox WHERE subject <> $1)
		+ (SELECT count(*) FROM challenge WHERE purpose = 'sign-in' AND used_at = 0)`, make([]byte, 16)).Scan(&rows))
	if rows != 0 {
		t.Errorf("%d rows are left", rows)
	}
	if !boss.signedIn().Account.IsZero() || boss.signIn(key) == http.StatusOK {
		t.Error("an erased account signs in")
	}
	if to := boss.join("boss@example.org"); to != "/me" || boss.signedIn().Account == actor.Account {
		t.Errorf("who comes back begins anew: led to %q", to)
	}
}

func TestANameIsShownInsteadOfTheAddress(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	b.join("tim@example.org")
	id := b.signedIn().Account
	if got := w.accounts.NameOf(context.Background(), id); got != "somebody" {
		t.Errorf("without a name: %q", got)
	}
	b.submit("/me/credentials/name", "called", "Tim <script>")
	if got := w.accounts.NameOf(context.Background(), id); got != "Tim <script>" {
		t.Errorf("named %q", got)
	}
	if page := b.get("/me/credentials").Body; !strings.Contains(page, "Tim &lt;script&gt;") || strings.Contains(page, "Tim <script>") {
		t.Error("the name is not escaped")
	}
	if reply := b.submit("/me/credentials/name", "called", strings.Repeat("x", account.MaxName+1)); reply.StatusCode != http.StatusBadRequest {
		t.Errorf("a name too long: status %d", reply.StatusCode)
	}
	address, language, err := w.accounts.MainAddress(context.Background(), id)
	if err != nil || address != "tim@example.org" || language != "en" {
		t.Errorf("main address %q, %q, %v", address, language, err)
	}
}

// BenchmarkWho measures what every request of somebody signed in begins with.
func BenchmarkWho(b *testing.B) {
	w := newAccountWorld(b)
	member, _ := w.member("tim@example.org")
	for b.Loop() {
		if member.signedIn().Account.IsZero() {
			b.Fatal("not signed in")
		}
	}
}

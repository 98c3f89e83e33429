package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestAPersonJoinsByCodeAddsAPasskeyAndSignsInWithIt(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	if to := b.join("tim@example.org"); to != "/me" {
		t.Fatalf("a right code leads to %q", to)
	}
	who := b.signedIn()
	if who.Account.IsZero() || who.Proof != habeas.ProofCode || who.Account != w.accountAt("tim@example.org") {
		t.Fatalf("signed in as %+v", who)
	}
	key := b.addPasskey("phone")
	if got := b.signedIn(); got.Proof != habeas.ProofPasskey || got.Account != who.Account {
		t.Fatalf("after adding a passkey: %+v", got)
	}
	if mails := w.post(); len(mails) != 1 || mails[0].To != "tim@example.org" || !strings.Contains(mails[0].Text, "passkey") {
		t.Fatalf("mails about the passkey: %+v", mails)
	}
	if reply := b.submit("/sign-out"); reply.StatusCode != http.StatusSeeOther || !b.signedIn().Account.IsZero() {
		t.Fatal("still signed in after signing out")
	}
	if status := b.signIn(key); status != http.StatusOK || b.signedIn().Proof != habeas.ProofPasskey {
		t.Fatalf("signing in by passkey: status %d, %+v", status, b.signedIn())
	}
	if page := b.get("/me/credentials").Body; !strings.Contains(page, "phone") || !strings.Contains(page, "tim@example.org") {
		t.Fatal("the page about credentials names neither passkey nor address")
	}
}

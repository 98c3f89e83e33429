package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/account"
)

// shows checks what a page says and does not say.
func (a *answer) shows(t testing.TB, status int, want ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d: %.300s", a.StatusCode, status, mainPart.FindString(a.Body))
	}
	for _, text := range want {
		if text, not := strings.CutPrefix(text, "not "); strings.Contains(a.Body, text) == not {
			t.Errorf("the page has %q: %v", text, not)
		}
	}
}

// The way of a person with a passkey through the pages, as their browser goes it.
// Proves PTY-12.
func TestTheAddressPagesLeadThroughTheChange(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("tim@example.org")
	b.get("/me/addresses").shows(t, 200, "tim@example.org", "main address", `href="/me/addresses/main"`, "not Stop the change")
	w.clock.Advance(account.RecentFor)
	b.get("/me/addresses/main").shows(t, 200, `data-finish="/sign-in/passkey?to=%2Fme%2Faddresses%2Fmain"`, `not name="address"`)
	form := []string{"address", "tim@new.example.org", "again", "tim@new.example.org", "record", "true"}
	b.submit("/me/addresses/main", form...).shows(t, 403, "Show first that it is you")

	b.signIn(key)
	b.get("/me/addresses/main").shows(t, 200, `name="address"`, `name="record" value="true"`)
	b.submit("/me/addresses/main", "address", "tim@new.example.org", "again", "tim@nwe.example.org").
		shows(t, 400, "The two addresses are not the same", `value="tim@new.example.org"`)
	b.submit("/me/addresses/main", "address", "tim@example.org", "again", "tim@example.org").shows(t, 400, "This is your main address already.")
	to := b.submit("/me/addresses/main", form...).Header.Get("Location")
	done := b.submit("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", w.code()).Header.Get("Location")
	if done != "/me/addresses?done=waiting" {
		t.Fatalf("the right code leads to %q", done)
	}
	b.get(done).shows(t, 200, "Your main address is about to change", "tim@new.example.org", "Stop the change", `not href="/me/addresses/main"`)
	b.submit("/me/addresses/main", "address", "tim@third.example.org", "again", "tim@third.example.org").shows(t, 403, "under way")
	if to := b.submit("/me/addresses/main/stop").Header.Get("Location"); to != "/me/addresses?done=stopped" {
		t.Fatalf("stopping leads to %q", to)
	}
	b.get("/me/addresses?done=stopped").shows(t, 200, "The change is stopped.", `href="/me/addresses/main"`)
	if b.submit("/me/addresses/main/stop").StatusCode != http.StatusConflict {
		t.Error("a change is stopped twice")
	}
}

// A mail scanner opens the link as often as it likes. Proves PTY-A19 and PTY-A22.
func TestOpeningTheLinkStopsNothing(t *testing.T) {
	w := newAccountWorld(t)
	b, _ := w.member("tim@example.org")
	link := b.confirmMain("oscar@example.net")
	scanner := w.browser() // without cookies
	for range 3 {
		page := scanner.get("/address-change?t=" + link)
		page.shows(t, 200, "Stop the change of your main address?", `method="post"`, "not oscar", "not tim@")
		if page.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Error("the page tells others where its reader came from")
		}
		scanner.send(httptest.NewRequest(http.MethodHead, "/address-change?t="+link, nil))
	}
	b.get("/me/addresses").shows(t, 200, "Your main address is about to change")

	if to := scanner.submit("/address-change", "t", link).Header.Get("Location"); to != "/address-change?done=stopped" {
		t.Fatalf("the button leads to %q", to)
	}
	scanner.get("/address-change?done=stopped").shows(t, 200, "Every sign-in of the account has ended", "/sign-in")
	gone := mainPart.FindString(scanner.get("/address-change?t=" + link).Body)
	for _, wrong := range []string{link, "", "x", strings.Repeat("A", 43), link[:42], link + "A"} {
		page := scanner.get("/address-change?t=" + wrong)
		page.shows(t, http.StatusGone, "This link does not work any more")
		if mainPart.FindString(page.Body) != gone {
			t.Error("refusals differ")
		}
		scanner.submit("/address-change", "t", wrong).shows(t, http.StatusGone)
	}
}

func TestTheLinkTakesTheChangeBackAfterTheSwitch(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("tim@example.org")
	link := b.confirmMain("tim@new.example.org")
	w.clock.Advance(72 * time.Hour)
	w.switchAll()
	b.signIn(key)
	b.get("/me/addresses").shows(t, 200, "Your main address has changed", "tim@new.example.org", "not Use another main address", "not /me/addresses/remove")
	old := w.browser()
	old.get("/address-change?t="+link).shows(t, 200, "Take the change of your main address back?")
	old.submit("/address-change", "t", link)
	b.signIn(key)
	b.get("/me/addresses").shows(t, 200, "tim@example.org", "not new.example.org")
}

func TestWithoutPasskeyACodeAtTheMainAddressShowsWhoItIs(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	b.join("tim@example.org")
	w.clock.Advance(account.RecentFor)
	b.get("/me/addresses/main").shows(t, 200, "Send a code to my main address", `not name="again"`)
	to := b.submit("/me/addresses/main/prove", "to", "/me/addresses/main").Header.Get("Location")
	mails := w.post()
	if len(mails) != 1 || mails[0].To != "tim@example.org" {
		t.Fatalf("the code goes to %+v", mails)
	}
	before := b.signedIn().Account
	to = b.submit("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", codeIn(t, mails[0])).Header.Get("Location")
	if to != "/me/addresses/main" || b.signedIn().Account != before {
		t.Fatalf("the code leads to %q", to)
	}
	b.get(to).shows(t, 200, `name="again"`)
	if to := b.submit("/me/addresses/main/prove", "to", "//evil.example").Header.Get("Location"); !strings.HasPrefix(to, "/code?c=") {
		t.Fatalf("a foreign place leads to %q", to)
	} else if to := b.submit("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", w.code()).Header.Get("Location"); to != "/me" {
		t.Errorf("a foreign place leads to %q", to)
	}
}

func TestAddressesAreAddedRemovedAndTakenBackOnTheirPage(t *testing.T) {
	w := newAccountWorld(t)
	b, _ := w.member("tim@example.org")
	b.submit("/me/addresses", "address", "tim@work", "again", "tim@work").shows(t, 400)
	b.addAddress("tim@work.example.org")
	hash := hashHex(w.hashOf("tim@work.example.org"))
	b.get("/me/addresses?done=added").shows(t, 200, "tim@work.example.org", "/me/addresses/main?address="+hash, "The address is one of yours now.")
	b.get("/me/addresses/main?address="+hash).shows(t, 200, "The code goes to tim@work.example.org", `not name="again"`)
	removed := b.submit("/me/addresses/remove", "address", hash).Header.Get("Location")
	b.get(removed).shows(t, 200, "not tim@work.example.org", "Undo", `action="/me/addresses/restore"`)
	back := b.submit("/me/addresses/restore", "address", hash).Header.Get("Location")
	b.get(back).shows(t, 200, "tim@work.example.org", "The address is one of yours again.")

	eve, _ := w.member("eve@example.org")
	eve.submit("/me/addresses/remove", "address", hash).shows(t, http.StatusNotFound)
	eve.submit("/me/addresses/restore", "address", hash).shows(t, http.StatusGone)
	eve.get("/me/addresses/main?address="+hash).shows(t, 200, `name="again"`, "not tim@")
	eve.submit("/me/addresses/main", "own", hash).shows(t, http.StatusNotFound, "not tim@")
}

func TestTheAddressPagesAreForTheirPerson(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	for _, path := range []string{"/me/addresses", "/me/addresses/main"} {
		if to := b.get(path).Header.Get("Location"); !strings.HasPrefix(to, "/sign-in") {
			t.Errorf("%s leads a stranger to %q", path, to)
		}
		if to := b.submit(path, "address", "tim@example.org").Header.Get("Location"); !strings.HasPrefix(to, "/sign-in") {
			t.Errorf("posting to %s leads a stranger to %q", path, to)
		}
	}
}

// The browser in which an address was proved stays known for half a year.
func TestTheFlowOfAProvedAddressLasts(t *testing.T) {
	w := newAccountWorld(t)
	b := w.browser()
	age := func(reply *answer) int {
		for _, c := range reply.Cookies {
			if strings.HasSuffix(c.Name, "flow") {
				return c.MaxAge
			}
		}
		return 0
	}
	asked := b.submit("/join", "address", "tim@example.org", "again", "tim@example.org", "language", "en")
	if got := age(asked); got != 24*60*60 {
		t.Errorf("asking keeps the flow for %d seconds", got)
	}
	flow := b.flow()
	proved := b.submit("/code", "c", strings.TrimPrefix(asked.Header.Get("Location"), "/code?c="), "code", w.code())
	if got := age(proved); got != int(account.KnownBrowserFor/time.Second) || b.flow() != flow {
		t.Errorf("the right code keeps the flow for %d seconds", got)
	}
}

package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

// campus is a server with a provider that is believed about addresses at example.org.
type campus struct {
	*servertest.World
	clock *habeas.ManualClock
	idp   *servertest.Provider
}

func atCampus(t *testing.T, change ...func(c *app.ProviderConfig)) *campus {
	t.Helper()
	w := &campus{clock: habeas.NewManualClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))}
	w.idp = servertest.NewProvider(t, w.clock.Now, false)
	cfg := w.idp.Config("campus", "example.org")
	for _, c := range change {
		c(&cfg)
	}
	w.World = servertest.New(t, servertest.Databases{Records: pgtest.DSN(t), Keys: pgtest.DSN(t)}, w.idp.As(cfg), func(cfg *app.Config) { cfg.Clock = w.clock })
	return w
}

// browser sends what browsers send.
func (w *campus) browser() *servertest.Browser {
	b := w.Browser()
	b.Sends = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}}
	return b
}

// says checks that a page is there and says some words, and none of those after "".
func says(b *servertest.Browser, path string, words ...string) {
	b.W.Helper()
	r := b.Get(path)
	if r.Status != http.StatusOK {
		b.W.Errorf("%s: status %d to %q", path, r.Status, r.Header.Get("Location"))
		return
	}
	want := true
	for _, word := range words {
		if word == "" {
			want = false
			continue
		}
		if strings.Contains(r.Body, word) != want {
			b.W.Errorf("%s: %q, want %v: %s", path, word, want, r.Complaint())
		}
	}
}

func signedIn(b *servertest.Browser) bool {
	b.W.Helper()
	return b.Get("/me").Status == http.StatusOK
}

// code types the code that was mailed to an address on the page that a form led to.
func (w *campus) code(b *servertest.Browser, to, address string) servertest.Reply {
	w.Helper()
	c, found := strings.CutPrefix(to, "/code?c=")
	if !found {
		w.Fatalf("led to %q, want the page for the code", to)
	}
	return b.Submit("/code", "c", c, "code", servertest.CodeIn(w, w.Post.Take(w, mail.KindCode, address)))
}

func saidToBe(sub, address string) map[string]any {
	return map[string]any{"sub": sub, "email": address, "email_verified": true}
}

// Somebody whose provider is believed gets an account at once; the address stands on that
// word until a code proves it, and the person is told so.
// Proves PTY-A1.
func TestAnAccountOnAProvidersWord(t *testing.T) {
	w := atCampus(t)
	w.idp.Person = saidToBe("ada", "ada@example.org")
	ada := w.browser()
	back := ada.Elsewhere(ada.Leaves("/sign-in?to=/me/addresses", "/sign-in/with/campus"))
	if r := ada.Send(http.MethodHead, strings.TrimPrefix(back, w.HTTP.URL), "", ""); r.Status != http.StatusNoContent || signedIn(ada) {
		t.Errorf("looking at the answer: %d", r.Status)
	}
	if r := ada.Returns(back); r.Header.Get("Location") != "/me/addresses" {
		t.Fatalf("led to %q: %s", r.Header.Get("Location"), r.Complaint())
	}
	w.Post.Take(t, mail.KindProviderAdded, "ada@example.org")
	says(ada, "/me/addresses", "On the word of Campus login alone", "Prove it by a code")
	says(ada, "/me/credentials", "Campus login", "As ada@example.org.", "Disconnect", "stands on the word", "By an identity provider", "", "Connect Campus login")
	says(ada, "/me/activity", "Connected an identity provider.", "Brought an address on the word of an identity provider.")
	if r := ada.Submit("/me/copy/json"); !strings.Contains(r.Body, w.idp.Issuer+" ada@example.org") {
		t.Error("the copy does not say what the account is connected with")
	}

	// A code from elsewhere recovers only; the same account is found by the provider.
	stranger := w.browser()
	if r := w.code(stranger, stranger.Done("/sign-in/code", "address", "ada@example.org"), "ada@example.org"); r.Header.Get("Location") != "/recover" || signedIn(stranger) {
		t.Errorf("a code opens what a provider's word opened: %q", r.Header.Get("Location"))
	}
	again := w.browser()
	again.SignInBy("campus")
	says(again, "/me/addresses", "ada@example.org")

	// The main address can be changed by who has just shown at the provider that it is them.
	says(again, "/me/addresses/main", "New main address")
	w.clock.Advance(11 * time.Minute)
	says(again, "/me/addresses/main", "Show with Campus login that it is you", "", "New main address")

	// Once a code has proved the address, a code opens the account as it does elsewhere.
	if r := w.code(ada, ada.Filled("/me/addresses", "/me/addresses", "address", "ada@example.org", "again", "ada@example.org"), "ada@example.org"); r.Status != http.StatusSeeOther {
		t.Fatalf("proving the address: %d %s", r.Status, r.Complaint())
	}
	says(ada, "/me/addresses", "Proved", "", "On the word of")
	other := w.browser()
	if r := w.code(other, other.Done("/sign-in/code", "address", "ada@example.org"), "ada@example.org"); r.Header.Get("Location") != "/me" || !signedIn(other) {
		t.Errorf("a code after the proof leads to %q", r.Header.Get("Location"))
	}
}

// What is connected is listed, mailed and taken away with what it opened; for a while it
// can be taken back. Its rows go with the account.
func TestAConnectionIsLookedAfterByItsPerson(t *testing.T) {
	w := atCampus(t)
	bea := w.browser()
	bea.Join("bea@example.net")
	w.idp.Person = map[string]any{"sub": "bea"}
	if r := bea.Connect("campus"); r.Header.Get("Location") != "/me/credentials?done=connected" {
		t.Fatalf("connecting: %d %s", r.Status, r.Complaint())
	}
	w.Post.Take(t, mail.KindProviderAdded, "bea@example.net")
	phone := w.browser()
	if r := phone.SignInBy("campus"); r.Header.Get("Location") != "/me" || !signedIn(phone) {
		t.Fatalf("signing in: %d %s", r.Status, r.Complaint())
	}
	says(bea, "/me/credentials", "Campus login", "last used")
	removed := bea.Filled("/me/credentials", "/me/credentials/providers/remove")
	if signedIn(phone) {
		t.Error("what was disconnected still opens the account")
	}
	if r := phone.SignInBy("campus"); r.Header.Get("Location") != "/sign-in/with/campus/new" {
		t.Errorf("the disconnected provider leads to %q", r.Header.Get("Location"))
	}
	bea.Filled(removed, "/me/credentials/providers/restore")
	if phone.SignInBy("campus"); !signedIn(phone) {
		t.Error("the removal was not taken back")
	}
	says(phone, "/me/activity", "Disconnected an identity provider.")
	removed = bea.Filled("/me/credentials", "/me/credentials/providers/remove")
	w.clock.Advance(11 * time.Minute)
	if r := bea.Fill(removed, "/me/credentials/providers/restore"); r.Status != http.StatusGone {
		t.Errorf("taken back too late: %d", r.Status)
	}
	if r := bea.Connect("campus"); r.Status != http.StatusSeeOther {
		t.Errorf("connecting anew: %d %s", r.Status, r.Complaint())
	}
	if r := bea.Erase("bea@example.net"); r.Status != http.StatusOK {
		t.Fatalf("erasing: %d %s", r.Status, r.Complaint())
	}
	if r := phone.SignInBy("campus"); r.Header.Get("Location") != "/sign-in/with/campus/new" {
		t.Errorf("after erasure the provider leads to %q", r.Header.Get("Location"))
	}
	if report, err := w.Examine(t.Context(), 0, false); err != nil || report.Verdict != backup.Good {
		t.Errorf("%+v, %v", report.Findings, err)
	}
}

// Who works here needs the provider's strong word, of a provider that is listed for it;
// who was closed out gets in by none.
// Proves PTY-A37.
func TestStaffAndClosedAccountsAtAProvider(t *testing.T) {
	w := atCampus(t, func(c *app.ProviderConfig) { c.Staff, c.StaffACR = true, []string{"mfa"} })
	boss := w.browser()
	boss.Administrator("boss@example.org")
	boss.Filled("/admin/roles", "/admin/roles", "address", "nora@example.net", "again", "nora@example.net", "role", "staff", "checked", "Seen at the desk.")
	nora := w.browser()
	nora.Join("nora@example.net")
	w.Registered()
	w.idp.Person = map[string]any{"sub": "nora"}
	nora.Connect("campus")
	for acr, want := range map[string]int{"password": http.StatusForbidden, "": http.StatusForbidden, "mfa": http.StatusOK} {
		w.idp.Person = map[string]any{"sub": "nora", "acr": acr}
		b := w.browser()
		b.SignInBy("campus")
		if r := b.Get("/staff"); r.Status != want {
			t.Errorf("staff by %q: %d, want %d", acr, r.Status, want)
		}
	}
	boss.Filled("/admin/roles", "/admin/accounts", "account", "nora@example.net", "state", "close")
	b := w.browser()
	if r := b.SignInBy("campus"); r.Status != http.StatusForbidden || signedIn(b) {
		t.Errorf("a closed account by its provider: %d", r.Status)
	}
}

func TestSigningOutAtTheProviderSignsOutHere(t *testing.T) {
	w := atCampus(t)
	w.idp.Person = saidToBe("cem", "cem@example.org")
	cem := w.browser()
	cem.SignInBy("campus")
	says := func(token string) int {
		return w.Browser().Submit("/sign-in/with/campus/logout", "logout_token", token).Status
	}
	if status := says(w.idp.LogoutToken("somebody else")); status != http.StatusOK || !signedIn(cem) {
		t.Errorf("somebody else signs out: %d", status)
	}
	w.idp.Sign = "another"
	if status := says(w.idp.LogoutToken("cem")); status != http.StatusForbidden || !signedIn(cem) {
		t.Errorf("a forged token: %d", status)
	}
	w.idp.Sign = ""
	if status := says(w.idp.LogoutToken("cem")); status != http.StatusOK || signedIn(cem) {
		t.Errorf("signing out: %d", status)
	}
}

// Whatever goes wrong, a page says what to do, and nothing of it stands in the log that
// says who it was.
func TestAProviderThatFailsLeavesAWayOn(t *testing.T) {
	w := atCampus(t, func(c *app.ProviderConfig) { c.OIDC.HD = "example.org" })
	b := w.browser()
	leaves := func() string { return b.Elsewhere(b.Leaves("/sign-in", "/sign-in/with/campus")) }
	wayOn := func(said string, r servertest.Reply, status int, words string) {
		t.Helper()
		if r.Status != status || !strings.Contains(r.Body, words) || !strings.Contains(r.Body, `href="/sign-in"`) || signedIn(b) {
			t.Errorf("%s: %d: %s", said, r.Status, r.Complaint())
		}
	}
	w.idp.Down = true
	wayOn("a provider that is down", b.Submit("/sign-in/with/campus"), http.StatusServiceUnavailable, "Campus login does not answer now")
	w.idp.Down = false
	w.clock.Advance(10 * time.Second)
	wayOn("thinking better of it", b.Returns(leaves()), http.StatusForbidden, "Nobody was signed in at Campus login")
	w.idp.Person = saidToBe("dana", "dana@example.org")
	wayOn("another domain", b.Returns(leaves()), http.StatusForbidden, "may not be used here")
	w.idp.Sign = "none"
	wayOn("a token of nobody", b.Returns(leaves()), http.StatusForbidden, "does not hold")
	w.idp.Sign = ""
	late := leaves()
	w.clock.Advance(11 * time.Minute)
	wayOn("too late", b.Returns(late), http.StatusBadRequest, "took too long")
	wayOn("no state", b.Get("/sign-in/with/campus/back"), http.StatusBadRequest, "Begin again")
	if r := b.Submit("/sign-in/with/elsewhere"); r.Status != http.StatusNotFound {
		t.Errorf("a provider there is not: %d", r.Status)
	}
	w.idp.Down = true
	w.clock.Advance(2 * time.Hour)
	log := string(w.Logged.Bytes())
	if !strings.Contains(log, "a sign-in by a provider ended") {
		t.Error("who runs the server is not told why")
	}
	for _, personal := range []string{"dana", late[strings.Index(late, "code="):][:20]} {
		if strings.Contains(log, personal) {
			t.Errorf("the log says %q", personal)
		}
	}
}

// Without a provider no page speaks of one.
func TestWithoutProvidersNothingIsSaid(t *testing.T) {
	w := servertest.New(t, servertest.Databases{})
	b := w.Browser()
	says(b, "/sign-in", "Mail me a code", "", "/sign-in/with/", "account elsewhere")
	b.Join("ada@example.org")
	says(b, "/me/credentials", "Passkeys", "", "Accounts elsewhere")
	if r := b.Get("/sign-in/with/campus/new"); r.Status != http.StatusNotFound {
		t.Errorf("status %d", r.Status)
	}
}

// Doctor asks each provider of the settings whether it can be used.
func TestDoctorAsksTheProviders(t *testing.T) {
	dir, _ := servertest.InitDir(t, servertest.Databases{})
	idp := servertest.NewProvider(t, time.Now, true)
	text, err := os.ReadFile(filepath.Join(dir, app.SettingsFile))
	if err != nil {
		t.Fatal(err)
	}
	text = fmt.Appendf(text, "\n[[provider]]\nname = \"campus\"\nlabel = \"Campus login\"\nissuer = %q\nclient_id = \"habeas\"\nsecret_file = \"secret\"\n", idp.Issuer)
	for file, content := range map[string][]byte{app.SettingsFile: text, "secret": []byte("sésamo\n")} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for said, change := range map[string]func(d map[string]any){"": nil, "PKCE": func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} }} {
		idp.Discovery = change
		report, err := app.Doctor(t.Context(), app.DoctorOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(report.Findings, func(f backup.Finding) bool { return f.Code == "provider" })
		if (i >= 0) != (said != "") || i >= 0 && (!strings.Contains(report.Findings[i].What, said) || report.Verdict == backup.Good) {
			t.Errorf("%q: %+v", said, report)
		}
	}
}

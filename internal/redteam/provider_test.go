package redteam_test

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/servertest"
)

var providerAttacks = []attack{
	{5, "provider_asserts_an_address", "identity providers say that Oscar has Tim's address: unverified, without being believed about it, or while Tim has an account → Oscar signs in by them, connects them, and answers with forged, stolen and mixed-up tokens → nothing is linked, claimed or told: one page for every address, and Tim's account stays his.", assertedOnly},
}

// somebodyElse is whom a provider takes Oscar for.
func somebodyElse(sub, address string, verified any) object {
	return object{"sub": sub, "email": address, "email_verified": verified}
}

// unlinked checks that a provider's sign-in led to the page that says what to do, and to
// nothing else. It returns how that looks.
func (w *world) unlinked(b *browser, name string, r reply, said string) string {
	w.Helper()
	page := "/sign-in/with/" + name + "/new"
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != page {
		w.Errorf("%s: status %d to %q: %s", said, r.Status, r.Header.Get("Location"), r.Complaint())
	}
	if in(b) {
		w.Errorf("%s: Oscar is in", said)
	}
	return shape(r) + shape(b.Get(page))
}

// Proves PTY-A5.
func assertedOnly(w *world) {
	desk := w.Connect("Booking desk")
	id := w.record(desk, "tim@example.org", fields{"identity": {"given_name": "Tim", "family_name": "Berger"}})
	w.record(desk, "sue@example.org", fields{"identity": {"given_name": "Sue", "family_name": "Berger"}})
	w.member("tim@example.org")
	before := w.mails()
	looks := map[string]string{}
	for said, c := range map[string]struct {
		p        *servertest.Provider
		name     string
		address  string
		verified any
	}{
		"unverified, of an account":         {w.campus, "campus", "tim@example.org", false},
		"unverified, of a record":           {w.campus, "campus", "sue@example.org", false},
		"unverified, of nobody":             {w.campus, "campus", "new@example.org", false},
		"verified by a text":                {w.campus, "campus", "new@example.org", "true"},
		"verified, of another's domain":     {w.campus, "campus", "tim@example.net", true},
		"verified, of a domain below":       {w.campus, "campus", "new@sub.example.org", true},
		"verified, of an account":           {w.campus, "campus", "TIM@Example.org", true},
		"verified, and no address":          {w.campus, "campus", "tim@example.org, new@example.org", true},
		"verified, like another":            {w.campus, "campus", "ti\u200bm@example.org", true},
		"by who is not believed":            {w.cloud, "cloud", "tim@example.org", true},
		"by who is not believed, of nobody": {w.cloud, "cloud", "new@example.org", true},
	} {
		c.p.Person = somebodyElse("oscar", c.address, c.verified)
		oscar := w.person()
		look := w.unlinked(oscar, c.name, oscar.SignInBy(c.name), said)
		if looks[c.name] == "" {
			looks[c.name] = look
		}
		if look != looks[c.name] {
			w.Errorf("%s looks different:\n%s\n---\n%s", said, looks[c.name], look)
		}
	}
	if n := w.mails(); n != before {
		w.Errorf("%d mails left", n-before)
	}
	connectsOwnOnly(w)
	w.unclaimed(id)
	tokensLie(w)
}

// connectsOwnOnly is Oscar connecting with his own account who he is elsewhere: that
// brings him no address, and no second account.
func connectsOwnOnly(w *world) {
	oscar := w.member("oscar@example.net")
	w.cloud.Person = somebodyElse("oscar", "tim@example.org", true)
	oscar.Connect("cloud")
	w.Post.About(w, "oscar@example.net", "way to sign in was added")
	w.hides(oscar, "/me/addresses", "tim@example.org")
	w.hides(oscar, "/me", "Berger", "Booking desk")
	other := w.joined("helper@example.net")
	if r := other.Connect("cloud"); r.Status != http.StatusForbidden {
		w.Errorf("one account elsewhere opens two here: %d to %q", r.Status, r.Header.Get("Location"))
	}
	back := other.Elsewhere(other.Leaves("/me/credentials", "/me/credentials/providers", "provider", "campus"))
	if r := oscar.Returns(back); r.Status != http.StatusBadRequest {
		w.Errorf("a connection begun in another browser: %d", r.Status)
	}
}

// tokensLie is Oscar trying to be whom Tim has connected.
func tokensLie(w *world) {
	tim := w.person()
	w.join(tim, "tim.berger@example.org")
	w.campus.Person = object{"sub": "tim"}
	tim.Connect("campus")
	w.Post.About(w, "tim.berger@example.org", "way to sign in was added")

	honest := func(map[string]any) {}
	for said, c := range map[string]struct {
		sign  string
		token func(map[string]any)
	}{
		"signed by nobody":         {"none", honest},
		"signed by the public key": {"HS256", honest},
		"signed by another key":    {"another", honest},
		"for another":              {"", func(c map[string]any) { c["aud"] = "another" }},
		"of another issuer":        {"", func(c map[string]any) { c["iss"] = w.cloud.Issuer }},
		"of another request":       {"", func(c map[string]any) { c["nonce"] = "nonce" }},
		"expired":                  {"", func(c map[string]any) { c["exp"] = w.clock.Now().Add(-time.Minute).Unix() }},
	} {
		w.campus.Sign, w.campus.Token = c.sign, c.token
		oscar := w.person()
		if r := oscar.SignInBy("campus"); r.Status != http.StatusForbidden || in(oscar) {
			w.Errorf("a token %s: status %d to %q", said, r.Status, r.Header.Get("Location"))
		}
	}
	w.campus.Sign, w.campus.Token = "", nil

	leaves := func(b *browser, name string) string { return b.Elsewhere(b.Leaves("/sign-in", "/sign-in/with/"+name)) }
	oscar, back := w.person(), ""
	tim = w.person()
	back = leaves(tim, "campus")
	oscar.Leaves("/sign-in", "/sign-in/with/campus") // he has a browser that is known here
	w.is("Tim's answer in Oscar's browser", oscar.Returns(back), http.StatusBadRequest)
	if r := tim.Returns(back); r.Status != http.StatusSeeOther || !in(tim) {
		w.Errorf("Tim himself: %d %s", r.Status, r.Complaint())
	}
	w.is("the answer once more", tim.Returns(back), http.StatusBadRequest)
	w.is("his code in Oscar's own answer", oscar.Returns(withCode(leaves(oscar, "campus"), back)), http.StatusForbidden)

	w.cloud.Person = object{"sub": "tim"} // a provider of Oscar's that names the other one
	mixed := leaves(oscar, "cloud")
	w.is("an answer at the address of another provider", oscar.Returns(strings.Replace(mixed, "/with/cloud/", "/with/campus/", 1)), http.StatusBadRequest)
	w.cloud.Answer = func(q url.Values) { q.Set("iss", w.campus.Issuer) }
	w.is("an answer in the name of another provider", oscar.Returns(leaves(oscar, "cloud")), http.StatusForbidden)
	if in(oscar) {
		w.Error("Oscar is in")
	}
}

// withCode is an answer with the code of another one.
func withCode(answer, other string) string {
	code := func(s string) string {
		_, rest, _ := strings.Cut(s, "code=")
		code, _, _ := strings.Cut(rest, "&")
		return code
	}
	return strings.Replace(answer, code(answer), code(other), 1)
}

// preHijackedElsewhere is the rest of PTY-A1: their owners come to addresses that Oscar
// was first at, by a provider and against one.
func preHijackedElsewhere(w *world, oscar *browser) {
	// Oscar waits for a code at Eva's address; she comes by a provider that is believed.
	to := oscar.Filled("/me/addresses", "/me/addresses", "address", "eva@example.org", "again", "eva@example.org")
	added, stray := wanted(oscar, to), w.mailed("eva@example.org")
	w.campus.Person = somebodyElse("eva", "eva@example.org", true)
	eva := w.person()
	if r := eva.SignInBy("campus"); r.Header.Get("Location") != "/me" || !in(eva) {
		w.Fatalf("Eva by her provider: %d %s", r.Status, r.Complaint())
	}
	w.Post.About(w, "eva@example.org", "way to sign in was added")
	w.is("the code of before", answer(oscar, added, stray), http.StatusBadRequest)
	w.hides(oscar, "/me/addresses", "eva@example.org")
	w.hides(eva, "/me/addresses", "oscar@example.net")

	// The provider takes Oscar's word that he is Ida, who is to have a role here.
	w.administrator().Filled("/admin/roles", "/admin/roles", "address", "ida@example.org", "again", "ida@example.org", "role", "staff", "checked", "Seen at the desk.")
	w.campus.Person = somebodyElse("oscar", "ida@example.org", true)
	false1 := w.person()
	false1.SignInBy("campus")
	w.Post.About(w, "ida@example.org", "way to sign in was added")
	false1.AddPasskey("Oscars Taschentelefon")
	w.Post.About(w, "ida@example.org", "passkey was added")
	if r := false1.Get("/staff"); r.Status != http.StatusForbidden {
		w.Errorf("a provider's word leads to a role: %d", r.Status)
	}
	ida := w.person()
	if to := w.join(ida, "ida@example.org"); to != "/recover" || in(ida) {
		w.Fatalf("Ida is merged with who came before: %q", to)
	}
	listed := ida.Get("/recover").Body
	for _, planted := range []string{"Campus login", "Oscars Taschentelefon"} {
		if !strings.Contains(listed, planted) {
			w.Errorf("%q is not listed before recovery", planted)
		}
	}
	ida.Filled("/recover", "/recover")
	again := w.person()
	if r := again.TrySignIn(false1.Key); r.Status == http.StatusOK || in(false1) {
		w.Error("Oscar is in after Ida came")
	}
	w.unlinked(again, "campus", again.SignInBy("campus"), "Oscar's provider after Ida came")
	w.hides(ida, "/me/credentials", "Oscars Taschentelefon", "As ida@")
}

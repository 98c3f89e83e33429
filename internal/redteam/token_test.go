package redteam_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

var tokenAttacks = []attack{
	{19, "scanner_opens_links", "mails with an invitation, with the link that stops a change of address and with the one that stops a digest → a scanner opens them by GET and HEAD again and again → nothing happens, and all still work for a person.", scannerOpensLinks},
	{20, "scanner_sends_forms", "an invitation, and a code asked for in a browser → a scanner submits the forms it finds, another browser types the right code → the typed code is needed, and the browser where the flow began; an invitation opens on a phone.", scannerSendsForms},
	{21, "one_token_twice", "a code, a confirm screen and the link that stops a change → each is submitted many times at once → exactly one wins.", oneTokenTwice},
	{22, "expired_and_superseded", "codes that are wrong, expired, superseded, used up, of nobody or unreadable → each is typed → one and the same refusal, and no cookie.", uniformRefusal},
	{23, "token_of_another_flow", "codes and links of other people and other purposes → each is used where it does not belong → refused, and nobody is in.", tokenElsewhere},
	{24, "stolen_database", "codes, links, cookies and secrets are in use → a thief reads every cell of the database and sends back all that could be a token → none stands there, and nothing opens.", stolenDatabase},
	{25, "guessing_codes", "Oscar guesses from many networks at Tim's codes → he asks and types as often as he likes → tries and mails are capped, and Tim gets in by code, in his browser and by passkey.", guessingCodes},
}

// invite lets staff enter somebody and returns the record, the invitation's id and code.
func (w *world) invite(nora *browser, address string) (id habeas.PartyID, c, code string) {
	w.Helper()
	at := nora.Filled("/staff/add", "/staff/add", "email", address, "email2", address, "kind", "person", "invite", "on", "identity.given_name", "Timotheus", "identity.birth_date", "1984-05-03")
	id, err := habeas.ParseID[habeas.PartyKind](strings.TrimPrefix(at, "/staff/people/"))
	w.Must(err)
	m := w.Post.About(w, address, "A record about you")
	return id, strings.TrimPrefix(w.link(m.Text, "/code?c="), "/code?c="), codeOf(w, m.Text)
}

// changing is a member whose main address is about to change, and the path that stops it.
func (w *world) changing(address, to string) (b *browser, stop string) {
	w.Helper()
	b = w.member(address)
	at := b.Filled("/me/addresses/main", "/me/addresses/main", "address", to, "again", to)
	if r := answer(b, wanted(b, at), w.mailed(to)); r.Status != http.StatusSeeOther {
		w.Fatalf("confirming the new address: %d %s", r.Status, r.Complaint())
	}
	return b, w.link(w.Post.About(w, address, "is to change").Text, "/address-change?t=")
}

// scanner is a program that opens what it finds in mails.
func (w *world) scanner() *browser {
	b := w.person()
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		b.Sends.Del(name)
	}
	return b
}

// Proves PTY-A19.
func scannerOpensLinks(w *world) {
	nora := w.staff("nora@example.org")
	id, c, code := w.invite(nora, "tim@example.org")
	_, stop := w.changing("eva@example.org", "eva@new.example.org")
	scanner, leaves := w.scanner(), w.leaves()
	for _, path := range []string{"/code?c=" + c, stop} {
		for range 3 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := scanner.Send(method, path, "", "")
				w.is(method, r, http.StatusOK)
				w.without("a page for a scanner", r.Body, "Timotheus", "tim@example.org", "eva@")
			}
		}
		scanner.Send(http.MethodOptions, path, "", "")
		scanner.Send(http.MethodPut, path, "application/x-www-form-urlencoded", "c=x")
	}
	if in(scanner) || w.leaves() != leaves {
		w.Fatal("opening the links did something")
	}
	tim := w.person()
	w.is("the invitation afterwards", answer(tim, c, code), http.StatusSeeOther)
	for _, verdict := range []string{"/accept", "/not-me"} { // nothing is decided by opening a page
		tim.Get(offerAt(id) + verdict)
	}
	w.unclaimed(id)
	eva := w.person()
	if r := eva.Fill(stop, "/address-change"); r.Status >= 400 {
		w.Errorf("the link afterwards: %d %s", r.Status, r.Complaint())
	}
	ada, unsubscribe := w.digested(nora, "ada@example.org")
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		w.is(method, scanner.Send(method, unsubscribe, "", ""), http.StatusOK)
	}
	if w.told(ada) != account.Weekly {
		w.Error("opening the link stopped the digest")
	}
	// As a mail program does when its reader presses "unsubscribe" (RFC 8058).
	w.is("one click", scanner.Send(http.MethodPost, unsubscribe, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"), http.StatusOK)
	if w.told(ada) != account.Never {
		w.Error("one click did not stop the digest")
	}
}

// digested is somebody who was told by mail who looked, and the link in its header that
// stops such mails.
func (w *world) digested(desk *browser, address string) (habeas.AccountID, string) {
	w.Helper()
	id := w.record(w.Connect("Booking desk"), address, bonn())
	b := w.joined(address)
	accept(b, id)
	w.Must(w.Digests.Tell(context.Background()))
	w.is("a look", desk.Get(staffAt(id)), http.StatusOK)
	w.later(9 * 24 * time.Hour)
	w.Must(w.DB.Settle(context.Background()))
	w.Must(w.Digests.Tell(context.Background()))
	m := w.Post.About(w, address, "Who looked at your record")
	path, ours := strings.CutPrefix(m.ListUnsubscribe, w.HTTP.URL)
	if !ours || !strings.Contains(m.Text, "look by staff") {
		w.Fatalf("the digest: %q", m.ListUnsubscribe)
	}
	return w.held(id).Party.Account, path
}

// told is how often an account is told who looked.
func (w *world) told(id habeas.AccountID) account.Every {
	w.Helper()
	of, err := w.Digests.Wish(context.Background(), habeas.Actor{Account: id})
	w.Must(err)
	return of.Wish.Often()
}

// Proves PTY-A20.
func scannerSendsForms(w *world) {
	_, c, code := w.invite(w.staff("nora@example.org"), "tim@example.org")
	scanner := w.scanner()
	for _, f := range scanner.Forms(scanner.Get("/code?c=" + c)) {
		if f.Action == "/code" {
			w.is("the form as it was found", scanner.Send(http.MethodPost, "/code", "application/x-www-form-urlencoded", f.Fields.Encode()), http.StatusBadRequest)
		}
	}
	for _, typed := range []string{"00000000", "        "} {
		w.is("the form with a made-up code", scanner.Submit("/code", "c", c, "code", typed), http.StatusBadRequest)
	}
	if in(scanner) {
		w.Fatal("the scanner is in")
	}
	phone := w.person() // which was never here before
	w.is("the invitation on a phone", answer(phone, c, code), http.StatusSeeOther)
	if !in(phone) {
		w.Error("the invited person is not in")
	}

	home, elsewhere := w.person(), w.person()
	c = ask(home, "eva@example.org")
	code = w.mailed("eva@example.org")
	w.is("the right code in another browser", answer(elsewhere, c, code), http.StatusBadRequest)
	if in(elsewhere) {
		w.Error("another browser is in")
	}
	w.is("the code where it was asked for", answer(home, c, code), http.StatusSeeOther)
}

// crowd submits something n times at once and counts the answers that are no refusal.
func crowd(n int, submit func() reply) int {
	var won atomic.Int32
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if submit().Status < 400 {
				won.Add(1)
			}
		})
	}
	all.Wait()
	return int(won.Load())
}

// Proves PTY-A21.
func oneTokenTwice(w *world) {
	id := w.record(w.Connect("Booking desk"), "tim@example.org", bonn())
	tim := w.person()
	c := ask(tim, "tim@example.org")
	code := w.mailed("tim@example.org")
	if n := crowd(12, func() reply { return tim.Submit("/code", "c", c, "code", code) }); n != 1 {
		w.Errorf("%d of 12 right answers won", n)
	}
	tim = w.joined("tim@example.org")
	version := hidden(tim, offerAt(id), offerAt(id)+"/accept", "version")
	if n := crowd(6, func() reply { return tim.Submit(offerAt(id)+"/accept", "version", version) }); n != 1 {
		w.Errorf("%d of 6 acceptances won", n)
	}
	if p := w.held(id).Party; fmt.Sprint(p.Version-1) != version || p.State != party.Claimed {
		w.Errorf("after them the record is %s, version %d", p.State, p.Version)
	}
	_, stop := w.changing("eva@example.org", "eva@new.example.org")
	_, t, _ := strings.Cut(stop, "?t=")
	reader := w.person()
	if n := crowd(6, func() reply { return reader.Submit("/address-change", "t", t) }); n != 1 {
		w.Errorf("the link stopped the change %d of 6 times", n)
	}
}

// sentTo is what a page shows only to the browser in which a flow began.
var sentTo = regexp.MustCompile(`(?s)<p class="heading-lead">.*?</p>`)

// Proves PTY-A22.
func uniformRefusal(w *world) {
	asked := func(address string) (*browser, string, string) {
		b := w.person()
		c := ask(b, address)
		return b, c, w.mailed(address)
	}
	cases := map[string]func() (*browser, string, string){
		"wrong": func() (*browser, string, string) {
			b, c, code := asked("a@example.org")
			return b, c, wrong(code)
		},
		"expired": func() (*browser, string, string) {
			b, c, code := asked("b@example.org")
			w.later(11 * time.Minute)
			return b, c, code
		},
		"superseded": func() (*browser, string, string) {
			b, c, code := asked("c@example.org")
			ask(b, "c@example.org")
			w.mailed("c@example.org")
			return b, c, code
		},
		"used": func() (*browser, string, string) {
			b, c, code := asked("d@example.org")
			answer(b, c, code)
			return b, c, code
		},
		"out of tries": func() (*browser, string, string) {
			b, c, code := asked("e@example.org")
			for range account.FullTries {
				answer(b, c, wrong(code))
			}
			return b, c, code
		},
		"of no flow": func() (*browser, string, string) {
			return w.person(), habeas.NewID[habeas.ChallengeKind](w.clock.Now()).String(), "12345678"
		},
		"with an unreadable id": func() (*browser, string, string) { return w.person(), "nonsense", "12345678" },
	}
	want := ""
	for name, make := range cases {
		b, c, code := make()
		was := in(b)
		r := b.Submit("/code", "c", c, "code", code)
		if r.Status != http.StatusBadRequest || len(r.Header["Set-Cookie"]) != 0 || in(b) != was {
			w.Errorf("%s: status %d, cookies %v", name, r.Status, r.Header["Set-Cookie"])
		}
		got := sentTo.ReplaceAllString(strings.ReplaceAll(r.Complaint(), c, "…"), "")
		if want == "" {
			want = got
		}
		if got != want {
			w.Errorf("%s is refused in other words:\n%s\n---\n%s", name, got, want)
		}
	}
}

// Proves PTY-A23.
func tokenElsewhere(w *world) {
	desk := w.Connect("Booking desk")
	id := w.record(desk, "tim@example.org", bonn())
	_, invited, invitation := w.invite(w.staff("nora@example.org"), "ida@example.org")
	_, stop := w.changing("eva@example.org", "eva@new.example.org")
	_, stopToken, _ := strings.Cut(stop, "?t=")

	oscar := w.member("oscar@example.net")
	oscars := ask(oscar, "oscar@example.net")
	oscarsCode := w.mailed("oscar@example.net")
	tims := ask(oscar, "tim@example.org") // in Oscar's browser; the code goes to Tim
	w.mailed("tim@example.org")
	w.is("Oscar's code for Tim's address", answer(oscar, tims, oscarsCode), http.StatusBadRequest)
	w.is("the code of an invitation for Tim's address", answer(oscar, tims, invitation), http.StatusBadRequest)

	visitor := w.person()
	to := visitor.Filled("/notice", "/notice", "address", "tim@example.org")
	noticed := strings.TrimPrefix(to, "/notice/code?c=")
	noticedCode := w.mailed("tim@example.org")
	w.is("a code to look, used to sign in", visitor.Submit("/code", "c", noticed, "code", noticedCode), http.StatusBadRequest)
	w.is("a code to sign in, used to look", oscar.Submit("/notice/code", "c", oscars, "code", oscarsCode), http.StatusBadRequest)
	w.is("an invitation, used to look", visitor.Submit("/notice/code", "c", invited, "code", invitation), http.StatusBadRequest)
	if in(visitor) {
		w.Error("a visitor is signed in")
	}
	for _, path := range []string{"/first-administrator?t=" + stopToken, "/notice/stop/" + stopToken} {
		r := visitor.Get(path)
		w.refused("the link of a change at "+path[:10], r)
	}
	w.refused("a code as the token of a link", visitor.Submit("/address-change", "t", noticedCode))
	if r := desk.Send(http.MethodPost, servertest.FindOrCreate, "application/json", `{"email":"x@example.org"}`, "Authorization", "Bearer "+stopToken); r.Status != http.StatusUnauthorized {
		w.Errorf("a link as a bearer token: %d", r.Status)
	}
	// A passkey of one account answers a question that was put to another browser.
	thief := w.person()
	question := thief.JSON("/sign-in/passkey/options", struct{}{}).JSON(w)["publicKey"].(object)["challenge"].(string)
	other := w.person()
	other.JSON("/sign-in/passkey/options", struct{}{})
	w.refused("the answer to another browser's question", other.Send(http.MethodPost, "/sign-in/passkey", "application/json", servertest.Encoded(w, oscar.Key.Get(question))))
	if in(other) {
		w.Error("it signed in")
	}
	w.unclaimed(id)
}

// Proves PTY-A24.
func stolenDatabase(w *world) {
	desk := w.Connect("Booking desk")
	_, _, invitation := w.invite(w.staff("nora@example.org"), "ida@example.org")
	tim, stop := w.changing("secretive@example.org", "another@example.net")
	_, stopToken, _ := strings.Cut(stop, "?t=")
	waiting := w.person()
	ask(waiting, "pending@example.org")
	secrets := []string{
		invitation, w.mailed("pending@example.org"), stopToken, desk.Secret, desk.Token, "secretive", "another@", "pending@", "Timotheus",
		w.Made.AdministratorLink[strings.Index(w.Made.AdministratorLink, "=")+1:],
	}
	signIn := ""
	for _, b := range []*browser{tim, waiting, w.boss} {
		for _, c := range b.Client.Jar.Cookies(w.URL()) {
			raw, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err == nil && len(raw) == 32 {
				secrets = append(secrets, c.Value, string(raw))
			}
			if strings.Contains(c.Name, "sign-in") {
				signIn = c.Name
			}
		}
	}
	if len(secrets) < 16 || signIn == "" {
		w.Fatalf("%d secrets", len(secrets))
	}
	replays := map[string]bool{}
	pgtest.Behind(w, filepath.Join(w.Dir, "records.db"), w.RecordsDSN).Cells(w, func(table string, value []byte) {
		for _, s := range secrets {
			if strings.Contains(string(value), s) {
				w.Errorf("%s holds a secret of %d bytes", table, len(s))
			}
		}
		if len(value) == 32 {
			replays[base64.RawURLEncoding.EncodeToString(value)] = true
		}
	})
	if len(replays) < 10 {
		w.Fatalf("%d cells look like a token", len(replays))
	}
	for token := range replays {
		thief := w.Browser()
		if r := thief.Send(http.MethodGet, "/me", "", "", "Cookie", signIn+"="+token, "Accept", "text/html"); r.Status == http.StatusOK {
			w.Error("a cell of the database signs in")
		}
		if r := thief.Send(http.MethodPost, servertest.FindOrCreate, "application/json", `{}`, "Authorization", "Bearer "+token); r.Status != http.StatusUnauthorized {
			w.Errorf("a cell as a bearer token: %d", r.Status)
		}
	}
}

// Proves PTY-A25.
func guessingCodes(w *world) {
	tim := w.member("tim@example.org")
	before := w.person()
	mine := ask(before, "tim@example.org")
	mailed := w.mailed("tim@example.org")
	mails, oscar := w.mails(), w.person()
	for network := range 5 {
		w.from(oscar)
		for i := range account.AsksPerClient + 1 {
			c := wanted(oscar, oscar.Done("/join", "address", "tim@example.org", "again", "tim@example.org", "language", "en"))
			first := network == 0 && i == 0
			code, tries := "", 1
			if first {
				code, tries = w.mailed("tim@example.org"), account.FullTries
			}
			for range tries {
				w.is("a wrong code", oscar.Submit("/code", "c", c, "code", wrong(code)), http.StatusBadRequest)
			}
			if first { // the limit is durable: after it even the right code is refused
				w.is("the right code after the last try", oscar.Submit("/code", "c", c, "code", code), http.StatusBadRequest)
			}
		}
	}
	sent := w.mails() - mails
	if sent > account.AsksPerAddress {
		w.Errorf("%d mails in an hour, want at most %d", sent, account.AsksPerAddress)
	}
	for range sent - 1 {
		w.mailed("tim@example.org")
	}
	if in(oscar) {
		w.Error("Oscar is in")
	}
	w.is("the code asked for before the guessing", answer(before, mine, mailed), http.StatusSeeOther)
	tim.Submit("/sign-out")
	w.is("the passkey", tim.TrySignIn(tim.Key), http.StatusOK)
	known := w.person()
	known.Client.Jar = tim.Client.Jar // the browser in which the address was proved
	if c := ask(known, "tim@example.org"); answer(known, c, w.mailed("tim@example.org")).Status != http.StatusSeeOther {
		w.Error("a new code in a browser that is known does not let Tim in")
	}
}

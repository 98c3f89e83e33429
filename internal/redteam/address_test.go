package redteam_test

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas/internal/party"
)

var addressAttacks = []attack{
	{10, "dotless_letter_in_a_reset", "Mike's account is at Mike@Example.org → Oscar asks for a code at mıke@ and at mike@ → the first is refused, and the code of the second goes to the stored address only.", resetGoesToTheStoredAddress},
	{11, "letters_that_case_folding_merges", "records at kim@ and sam@ → Oscar types the Kelvin sign and the long s, and proves a domain with a dotless ı → refused, or an address of its own.", foldingMergesNothing},
	{12, "full_width_letters", "a record at tim@ → Oscar types ｔｉｍ@ and other compatibility forms → refused at the form and at the API.", compatibilityIsRefused},
	{13, "cyrillic_domain", "a record at apple.com → Oscar types аpple.com with a Cyrillic letter, also as xn-- → refused; a lookalike that is a name of its own is flagged to staff.", lookalikesAreFlagged},
	{14, "accents_ignored", "records at target.com and tàrget.com → whoever owns one of them proves it → two records, and each sees its own only.", accentsStayApart},
	{15, "two_spellings_of_a_domain", "a record at müller.de → systems and its person write xn--mller-kva.de → one record, one account.", oneKeyForBothSpellings},
	{16, "plus_tags_and_dots", "records at tim.berger+tours@ and timberger@ → Tim proves tim.berger@ → neither is offered, shown or claimed; staff who type a tagged address are shown the other record as a suggestion, with that reason.", tagsClaimNothing},
	{17, "more_than_an_address", "nobody is known → display names, lists, line breaks and IP literals come as an address → refused, and no mail leaves.", onlyBareAddresses},
	{18, "invisible_characters", "a record at tim@ → addresses with zero-width and bidi characters come in → refused at the form and at the API.", invisibleIsRefused},
}

// refuses checks that no way in takes any of the addresses: nobody is written to, and no
// record is made.
func (w *world) refuses(addresses ...string) {
	w.Helper()
	desk, mails, parties := w.Connect("Another desk"), w.mails(), w.parties()
	for _, a := range addresses {
		b := w.person()
		if r := b.Fill("/join", "/join", "address", a, "again", a); r.Status != http.StatusBadRequest {
			w.Errorf("the form takes %+q: %d", a, r.Status)
		}
		if r := b.Fill("/notice", "/notice", "address", a); r.Status != http.StatusBadRequest {
			w.Errorf("the form about what is held takes %+q: %d", a, r.Status)
		}
		if r := desk.Say(says(a, fields{})); r.Status != http.StatusBadRequest {
			w.Errorf("the API takes %+q: %d", a, r.Status)
		}
	}
	if w.mails() != mails || w.parties() != parties {
		w.Errorf("%d mails and %d records came of it", w.mails()-mails, w.parties()-parties)
	}
}

// bonn is a record with something that shows unmasked.
func bonn() fields { return fields{"organisation": {"city": "Bonn"}} }

// offered lists the records that a person is shown to claim.
func offered(b *browser) (ids []string) {
	b.W.Helper()
	page := b.Get("/me").Body
	for _, part := range strings.Split(page, `href="/me/offers/`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if id, _, _ = strings.Cut(id, "/"); len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	return ids
}

// Proves PTY-A10.
func resetGoesToTheStoredAddress(w *world) {
	mike := w.joined("Mike@Example.org")
	mike.AddPasskey("phone")
	oscar := w.person()
	ask(oscar, "mike@example.org")
	if m := w.Post.About(w, "Mike@example.org", "Your code"); m.To != "Mike@example.org" {
		w.Errorf("the mail went to %s", m.To)
	}
	mails := w.mails()
	r := oscar.Fill("/sign-in", "/sign-in/code", "address", "mıke@example.org")
	w.is("mıke@ at the sign-in", r, http.StatusBadRequest)
	w.refuses("mıke@example.org", "mİke@example.org")
	if n := w.mails() - mails; n != 0 {
		w.Errorf("%d mails for a letter without its dot", n)
	}
}

// Proves PTY-A11.
func foldingMergesNothing(w *world) {
	desk := w.Connect("Booking desk")
	w.record(desk, "kim@example.org", bonn())
	w.record(desk, "sam@example.org", bonn())
	w.refuses("\u212Aim@example.org", "\u017Fam@example.org", "kim@\u212Aelvin.org", "sam@\u017Fam.org")
	dotted := w.record(desk, "tim@diyarbakir.com", bonn())
	dotless := w.record(desk, "tim@diyarbakır.com", bonn())
	if dotted == dotless {
		w.Fatal("two domains share a record")
	}
	tim := w.person()
	c := ask(tim, "tim@diyarbakır.com")
	answer(tim, c, w.mailed("tim@diyarbakır.com"))
	w.is("the record of the other domain", tim.Get(offerAt(dotted)), http.StatusNotFound)
	accept(tim, dotless)
}

// Proves PTY-A12.
func compatibilityIsRefused(w *world) {
	id := w.record(w.Connect("Booking desk"), "tim@example.org", bonn())
	w.refuses("ｔｉｍ@example.org", "tim@ｅxample.org", "tim@example．org", "ｔｉｍ＠example.org", "ﬁn@example.org", "tim²@example.org", "𝐭im@example.org", "tim@example。org")
	w.unclaimed(id)
}

// Proves PTY-A13.
func lookalikesAreFlagged(w *world) {
	w.record(w.Connect("Booking desk"), "tim@apple.com", bonn())
	w.refuses("tim@аpple.com", "tim@xn--pple-43d.com", "tim@аррӏе.com", "tim@xn--80ak6aa92e.com", "tim@payрal.com", "tіm@example.org")
	nora := w.staff("nora@example.org")
	r := nora.Send(http.MethodPost, "/staff/check-address", "application/json", `{"value":"tim@оса.рф"}`)
	w.is("the check while typing", r, http.StatusOK)
	if plain := nora.Send(http.MethodPost, "/staff/check-address", "application/json", `{"value":"tim@example.org"}`); len(r.Body) <= len(plain.Body) {
		w.Errorf("a lookalike is not flagged: %s", r.Body)
	}
}

// Proves PTY-A14.
func accentsStayApart(w *world) {
	desk := w.Connect("Booking desk")
	ids := map[string]string{}
	for _, address := range []string{"tim@target.com", "tim@tàrget.com", "anna@example.org", "ànna@example.org"} {
		ids[w.record(desk, address, bonn()).String()] = address
	}
	if len(ids) != 4 {
		w.Fatalf("%d records for 4 addresses", len(ids))
	}
	for _, typed := range []string{"tim@target.com", "tim@tàrget.com", "ànna@example.org"} {
		b := w.person()
		answer(b, ask(b, typed), w.mailed(typed))
		if got := offered(b); len(got) != 1 || ids[got[0]] != typed {
			w.Errorf("%s is offered %v", typed, got)
		}
	}
}

// Proves PTY-A15.
func oneKeyForBothSpellings(w *world) {
	desk := w.Connect("Booking desk")
	id := w.record(desk, "tim@müller.de", bonn())
	for _, spelling := range []string{"tim@xn--mller-kva.de", "tim@XN--MLLER-KVA.de", "Tim@mu\u0308ller.de", "tim@MÜLLER.DE"} {
		if other := w.record(desk, spelling, fields{}); other != id {
			w.Errorf("%s is another record", spelling)
		}
	}
	tim := w.person()
	answer(tim, ask(tim, "tim@müller.de"), w.mailed("tim@müller.de"))
	accept(tim, id)
	again := w.person()
	answer(again, ask(again, "tim@xn--mller-kva.de"), w.mailed("tim@müller.de"))
	w.is("the record in a browser where the other spelling was typed", again.Get(recordAt(id)), http.StatusOK)
}

// Proves PTY-A16.
func tagsClaimNothing(w *world) {
	desk := w.Connect("Booking desk")
	tagged := w.record(desk, "tim.berger+tours@example.org", bonn())
	plain := w.record(desk, "tim.berger@example.org", bonn())
	dotless := w.record(desk, "timberger@example.org", bonn())
	if tagged == plain || plain == dotless {
		w.Fatal("similar addresses made one record")
	}
	tim := w.joined("tim.berger@example.org")
	if got := offered(tim); len(got) != 1 || got[0] != plain.String() {
		w.Errorf("offered: %v", got)
	}
	for _, id := range []string{tagged.String(), dotless.String()} {
		w.is("a record at a similar address", tim.Get("/me/offers/"+id), http.StatusNotFound)
		w.is("claiming it", tim.Submit("/me/offers/"+id+"/accept", "version", "1"), http.StatusNotFound)
	}
	accept(tim, plain)
	if w.held(tagged).Party.State != party.Unclaimed || w.held(dotless).Party.State != party.Unclaimed {
		w.Error("a similar address was enough")
	}
	// All that it leads to is a suggestion to staff, with its reason.
	const suggestion = "differs by a tag or dots only"
	nora := w.staff("nora@example.org")
	like := func(address string) string {
		return nora.Submit("/staff/like", "kind", "person", "email", address).Body
	}
	if !strings.Contains(like("tim.berger+autumn@example.org"), suggestion) {
		w.Error("staff are not shown an address that differs by a tag")
	}
	if strings.Contains(like("t.imberger@example.org"), suggestion) {
		w.Error("dots count for nothing at a provider of which that is not known")
	}
}

// Proves PTY-A17.
func onlyBareAddresses(w *world) {
	w.refuses("Tim <tim@example.org>", `"Tim" <tim@example.org>`, "tim@example.org,oscar@example.net", "tim@example.org; oscar@example.net",
		"tim@example.org\r\nBcc: oscar@example.net", "tim@example.org\r\n\r\nhello", "tim@[192.0.2.1]", "tim@[IPv6:2001:db8::1]", "tim@192.0.2.1",
		`"t im"@example.org`, "tim(home)@example.org", "mailto:tim@example.org", "friends:tim@example.org;", "tim%oscar.net@example.org", "tim@example.org@oscar.net")
}

// Proves PTY-A18.
func invisibleIsRefused(w *world) {
	id := w.record(w.Connect("Booking desk"), "tim@example.org", bonn())
	w.refuses("ti\u200Bm@example.org", "tim@exa\u200Dmple.org", "tim\u2060@example.org", "\uFEFFtim@example.org", "ti\u00ADm@example.org",
		"tim@example.org\u202E", "gro.elpmaxe@\u202Emit.org", "ti\u2066m@example.org", "tim\u200F@example.org", "ti\u034Fm@example.org")
	w.unclaimed(id)
}

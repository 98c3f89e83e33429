package app_test

import (
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// benchPeople is how many records the list is measured with; the goal is 100 ms a page.
const benchPeople = 100_000

// BenchmarkPeople measures pages of the list of people as a browser gets them, with every
// count, and what keeps the roll.
func BenchmarkPeople(b *testing.B) {
	w := newWorld(b)
	begun := time.Now()
	given := []string{"Ann", "Tim", "Eva", "Otto", "Nora", "Bo", "Ines", "Jun", "Mara", "Luis"}
	var systems []system
	for i := range 5 {
		systems = append(systems, w.connect("System "+strconv.Itoa(i)))
	}
	var callers sync.WaitGroup
	for c := range 64 {
		callers.Go(func() {
			for i := c; i < benchPeople; i += 64 {
				in := party.Assertion{Values: person(given[i%10], fmt.Sprintf("Berg%c%c%d", 'a'+i%26, 'a'+i/26%26, i%1000), ""), ExternalID: strconv.Itoa(i)}
				if i%3 > 0 {
					in.Email, in.HasEmail = w.address(fmt.Sprintf("p%d@example.org", i)), true
				}
				if _, err := systems[i%5].Systems.Records().FindOrCreate(w.ctx(), systems[i%5].actor, in); err != nil {
					b.Error(err)
				}
			}
		})
	}
	callers.Wait()
	b.Logf("%d records made in %v", benchPeople, time.Since(begun))
	w.Finder.Settle()
	nora := w.staffBrowser("nora@example.org")
	actor := w.staff("nora@example.org")
	begun = time.Now()
	c := must(w.Lists.Tag(w.ctx(), actor, "volunteer", party.Picked{All: true, Filter: party.Filter{Query: "Otto"}}))(b)
	b.Logf("%d records tagged in %v", len(c.Done), time.Since(begun))
	begun = time.Now()
	must(w.Lists.Saved(w.ctx(), actor))(b)
	b.Logf("and read again in %v", time.Since(begun))
	begun = time.Now()
	fresh := w.rolled(app.NewRolls(party.NewRoll(w.Schemas), w.Server.Log))
	b.Logf("the roll is built in %v", time.Since(begun))
	search := func(text string) string {
		return "q=" + url.QueryEscape(w.Records.SealQuery(actor, text))
	}
	lists := app.NewLists(w.Records, fresh)
	for name, path := range map[string]string{
		"everybody": "", "state": "?state=unclaimed", "mail and system": "?mail=without&source=" + systems[2].actor.System.String(),
		"tag": "?tag=" + c.Tag.String(), "search": "?" + search("otto"), "search and filter": "?mail=without&" + search("berg"), "entered": "?entered=7",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p := nora.get("/staff/people" + path); p.status != 200 {
					b.Fatal(p.status)
				}
			}
		})
	}
	b.Run("the counts alone", func(b *testing.B) {
		for b.Loop() {
			must(lists.People(w.ctx(), actor, party.Filter{}, habeas.PartyID{}, 0))(b)
		}
	})
	boss := w.boss("root@example.org")
	boss.Purpose = party.Purposes()[0].Sentence
	id := must(w.Lists.MakeFile(w.ctx(), boss, by(party.HasMail, "without"), []string{"identity.given_name", "identity.family_name", "tags"}, "Measured"))(b)
	begun = time.Now()
	size := 0
	w.ok(w.Lists.TakeFile(w.ctx(), boss, id, func(part []byte) error { size += len(part); return nil }))
	b.Logf("%d records, %d bytes, taken as a file in %v", must(w.Lists.File(w.ctx(), boss, id))(b).Done, size, time.Since(begun))
}

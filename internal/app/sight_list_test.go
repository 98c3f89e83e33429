package app_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/party"
)

// What staff may not see is absent from tags and files too: from the page of tags, from the lists that a tag or a
// saved list opens, from the form of a file, from the file, and from what can be asked for (ADR 0033).
//
// Proves PTY-29.
func TestTagsAndFilesShowNoDataSetThatTheirReaderMayNotSee(t *testing.T) {
	w, boss, id := canaryWorld(t)
	must(w.Lists.Tag(w.ctx(), boss, "Volunteers", party.Picked{All: true, Filter: party.Filter{}}))(t)
	must(w.Lists.SaveList(w.ctx(), boss, "Letters", party.Filter{Query: "Zyxana"}, true))(t)
	w.later(time.Second)
	access := w.access()
	columns := []string{"why", "Letters of June", "purpose", "question", "column_state", "on", "column_tags", "on"}
	for set, fields := range canaries {
		for name := range fields {
			columns = append(columns, "column_"+set+"."+name, "on")
		}
	}
	taken := func(b *browser) (form, file string) {
		b.Helper()
		b.later(time.Second)
		b.post("/staff/purpose", "purpose", "question", "to", "/staff")
		p := b.send(http.MethodPost, "/staff/files/new", formOf())
		if p.status != http.StatusOK {
			b.Fatalf("the form of a file: %d\n%s", p.status, p.text)
		}
		made := b.send(http.MethodPost, "/staff/files", formOf(columns...))
		if made.status != http.StatusSeeOther {
			return p.text, made.text
		}
		return p.text, b.send(http.MethodPost, made.header.Get("Location"), formOf()).text
	}
	form, everything := taken(w.rooted("all@example.org"))
	for set := range canaries {
		if !strings.Contains(everything, marks[set][0]) || !strings.Contains(form, `name="column_`+set+".") {
			t.Errorf("who sees everything takes no file with %s: the rest proves nothing\n%.300s", set, everything)
		}
	}
	tag := regexp.MustCompile(`tag=(tag_[0-9a-z]+)`)
	for set := range canaries {
		group := party.Group{Name: "without " + set, Reach: party.Reach{Files: true}}
		for _, schema := range w.Schemas.Sets() {
			if schema.Name != set {
				group.Sees, group.Changes = append(group.Sees, schema.Name), append(group.Changes, schema.Name)
			}
		}
		policy := must(w.Policies.Current(w.ctx()))(t)
		to := policy.Access
		to.Groups = append(slices.Clone(to.Groups), group)
		w.ok(access.Change(w.ctx(), boss, policy.Version, to))
		b := w.staffBrowser(set + "@example.org")
		w.ok(access.SetGroup(w.ctx(), boss, w.who(b).Account, group.Name))
		form, file := taken(b)
		shown := map[string]string{"the form of a file": form, "the file": file, "the page of tags": b.get("/staff/tags").text}
		if named := tag.FindStringSubmatch(shown["the page of tags"]); named == nil {
			t.Errorf("without %s, the page of tags leads nowhere", set)
		} else {
			shown["the list of a tag"] = b.get("/staff/people?tag=" + named[1]).text
		}
		shown["the record with its tags"] = b.get("/staff/people/" + id.String()).text
		for at, text := range shown {
			for _, mark := range marks[set] {
				if strings.Contains(text, mark) {
					t.Errorf("without %s, %s shows %q", set, at, mark)
				}
			}
		}
		if strings.Contains(form, `name="column_`+set+".") {
			t.Errorf("without %s, the form offers its columns", set)
		}
	}
}

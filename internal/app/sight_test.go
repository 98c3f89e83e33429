package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// canaries are values that stand for their data set wherever they show.
var canaries = map[string]map[string]string{
	"identity":   {"given_name": "Zyxana", "family_name": "Zyxperson", "birth_date": "1931-07-17", "occupation": "Zyxsmith"},
	"contact":    {"email": "zyxana@zyxmail.example"},
	"phone":      {"number": "+34 987 612 345"},
	"address":    {"street": "Zyxstreet 1", "city": "Zyxcity", "postcode": "98765"},
	"membership": {"number": "ZM-887766", "level": "Zyxgold"},
}

// marks are what of a data set may show, whole or masked.
var marks = map[string][]string{
	"identity": {"Zyxana", "Zyxperson", "Zyxsmith", "1931"}, "contact": {"zyxmail"},
	"phone": {"987 612", "612345"}, "address": {"Zyxstreet", "Zyxcity", "98765"}, "membership": {"887766", "Zyxgold", "•••• 66"},
}

// canaryWorld holds records of whose every data set something shows somewhere to staff:
// one that waits beside another, pairs, a merge, a split, a dispute, an import.
func canaryWorld(t *testing.T) (w *world, boss habeas.Actor, id habeas.PartyID) {
	w = newWorld(t)
	boss = w.boss("root@example.org")
	boss.Purpose = party.Purposes()[0].Sentence
	s := w.connect("City Bookings")
	values := party.Values{}
	for set, fields := range canaries {
		for name, text := range fields {
			if set != "contact" {
				values.Put(set, name, text)
			}
		}
	}
	id, _ = s.say("zyxana@zyxmail.example", values, ticket("T-1", "Old town"))
	say := func(ext, given string) habeas.PartyID {
		v := party.Values{}
		for set, fields := range values {
			for name, text := range fields {
				v.Put(set, name, text)
			}
		}
		v.Put("identity", "given_name", given)
		other, _ := s.say("", v, external(ext))
		w.later(time.Second)
		return other
	}
	w.pairUp(id, say("1", "Zyxana"))
	w.pairUp(id, say("2", "Zyxanna"))
	w.merge(boss, id, say("3", "Zyxanne"), "identity.given_name")
	apart := say("4", "Zyxanita")
	w.ok(w.Records.Amend(w.ctx(), boss, apart, party.Values{"phone": {"number": "+34 987 612 346"}}))
	w.later(time.Second)
	part := must(w.Records.Part(w.ctx(), boss, apart))(t)
	must(w.Records.SplitOff(w.ctx(), boss, apart, part.Record.Party.Version, []party.Item{{Party: part.Words[0].Party, Statement: part.Words[0].ID}}, nil))(t)
	undone := w.merge(boss, say("5", "Zyxanka"), say("6", "Zyxanka"))
	w.later(time.Second)
	w.ok(w.Records.Amend(w.ctx(), boss, undone.Into, party.Values{"address": {"street": "Zyxstreet 2"}}))
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), boss, undone.ID))(t)
	s.say("zyxana@zyxmail.example", person("Otto", "Zyxother", "1999-01-01")) // waits beside the first
	claimed := w.enter(boss, "zyxclaim@zyxmail.example", values)
	w.accept(w.join("zyxclaim@zyxmail.example"), claimed, nil)
	w.later(time.Second)
	must(w.Disputes.DisputeByStaff(w.ctx(), boss, claimed, party.DisputeOther, "Looks wrong."))(t)
	imported := must(w.Imports.Upload(w.ctx(), boss, "people.csv", strings.NewReader("given_name,family_name,phone,email\nZyxana,Zyxperson,+34 987 612 345,zyxana@zyxmail.example\n")))(t)
	_ = imported
	w.later(time.Second)
	return w, boss, id
}

var staffLink = regexp.MustCompile(`(?:href|action)="(/staff[^"#]*)`)

// crawl opens every page and download of staff that can be reached, and returns the texts.
func (b *browser) crawl() map[string]string {
	b.Helper()
	b.post("/staff/purpose", "purpose", "question", "to", "/staff")
	seen, next := map[string]string{}, []string{"/staff", "/staff/import", "/staff/add", "/staff/requests"}
	for len(next) > 0 {
		at := strings.ReplaceAll(next[0], "&amp;", "&")
		next = next[1:]
		if _, known := seen[at]; known || strings.Contains(at, "purpose=ask") {
			continue
		}
		p := b.send(http.MethodGet, at, nil)
		seen[at] = p.text
		for _, m := range staffLink.FindAllStringSubmatch(p.text, -1) {
			if len(seen)+len(next) < 400 {
				next = append(next, m[1])
			}
		}
	}
	return seen
}

// Proves PTY-29.
func TestNoPageOfStaffShowsADataSetThatTheyMayNotSee(t *testing.T) {
	w, boss, id := canaryWorld(t)
	everything := w.staffBrowser("all@example.org").crawl()
	for set := range canaries {
		shows := false
		for _, text := range everything {
			shows = shows || strings.Contains(text, marks[set][0])
		}
		if !shows {
			t.Errorf("who sees everything sees nothing of %s: the walk proves nothing", set)
		}
	}
	access := w.access()
	for set, fields := range canaries {
		group := party.Group{Name: "without " + set}
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
		member := w.member(set + "@example.org")
		w.ok(access.SetGroup(w.ctx(), boss, member.Account, group.Name))
		shown := b.crawl()
		if len(shown) < len(everything)/2 {
			t.Errorf("without %s %d pages are reached, of %d", set, len(shown), len(everything))
		}
		for at, text := range shown {
			for _, mark := range marks[set] {
				if strings.Contains(text, mark) {
					t.Errorf("without %s, %s shows %q", set, at, mark)
				}
			}
		}
		for name, text := range fields {
			if p := b.found("/staff/people", text); strings.Contains(p.text, `href="/staff/people/pty_`) {
				t.Errorf("without %s, a search by %s finds somebody", set, name)
			}
			form := formOf("kind", "person", set+"."+name, text, "email", canaries["contact"]["email"])
			if set != "contact" {
				form.Del("email")
			}
			if p := b.send(http.MethodPost, "/staff/like", form); strings.Contains(p.text, "pty_") {
				t.Errorf("without %s, typing a %s finds somebody", set, name)
			}
		}
		if p := b.send(http.MethodGet, "/staff/people/"+id.String()+"/edit/"+set, nil); p.status != http.StatusForbidden {
			t.Errorf("the form that amends %s: %d", set, p.status)
		}
		if p := b.send(http.MethodPost, "/staff/people/"+id.String()+"/edit/"+set, formOf(set+"."+anyKey(fields), "x", "was."+anyKey(fields), "")); p.status < 400 {
			t.Errorf("amending %s: %d", set, p.status)
		}
	}
}

func anyKey(m map[string]string) string {
	for k := range m {
		return k
	}
	return ""
}

// Proves PTY-29.
func TestWhoSeesADataSetMayStillNotChangeIt(t *testing.T) {
	w, boss, id := canaryWorld(t)
	policy := must(w.Policies.Current(w.ctx()))(t)
	desk := party.Group{Name: "front desk", Reach: party.Reach{Sees: []string{"identity", "contact", "phone"}, Changes: []string{"phone"}}}
	w.ok(w.access().Change(w.ctx(), boss, policy.Version, party.Access{Groups: []party.Group{desk}}))
	nora := w.atWork()
	b := w.staffBrowser("nora@example.org")
	w.ok(w.access().SetGroup(w.ctx(), boss, nora.Account, "front desk"))
	rec := must(w.Records.Open(w.ctx(), nora, id))(t)
	if rec.Text("identity", "family_name") == "" || rec.Text("membership", "number") != "" || len(rec.Sets) != 3 {
		t.Errorf("%+v", rec.Sets)
	}
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"phone": {"number": "+34 600 000 000"}}))
	for name, err := range map[string]error{
		"a data set that is seen":       w.Records.Amend(w.ctx(), nora, id, person("Eva", "", "")),
		"one that is not":               w.Records.Amend(w.ctx(), nora, id, party.Values{"membership": {"number": "1"}}),
		"the address":                   w.Records.ChangeAddress(w.ctx(), nora, id, w.address("other@example.org")),
		"a new record with an address":  second(w.Records.Enter(w.ctx(), nora, party.Assertion{Email: w.address("new@example.org"), HasEmail: true}, false)),
		"a new record with other words": second(w.Records.Enter(w.ctx(), nora, party.Assertion{Values: person("Eva", "Lind", "")}, false)),
	} {
		if habeas.KindOf(err) != habeas.KindForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	page := b.get("/staff/add").text
	if strings.Contains(page, `name="email"`) || strings.Contains(page, `name="identity.given_name"`) || !strings.Contains(page, `name="phone.number"`) {
		t.Error("the form asks for what the group does not change")
	}
	found, _, err := w.Records.Find(w.ctx(), nora, "Zyxanita", 5)
	w.ok(err)
	m := w.merge(nora, id, found[0].Party.ID, "identity.given_name", "phone.number")
	if slices.Contains(m.Choices, "identity.given_name") {
		t.Errorf("a merge chose what the group does not change: %v", m.Choices)
	}
}

func second(_ habeas.PartyID, _ bool, err error) error { return err }

// access are the use cases about groups of staff.
func (w *world) access() *app.Access {
	return app.NewAccess(w.DB, w.Accounts, w.Policies, w.clock)
}

// Proves PTY-29.
func TestNobodyIsLockedOutForGood(t *testing.T) {
	w := newWorld(t)
	root := w.boss("root@example.org")
	access := w.access()
	w.employ("root@example.org", habeas.RoleAdministrator)
	policy := must(w.Policies.Current(w.ctx()))(t)
	nothing := party.Group{Name: "nothing"}
	w.ok(access.Change(w.ctx(), root, policy.Version, party.Access{Groups: []party.Group{nothing}, Rest: &party.Reach{}}))
	w.refused(access.SetGroup(w.ctx(), root, root.Account, "nothing"), "access.last")
	s := must(w.Records.Sight(w.ctx(), root))(t)
	if !s.Everything() {
		t.Error("the administrator does not see everything")
	}
	nora := w.staff("nora@example.org")
	if s = must(w.Records.Sight(w.ctx(), nora))(t); s.Sees("identity") || s.Changes("phone") {
		t.Error("staff in no group see what they should not")
	}
	w.refused(access.SetGroup(w.ctx(), nora, nora.Account, ""), "role.missing")
	policy = must(w.Policies.Current(w.ctx()))(t)
	history := must(w.Policies.History(w.ctx(), root, 5))(t)
	if len(history) != 1 || !strings.Contains(history[0].Changed["access.nothing"], "no group → sees") || !strings.Contains(history[0].Changed["access"], "everything → sees") {
		t.Errorf("the history says %v", history[0].Changed)
	}
	w.refused(access.Change(w.ctx(), root, policy.Version-1, party.Access{}), "policy.changed")
	w.refused(access.Change(w.ctx(), nora, policy.Version, party.Access{}), "role.missing")
}

// Each use case of staff that reads a record or words says what of it its reader sees: a
// function of this package that asks for the role and folds, loads or lists has to ask for
// the sight too, or to hand on only what another one that does has made.
func TestEveryReadOfStaffPassesTheirSight(t *testing.T) {
	names := must(filepath.Glob("*.go"))(t)
	reads := []string{"load", "loadAll", "joinable", "pair", "Statements", "meanwhile", "Lying"}
	// These read to decide or to write, and hand nothing of it to the reader.
	inside := []string{
		"Amend", "ChangeAddress", "Invite", "Join", "SplitOff", "Unsplit", "Attribute", "Unattribute", "Decide", "Rivals", "Assess", "AdoptWords", "Note",
		"Appoint", "Remind", "Set", "KeepClaim", "UndoClaim", "ReopenDispute", "DisputeByStaff", "LinkPerson", "Unmerge", "Reconsider",
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file := must(parser.ParseFile(token.NewFileSet(), name, must(os.ReadFile(name))(t), 0))(t)
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || slices.Contains(inside, fn.Name.Name) {
				continue
			}
			calls := map[string]bool{}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if c, ok := n.(*ast.CallExpr); ok {
					switch f := c.Fun.(type) {
					case *ast.Ident:
						calls[f.Name] = true
					case *ast.SelectorExpr:
						calls[f.Sel.Name] = true
					}
				}
				return true
			})
			if !calls["staff"] || calls["Sight"] || calls["reads"] {
				continue
			}
			for _, read := range reads {
				if calls[read] {
					t.Errorf("%s: %s calls %s for staff and not Sight", name, fn.Name.Name, read)
				}
			}
		}
	}
}

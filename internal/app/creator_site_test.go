package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
)

// A creator acts from no site before it is entered, declared and confirmed; then everybody reads
// what it declares, and its badge tells the truth of the moment.
// Proves TP-01.
func TestASiteIsEnteredConfirmedAndPublic(t *testing.T) {
	w := newWorld(t)
	clara, _ := w.creator("clara@museum.example", "Museo del Río")
	clara.Roles, clara.Proof = []habeas.Role{habeas.RoleCreator}, habeas.ProofPasskey
	use := app.NewCreators(w.Certificates)
	bad := declaration
	for _, origin := range []string{"http://museum.example", "https://museum.example/path", "https://192.0.2.1", "museum.example", "https://u@museum.example"} {
		bad.Origin = origin
		w.refused(use.EnterSite(w.ctx(), clara, bad), "site.origin")
	}
	bad = declaration
	bad.Why = " "
	w.refused(use.EnterSite(w.ctx(), clara, bad), "site.declare")
	w.ok(use.EnterSite(w.ctx(), clara, declaration))
	w.refused(use.EnterSite(w.ctx(), clara, declaration), "site.taken")
	site := must(use.MySites(w.ctx(), clara))(w)[0]
	_, err := use.Author(w.ctx(), clara, nil)
	w.refused(err, "creator.site-missing")
	w.refused(use.ConfirmSite(w.ctx(), clara, site.ID, site.Words.Proof), "role.missing")
	w.refused(use.ConfirmSite(w.ctx(), grantor, site.ID, "another text"), "site.proof")

	visitor := w.browser()
	badge := "/creators/badge/" + site.ID.String() + ".svg"
	see := func(path string) string {
		p := visitor.send(http.MethodGet, path, nil)
		if p.status != http.StatusOK {
			t.Fatalf("%s: %d", path, p.status)
		}
		return p.text
	}
	if !strings.Contains(see(badge), "Not a trusted") || strings.Contains(see("/creators"), museumSite) {
		t.Error("a site that waits counts")
	}
	w.ok(use.ConfirmSite(w.ctx(), grantor, site.ID, site.Words.Proof))
	if drawn := see(badge); !strings.Contains(drawn, "Museo del Río") || strings.Contains(drawn, "Not a trusted") {
		t.Errorf("the badge: %s", drawn)
	}
	for _, path := range []string{"/creators", "/creators?site=" + museumSite, "/creators.json?site=" + museumSite} {
		text := see(path)
		for _, said := range []string{declaration.Gathers, declaration.Why, declaration.Contact} {
			if !strings.Contains(text, said) {
				t.Errorf("%s does not say %q", path, said)
			}
		}
		if strings.Contains(text, "Clara") {
			t.Errorf("%s names the person", path)
		}
	}
	w.ok(use.EndSite(w.ctx(), grantor, site.ID, "It was sold."))
	if !strings.Contains(see(badge), "Not a trusted") {
		t.Error("a site that ended counts")
	}
	w.verify()
}

//go:build reference

package reference

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/email"
)

// staff is somebody who works here.
var staff = habeas.Actor{
	Kind: habeas.ActorStaff, Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RoleStaff},
	Proof: habeas.ProofPasskey, Purpose: "Correct an error",
}

// TestReferenceImportOfPersonsOfHistory reads 35,192 rows about real persons of
// history through the command, as a stranger would; then one of them is found, gets
// an address, and claims the record over HTTP.
func TestReferenceImportOfPersonsOfHistory(t *testing.T) {
	dir := t.TempDir()
	const secret = "a master password"
	records, r := importHistory(t, dir, secret)
	v, err := app.VerifyAudit(t.Context(), records, nil)
	if err != nil || v.FaultCount != 0 || v.Leaves < r.Imported {
		t.Fatalf("after the import: %+v (%v)", v, err)
	}

	w := serve(t, records, []byte(secret))
	for query, least := range map[string]int{"thomas chudleigh": 1, "francis brightman": 1, "chudleigh": 3} {
		if got := len(w.Finder.Find(query, 50)); got < least {
			t.Errorf("%q: %d found, want at least %d", query, got, least)
		}
	}
	found, ready, err := w.Records.Find(t.Context(), staff, "clarence leumane", 5)
	if err != nil || !ready || len(found) == 0 {
		t.Fatalf("Clarence Leumane is not found: %v, ready %v", err, ready)
	}
	id := found[0].Party.ID
	address, err := email.Parse("clarence@opera.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Records.ChangeAddress(t.Context(), staff, id, address); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	b.join("clarence@opera.example")
	offer := "/me/offers/" + id.String()
	page := b.get(offer)
	if !strings.Contains(page, "Make this record mine") {
		t.Fatal("the record is not offered to who proved its address")
	}
	b.post(offer+"/accept", "version", version(t, page))
	rec, err := w.DB.Records().Party(t.Context(), id)
	if err != nil || rec.Account.IsZero() {
		t.Fatalf("the record was not claimed: %+v (%v)", rec, err)
	}
	w.close()
	if v, err := app.VerifyAudit(t.Context(), records, nil); err != nil || v.FaultCount != 0 || v.Published != v.Leaves {
		t.Fatalf("after the claim: %+v (%v)", v, err)
	}
}

// importHistory runs the command on an empty directory.
func importHistory(t *testing.T, dir, secret string) (string, app.ImportReport) {
	t.Helper()
	binary, password, records := filepath.Join(dir, "habeas"), filepath.Join(dir, "password"), filepath.Join(dir, "records")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/habeas-data/habeas/cmd/habeas").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(password, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(binary, "party", "import", "--dir", records, "--master-password-file", password, "--json",
		"--rejected", filepath.Join(dir, "rejected.csv"), data(t, "linkage/historical_35k.csv")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var r app.ImportReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	// What is rejected has a month or a day that no calendar has.
	if r.Rows != 35192 || r.Imported+r.Rejected != r.Rows || r.Rejected != 2033 {
		t.Fatalf("not every row is accounted for: %+v", r)
	}
	t.Logf("%d rows in %.1f s: %s a second", r.Rows, r.Seconds, strconv.Itoa(int(float64(r.Rows)/r.Seconds)))
	return records, r
}

// data returns a file of the reference data.
func data(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(os.Getenv("HABEAS_REFERENCE"), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("HABEAS_REFERENCE names the directory of the reference data: %v", err)
	}
	return path
}

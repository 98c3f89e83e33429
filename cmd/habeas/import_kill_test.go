package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// importTable writes a file in which some rows have faults and some an address that an
// earlier row has.
func importTable(s *site, rows int) string {
	s.Helper()
	var b strings.Builder
	b.WriteString("external_id,email,given_name,family_name,dob\n")
	for i := range rows {
		address, born := fmt.Sprintf("somebody.%d@example.org", i), "1984-05-03"
		switch i % 10 {
		case 3:
			born = "1984-02-31"
		case 7:
			address = fmt.Sprintf("Somebody.%d@EXAMPLE.org", i-1)
		}
		fmt.Fprintf(&b, "M-%d,%s,Given%c,Family%d,%s\n", i, address, 'a'+i%26, i%17, born)
	}
	name := filepath.Join(filepath.Dir(s.dir), "people.csv")
	s.must(os.WriteFile(name, []byte(b.String()), 0o600))
	return name
}

// importArgs are those of the command.
func (s *site) importArgs(file string) []string {
	return []string{"party", "import", "--dir", s.dir, "--master-password-file", s.password, "--json", file}
}

// importState is what an import leaves behind: its counts, what is rejected, what every
// record says, and that ledger and rows hold together.
func (s *site) importState(file string, r app.ImportReport) string {
	s.Helper()
	rejected, err := os.ReadFile(file + ".rejected.csv")
	s.must(err)
	if code, out, complaints := s.run("audit", "verify", "--dir", s.dir); code != 0 {
		s.Fatalf("audit verify: %s%s", out, complaints)
	}
	opened := s.open()
	defer func() { s.must(opened.Close()) }()
	records, words := map[string]int{}, map[string]string{}
	s.must(opened.DB.Records().Each(s.Context(), func(p party.Party, st party.Statement) {
		words[p.ID.String()] += st.External + "|" + st.Values.Get("contact", "email") + "|" + st.Values.Get("identity", "family_name") + ";"
	}))
	for _, w := range words {
		records[w]++
	}
	text, err := json.Marshal(records) // in the order of keys
	s.must(err)
	return fmt.Sprintf("%d rows, %d rejected\n%s\n%s", r.Rows, r.Rejected, rejected, text)
}

// Proves PTY-17.
func TestAnImportThatIsKilledAtRandomEndsAsOneThatIsNot(t *testing.T) {
	kills := int(number(t, "HABEAS_KILL_ROUNDS", 3))
	seed := number(t, "HABEAS_KILL_SEED", time.Now().UnixNano())
	t.Logf("%d kills; again with HABEAS_KILL_SEED=%d", kills, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 17))

	finish := func(s *site, file string) (r app.ImportReport) {
		code, out, complaints := s.run(s.importArgs(file)...)
		if code != 0 {
			t.Fatalf("import: %d %s%s", code, out, complaints)
		}
		s.must(json.Unmarshal([]byte(out), &r))
		return r
	}
	rows := 800 * max(3, kills) // so that there is something left for the last kill
	whole := newSite(t)
	file := importTable(whole, rows)
	begun := time.Now()
	r := finish(whole, file)
	took := time.Since(begun)
	want := whole.importState(file, r)

	s := newSite(t)
	file = importTable(s, rows)
	for range kills {
		cmd := exec.Command("habeas", s.importArgs(file)...)
		s.must(cmd.Start())
		time.Sleep(time.Duration(random.Int64N(int64(3*took) / int64(kills)))) // the moment of a kill is a moment in time
		_ = cmd.Process.Kill()                                                 // it may have ended
		_ = cmd.Wait()
	}
	r = finish(s, file)
	t.Logf("%d of %d rows stood before the last run", r.Resumed, rows)
	if got := s.importState(file, r); got != want {
		t.Errorf("after %d kills:\n%.2000s\nwithout:\n%.2000s", kills, got, want)
	}
}

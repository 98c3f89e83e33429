package admin

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// fixedHealth is a server that is always the same.
type fixedHealth struct{ state State }

func (h fixedHealth) State(context.Context, habeas.Actor) (State, error) { return h.state, nil }

var morning = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// inOrder is a server with which nothing is wrong.
func inOrder() State {
	return State{
		Version: "v1.2.3", Started: morning.Add(-time.Hour), Now: morning, Searchable: true, Records: 1204,
		Lines: 5000, Sealed: 5000, SealedAt: morning.Add(-time.Hour), Newest: morning.Add(-time.Hour),
		MailServer: true, Keys: 2500, Erased: 3, Engine: "SQLite", Bytes: 48_000_000, Free: 60e9, Total: 100e9,
		Backup: morning.AddDate(0, 0, -1), BackupWithin: 50 * time.Hour, Certificate: morning.AddDate(0, 2, 0),
	}
}

func TestHealthSaysInPlainWordsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*State)
		weight Weight
		texts  []string
	}{
		"nothing":             {func(*State) {}, Fine, []string{"Everything is in order.", "1,204 records", "5,000 lines", "60\u00a0GB", "v1.2.3", "28 February 2026"}},
		"never a backup":      {func(s *State) { s.Backup = time.Time{} }, Grim, []string{"No backup was ever made.", "habeas backup"}},
		"an old backup":       {func(s *State) { s.Backup = morning.AddDate(0, 0, -8) }, Note, []string{"21 February 2026", "daily timer"}},
		"in time":             {func(s *State) { s.Backup = morning.Add(-50 * time.Hour) }, Fine, nil},
		"an account too long": {func(s *State) { s.Overdue = 2 }, Note, []string{"2 accounts should have been erased.", "A dispute or a hold"}},
		"disk low":            {func(s *State) { s.Disk = DiskLow }, Note, []string{"The disk is filling up."}},
		"disk full":           {func(s *State) { s.Disk = DiskFull }, Grim, []string{"so nothing new is taken in"}},
		"index being built":   {func(s *State) { s.Searchable = false }, Note, []string{"still being built"}},
		"lines just written":  {func(s *State) { s.Lines, s.Newest = 5002, morning }, Fine, []string{"2 lines wait for their seal."}},
		"lines not sealed": {func(s *State) { s.Staged, s.Newest = 1, morning.Add(-2*time.Minute) }, Grim, []string{
			"1 line waits for its seal.", "nobody gets a receipt",
		}},
		"no mail server":        {func(s *State) { s.MailServer, s.Waiting = false, 2 }, Grim, []string{"No mail server is set", "2 mails wait", "[smtp]"}},
		"mails given up":        {func(s *State) { s.GivenUp = 1 }, Note, []string{"1 mail was given up", `href="/admin/mail"`}},
		"erasure pending":       {func(s *State) { s.Erasing = true }, Note, []string{"The last erasure is not finished", "do not copy the key store"}},
		"certificate soon over": {func(s *State) { s.Certificate = morning.AddDate(0, 0, 10) }, Note, []string{"Good until 11 March 2026."}},
		"certificate over":      {func(s *State) { s.Certificate = morning.Add(-time.Second) }, Grim, []string{"Browsers refuse to open this site."}},
		"no certificate":        {func(s *State) { s.Certificate = time.Time{} }, Fine, []string{"holds none of its own"}},
		"clock went back":       {func(s *State) { s.Newest = morning.Add(2 * time.Minute) }, Grim, []string{"the clock went back"}},
		"no word of the disk":   {func(s *State) { s.Free, s.Total = 0, 0 }, Fine, []string{"does not tell how much room"}},
	} {
		t.Run(name, func(t *testing.T) {
			st := inOrder()
			c.change(&st)
			d := newDesk(t, systemsAdministrator, func(p *Pages) { p.Health = fixedHealth{st} })
			w := d.ask(http.MethodGet, "/admin/health", nil)
			body := w.Body.String()
			if w.Code != http.StatusOK {
				t.Fatalf("%d\n%s", w.Code, body)
			}
			for _, text := range c.texts {
				if !strings.Contains(body, text) {
					t.Errorf("lacks %q in\n%s", text, body[strings.Index(body, "<main"):])
				}
			}
			for weight, class := range map[Weight]string{Note: "finding-note", Grim: "finding-grim"} {
				if got := strings.Contains(body, class); got != (weight == c.weight) {
					t.Errorf("%s on the page: %v", class, got)
				}
			}
			if c.weight != Fine && !strings.Contains(d.ask(http.MethodGet, "/admin", nil).Body.String(), "1 thing wants your attention.") {
				t.Error("the overview does not say it")
			}
		})
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	st := inOrder()
	st.Backup, st.Disk, st.Certificate = morning.AddDate(0, -1, 0), DiskLow, morning.Add(-time.Hour)
	d := newDesk(t, systemsAdministrator, func(p *Pages) { p.Health = fixedHealth{st} })
	body := d.ask(http.MethodGet, "/admin/health", nil).Body.String()
	grim, note := strings.Index(body, "finding-grim"), strings.Index(body, "finding-note")
	if grim < 0 || note < grim || !strings.Contains(body, "3 things want your attention.") || !strings.Contains(body, "notice-danger") {
		t.Errorf("grim at %d, note at %d", grim, note)
	}
}

func TestHealthIsForAdministrators(t *testing.T) {
	for name, actor := range map[string]habeas.Actor{"nobody": {}, "staff": {
		Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 2}, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RoleStaff},
	}} {
		d := newDesk(t, actor, func(p *Pages) { p.Health = fixedHealth{inOrder()} })
		for _, path := range []string{"/admin", "/admin/health"} {
			if w := d.ask(http.MethodGet, path, nil); w.Code == http.StatusOK || strings.Contains(w.Body.String(), "v1.2.3") {
				t.Errorf("%s sees %s: %d", name, path, w.Code)
			}
		}
	}
}

func TestSizesReadWell(t *testing.T) {
	d := newDesk(t, systemsAdministrator, func(*Pages) {})
	for n, want := range map[uint64]string{0: "0 kB", 999: "0 kB", 48_000_000: "48 MB", 9_999_000: "9,999 kB", 256 << 30: "274 GB", 60e9: "60 GB", 3e15: "3,000 TB"} {
		if got := strings.ReplaceAll(size(d.site.Printer(d.request(http.MethodGet, "/", nil)), n), "\u00a0", " "); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

package app

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/party"
)

func readSettings(t *testing.T, text string) (Settings, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, SettingsFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadSettings(dir)
}

func TestAMistypedSettingIsNamed(t *testing.T) {
	if _, err := readSettings(t, "organization = \"x\"\n"); err == nil || !strings.Contains(err.Error(), "organization") {
		t.Errorf("got %v", err)
	}
	if _, err := readSettings(t, "organisation = \n"); err == nil || !strings.Contains(err.Error(), SettingsFile) {
		t.Errorf("broken TOML: %v", err)
	}
	if s, err := ReadSettings(t.TempDir()); err != nil || s.Organisation == "" {
		t.Errorf("no file: %+v, %v", s, err)
	}
}

func TestDataSetsComeFromTheSettings(t *testing.T) {
	s, err := readSettings(t, `
[[data_set]]
name = "dietary"
label = "Food"
step_up = true
[[data_set.fields]]
name = "allergies"
label = "Allergies"
type = "long-text"
max = 500
[[data_set]]
name = "profile"
label = "Profile"
visibility = "staff"
[[data_set.fields]]
name = "headline"
label = "Headline"
type = "text"
`)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := party.NewSchemas(s.sets()...)
	if err != nil {
		t.Fatal(err)
	}
	food, ok := schemas.Set("dietary")
	if !ok || !food.StepUp || food.Visibility != party.ToStaff || food.Fields[0].Max != 500 {
		t.Errorf("the new set is %+v", food)
	}
	if profile, _ := schemas.Set("profile"); profile.Visibility != party.ToStaff || len(profile.Fields) != 1 {
		t.Errorf("the replaced set is %+v", profile)
	}
	if _, err := schemas.Clean(party.Values{"dietary": {"allergies": "nuts\nand milk"}}); err != nil {
		t.Error(err)
	}
}

func TestPlainHTTPLeavesNoMachine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, c := range map[string]struct {
		settings Settings
		want     string // code of the refusal
	}{
		"loopback":                {Settings{}, ""},
		"public and plain":        {Settings{PublicURL: "https://records.example.org"}, "tls.missing"},
		"public with TLS":         {Settings{PublicURL: "https://records.example.org", TLSCert: "cert.pem"}, ""},
		"behind a proxy":          {Settings{PublicURL: "https://records.example.org", TrustedProxies: []string{"10.0.0.0/8"}}, ""},
		"a public name over http": {Settings{PublicURL: "http://records.example.org"}, "origin"},
	} {
		origin, err := c.settings.origin(l)
		if c.want == "origin" {
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err = c.settings.secure(origin)
		if (err != nil) != (c.want != "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	every, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer every.Close()
	if _, err := (Settings{}).origin(every); err == nil {
		t.Error("a server that others can reach was started without knowing its name")
	}
}

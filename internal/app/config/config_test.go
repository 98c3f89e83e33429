package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/app/config"
)

type settings struct {
	Name  string   `toml:"name" doc:"who" default:"nobody"`
	Hosts []string `toml:"hosts" doc:"where"`
	Mail  struct {
		Host string `toml:"host" doc:"server"`
		Port int    `toml:"port" doc:"port" default:"587" example:"465"`
		TLS  string `toml:"tls" doc:"how" default:"starttls" choice:"starttls|none"`
		On   bool   `toml:"on" doc:"whether"`
		Word string `toml:"word" doc:"password" secret:"yes"`
	} `toml:"mail"`
	Sets []struct {
		Name   string `toml:"name"`
		Fields []struct {
			Label string `toml:"label"`
		} `toml:"fields"`
	} `toml:"set" doc:"sets"`
	Share share `toml:"share" doc:"a part" default:"1/2"`
}

// share is a setting that reads its own form.
type share struct{ a, b int }

func (s *share) UnmarshalText(text []byte) error {
	if n, err := fmt.Sscanf(string(text), "%d/%d", &s.a, &s.b); err != nil || n != 2 {
		return errors.New("expected a share, such as 1/3")
	}
	return nil
}

func (s share) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d/%d", s.a, s.b), nil }

func load(t *testing.T, text string, environ ...string) (settings, *config.Loaded, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "my.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var s settings
	l, err := config.Load(&s, config.Options{File: file, Prefix: "MY_", Environ: environ, Known: []string{"MY_DIR"}})
	return s, l, err
}

func TestTheEnvironmentComesBeforeTheFileAndTheFileBeforeDefaults(t *testing.T) {
	s, l, err := load(t, "name = \"file\"\n[mail]\n# a comment\nport = 1\nhost = \"file\"\nword = \"hush\"\n",
		"MY_MAIL_PORT=2", "MY_HOSTS= a, b ,", "MY_MAIL_ON=true", "MY_NAME=", "MY_SHARE=2/3", "MY_DIR=x", "MY_SERVICE_PORT=9", "PATH=y")
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "file" || s.Mail.Port != 2 || s.Mail.Host != "file" || s.Mail.TLS != "starttls" || !s.Mail.On || s.Share != (share{2, 3}) {
		t.Errorf("read %+v", s)
	}
	if len(s.Hosts) != 2 || s.Hosts[1] != "b" {
		t.Errorf("the list is %q", s.Hosts)
	}
	for key, want := range map[string]string{
		"name": "my.toml, line 1", "mail.port": "$MY_MAIL_PORT", "mail.host": "my.toml, line 5", "mail.tls": "default",
	} {
		if got := l.At(key); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
	if len(l.Unused) != 1 || l.Unused[0] != "MY_SERVICE_PORT" {
		t.Errorf("unused: %q", l.Unused)
	}
	for _, v := range l.Values(nil) {
		if strings.Contains(v.Value, "hush") {
			t.Errorf("%s shows the secret", v.Name)
		}
		if v.Name == "mail.word" && v.Value != "set" || v.Name == "share" && v.Value != "2/3" || v.Name == "hosts" && v.Value != "a,b" {
			t.Errorf("%s shows %q", v.Name, v.Value)
		}
	}
}

func TestAMistakeIsNamedWithItsPlaceAndWhatWasExpected(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		env  string
		want []string
	}{
		"a mistyped key":         {"\nnamme = \"x\"\n", "", []string{"my.toml, line 2", `no setting "namme"`, `did you mean "name"`}},
		"a key in no section":    {"port = 1\n", "", []string{"line 1", `did you mean "mail.port"`}},
		"a flattened key":        {"mail_host = \"x\"\n", "", []string{`did you mean "mail.host"`}},
		"a mistyped section":     {"[male]\nport = 1\n", "", []string{"line 1", `no setting "male"`}},
		"deep in a table":        {"[[set]]\nname = \"x\"\n[[set.fields]]\nlabl = \"y\"\n", "", []string{"line 4", `did you mean "set.fields.label"`}},
		"like nothing there is":  {"zzzzzzzz = 1\n", "", []string{`no setting "zzzzzzzz"`}},
		"another type":           {"name = \"x\"\n[mail]\nport = \"many\"\n", "", []string{"line 3", "mail.port", "a whole number, such as 465"}},
		"not one of the choices": {"[mail]\ntls = \"some\"\n", "", []string{"line 2", "mail.tls", "one of starttls, none"}},
		"broken TOML":            {"name = \n", "", []string{"my.toml, line 1"}},
		"a number in a variable": {"", "MY_MAIL_PORT=many", []string{"$MY_MAIL_PORT", "mail.port", "a whole number"}},
		"a truth in a variable":  {"", "MY_MAIL_ON=perhaps", []string{"$MY_MAIL_ON", "true or false"}},
		"a choice in a variable": {"", "MY_MAIL_TLS=perhaps", []string{"$MY_MAIL_TLS", "one of starttls, none"}},
		"a form of its own":      {"", "MY_SHARE=half", []string{"$MY_SHARE", "such as 1/3"}},
		"its own form in a file": {"name = \"x\"\nshare = \"half\"\n", "", []string{"my.toml", "such as 1/3"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := load(t, c.text, c.env)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	_, _, err := load(t, "namme = 1\nhots = 2\n", "MY_MAIL_PORT=many")
	var all config.Problems
	if !errors.As(err, &all) || len(all) != 3 {
		t.Errorf("got %v", err)
	}
}

func TestAKeyIsFoundWhereItStands(t *testing.T) {
	_, l, err := load(t, "mail = { host = \"x\" }\nname = '''\nhosts = 1\n'''\nhosts = [\n  \"a=b\",\n]\n")
	if err != nil {
		t.Fatal(err)
	}
	if at := l.At("hosts"); at != "my.toml, line 5" {
		t.Errorf("hosts at %s", at)
	}
}

func TestTheTableSaysWhatTheStructSays(t *testing.T) {
	table := config.Table(config.Keys("MY_", &settings{}))
	for _, want := range []string{
		"| `name` | who | `nobody` |", "### `[mail]`", "| `port` | port. Such as `465` | `587` |",
		"how: `starttls`, `none`", "### `[[set]]`",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("name = \"x\"\n[mail]\nport = 1\n", "MY_MAIL_PORT=2")
	f.Add("[[set]]\nname = '''a\nb'''\n", "MY_SHARE=1")
	f.Add("mail.port = 2\n\"na me\" = [", "MY_HOSTS=,,")
	f.Fuzz(func(t *testing.T, text, env string) {
		_, l, err := load(t, text, env)
		if err == nil {
			l.Values(nil)
		} else if err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

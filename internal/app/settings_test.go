package app

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
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

func TestTheDocumentationSaysWhatTheSettingsAre(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "<!-- from here: habeas config docs -->\n"+SettingsTable()+"<!-- to here -->") {
		t.Error("docs/settings.md says something else than the struct: put the output of \"habeas config docs\" between its two comments")
	}
}

func TestAMistypedSettingIsNamed(t *testing.T) {
	if _, err := readSettings(t, "organization = \"x\"\n"); err == nil || !strings.Contains(err.Error(), `did you mean "organisation"`) {
		t.Errorf("got %v", err)
	}
	if _, err := readSettings(t, "organisation = \n"); err == nil || !strings.Contains(err.Error(), SettingsFile) {
		t.Errorf("broken TOML: %v", err)
	}
	if s, err := ReadSettings(t.TempDir()); err != nil || s.Organisation == "" || s.Listen != "localhost:8080" || s.Disk.Refuse.Bytes != 256<<20 {
		t.Errorf("no file: %+v, %v", s, err)
	}
}

func TestEveryValueIsCheckedAndItsPlaceNamed(t *testing.T) {
	dir := t.TempDir()
	open, closed := filepath.Join(dir, "open"), filepath.Join(dir, "closed")
	for file, mode := range map[string]os.FileMode{open: 0o644, closed: 0o600} {
		if err := os.WriteFile(file, []byte("secret\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	provider := func(key, value string) string {
		text := ""
		for k, v := range map[string]string{
			"name": `"campus"`, "label": `"Campus login"`, "issuer": `"https://login.example.org"`, "client_id": `"habeas"`, "secret_file": `"` + closed + `"`, key: value,
		} {
			text += k + " = " + v + "\n"
		}
		return "[[provider]]\n" + text
	}
	if _, err := readSettings(t, provider("vouches_for", `["example.org"]`)+"staff = true\nstaff_acr = [\"mfa\"]\n[[provider.claims]]\nname = \"a\"\nvalues = [\"b\"]\n"); err != nil {
		t.Errorf("a good provider: %v", err)
	}
	directory := func(url string) string {
		return "[directory]\nurl = \"" + url + "\"\nbase = \"dc=b\"\n[[directory_group]]\nname = \"cn=a,dc=b\"\nrole = \"staff\"\n"
	}
	if _, err := readSettings(t, directory("ldap://ldap.example.org")); err != nil {
		t.Errorf("a good directory: %v", err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"no organisation":         {`organisation = " "`, "line 1: organisation: expected the name"},
		"a path in the URL":       {`public_url = "https://example.org/records"`, "line 1: public_url: "},
		"an address for a name":   {`public_url = "https://192.0.2.1"`, "public_url: "},
		"no port":                 {`listen = "localhost"`, "listen: expected address and port"},
		"a proxy by name":         {`trusted_proxies = ["proxy.example.org"]`, "trusted_proxies: "},
		"half a pair":             {`tls_cert = "` + closed + `"`, "tls_cert: tls_key is missing"},
		"no such file":            {"tls_cert = \"nothing\"\ntls_key = \"nothing\"", "line 2: tls_key: there is no file "},
		"a key for all to read":   {"tls_cert = \"" + closed + "\"\ntls_key = \"" + open + "\"", "tls_key: other users of this machine can read"},
		"terms not accepted":      {"[acme]\nemail = \"it@example.org\"", "line 2: acme.email: "},
		"no name to ask for":      {"[acme]\naccept_terms = true", "public_url is needed"},
		"a plain authority":       {"public_url = \"https://a.example\"\n[acme]\naccept_terms = true\ndirectory = \"http://a\"", "acme.directory: expected an https URL"},
		"a root that is none":     {"public_url = \"https://a.example\"\n[acme]\naccept_terms = true\nca_file = \"" + closed + "\"", "acme.ca_file: expected a PEM file"},
		"no database":             {"[store]\nrecords = \"records.db\"", "store.records: expected a PostgreSQL address"},
		"one database of two":     {"[store]\nrecords = \"postgres://a@b/c\"", "store.keys is missing"},
		"one database for both":   {"[store]\nrecords = \"postgres://a@b/c\"\nkeys = \"postgres://a@b/c\"", "line 3: store.keys: expected another database"},
		"a password for all":      {"[store]\nrecords_password_file = \"" + open + "\"", "chmod 600"},
		"mail from nobody":        {"[smtp]\nhost = \"mail.example.org\"", "smtp.from is missing"},
		"mail without protection": {"[smtp]\nhost = \"mail.example.org\"\ntls = \"none\"\nfrom = \"a@example.org\"", "without TLS only a mail server on this machine"},
		"mail, a wrong choice":    {"[smtp]\ntls = \"ssl\"", "line 2: smtp.tls: expected one of starttls, implicit, none"},
		"mail, no such port":      {"[smtp]\nhost = \"m\"\nfrom = \"a@example.org\"\nport = 70000", "smtp.port: expected a port"},
		"login without password":  {"[smtp]\nhost = \"m\"\nfrom = \"a@example.org\"\nusername = \"a\"", "smtp.password_file is missing"},
		"a level there is not":    {"[log]\nlevel = \"loud\"", "log.level: expected one of debug, info, warn, error"},
		"figures for everybody":   {"[metrics]\nlisten = \":9464\"", "metrics.listen: expected an address of this machine"},
		"traces to nowhere":       {"[trace]\nendpoint = \"localhost:4318\"", "trace.endpoint: expected a URL"},
		"more than all traces":    {"[trace]\npercent = 101", "trace.percent: expected a number from 0 to 100"},
		"no amount":               {"[disk]\nwarn = \"plenty\"", "disk.warn: expected an amount such as 500MiB"},
		"refused before warned":   {"[disk]\nwarn = \"1%\"\nrefuse = \"2%\"", "line 3: disk.refuse: expected less than disk.warn"},
		"a provider, unnamed":     {"[[provider]]\nlabel = \"x\"", "line 1: provider: one without a name: name: expected a short word"},
		"its issuer without TLS":  {provider("issuer", `"http://login.example.org"`), "provider: campus: issuer: expected an https URL"},
		"its label missing":       {provider("label", `""`), "campus: label: expected"},
		"its client missing":      {provider("client_id", `""`), "campus: client_id: expected"},
		"its secret in the text":  {provider("secret", `"hush"`), "there is no setting \"provider.secret\"; did you mean \"provider.secret_file\"?"},
		"its secret missing":      {provider("secret_file", `""`), "campus: secret_file: expected a file"},
		"its secret for all":      {provider("secret_file", `"`+open+`"`), "provider: other users of this machine can read"},
		"its domain with capital": {provider("vouches_for", `["Example.org"]`), "campus: vouches_for: expected domains"},
		"its domain with a star":  {provider("vouches_for", `["*.example.org"]`), "campus: vouches_for: expected domains"},
		"staff by any sign-in":    {provider("staff", `true`), "campus: staff: staff_acr is missing"},
		"acr for nobody":          {provider("staff_acr", `["mfa"]`), "campus: staff_acr: it is used with staff = true only"},
		"one name for two":        {provider("acr", `[]`) + provider("acr", `[]`), "campus: name and issuer are each used once"},
		"a claim without values":  {provider("acr", `[]`) + "[[provider.claims]]\nname = \"a\"", "campus: claims: expected a name and values"},
		"a plain directory":       {directory("http://a"), "directory.url: expected ldaps://"},
		"both who tell":           {strings.Replace(directory("ldaps://a"), "[directory]", "[directory]\nscim = true", 1), "directory.scim: directory.url names a directory already"},
		"nobody's groups":         {"[[directory_group]]\nname = \"cn=a,dc=b\"\nrole = \"staff\"", "directory_group: it is used with directory.url or directory.scim only"},
		"a directory of no group": {"[directory]\nscim = true", "directory_group: expected at least one group"},
		"a role there is not":     {"[directory]\nscim = true\n[[directory_group]]\nname = \"a\"\nrole = \"king\"", "role, which is staff or administrator"},
		"a group that is none":    {strings.Replace(directory("ldaps://a"), "cn=a,dc=b", "clerks", 1), "directory_group: expected distinguished names"},
		"grace without end":       {strings.Replace(directory("ldaps://a"), "[directory]", "[directory]\ngrace_minutes = 9999", 1), "directory.grace_minutes: expected a number from 15 to 1440"},
		"a name, no password":     {strings.Replace(directory("ldaps://a"), "[directory]", "[directory]\nbind_dn = \"cn=a\"", 1), "directory.password_file is missing"},
		"its password for all":    {strings.Replace(directory("ldaps://a"), "[directory]", "[directory]\nbind_dn = \"cn=a\"\npassword_file = \""+open+"\"", 1), "directory.password_file: other users"},
		"nobody exempt":           {strings.Replace(directory("ldaps://a"), "[directory]", "[directory]\nexempt = [\"me\"]", 1), "directory.exempt: expected e-mail addresses"},
		"a set without fields":    {"[[data_set]]\nname = \"No Name\"", "line 1: data_set: "},
	} {
		_, err := readSettings(t, c.text+"\n")
		var e *habeas.Error
		if !errors.As(err, &e) || e.Kind != habeas.KindInvalid || !strings.Contains(e.Text(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestPasswordsStayOutOfWhatIsShown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("it's \\ hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dsn, want string }{
		"a URL":       {"postgres://habeas@db/records", `postgres://habeas:it%27s%20%5C%20hush@db/records`},
		"key = value": {"host=db user=habeas", `host=db user=habeas password='it\'s \\ hush'`},
	} {
		s := Settings{Store: StoreSettings{Records: c.dsn, RecordsPasswordFile: file}}
		if got, err := s.recordsDSN(); err != nil || got != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, dsn := range []string{"postgres://a:hush@b/c", "host=b password=hush", "postgres://a@b/c?password=hush"} {
		if err := os.WriteFile(filepath.Join(dir, SettingsFile), []byte("[store]\nrecords = \""+dsn+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		values, _, err := ShowSettings(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if strings.Contains(v.Value, "hush") {
				t.Errorf("%s shows %s", v.Name, v.Value)
			}
		}
	}
}

func TestAnAmountOfSpaceIsReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "1024": "1KiB", "500 MB": "500000000", "1.5GiB": "1536MiB", "5%": "5%", "2.5 %": "2.5%", "1TiB": "1TiB", "10B": "10",
		"-1": "", "": "", "100%": "", "NaN%": "", "NaN": "", "1e30GiB": "", "lots": "", "5MiBB": "",
	} {
		var m Mark
		err := m.UnmarshalText([]byte(text))
		if got, _ := m.MarshalText(); (err != nil) != (want == "") || err == nil && string(got) != want {
			t.Errorf("%q is %s, %v; want %q", text, got, err, want)
		}
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
		"with ACME":               {Settings{PublicURL: "https://records.example.org", ACME: ACMESettings{AcceptTerms: true}}, ""},
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

// A line added below what init writes belongs to the whole, and a restore replaces the
// databases in either way of writing them.
func TestTheDatabasesInTheSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := InitOptions{Dir: dir, Organisation: "City Sports", RecordsDSN: "postgres://a@db/records", KeysDSN: "postgres://b@db/keys"}
	if _, err := writeSettings(made); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, SettingsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "trusted_proxies = [\"127.0.0.1\"]\n\n[log]\nlevel = \"warn\"\n"...)
	for about, was := range map[string]string{
		"as init writes them": string(text),
		"in their section":    "trusted_proxies = [\"127.0.0.1\"]\n[store]\nrecords = \"postgres://a@db/records\"\nkeys = \"postgres://b@db/keys\"\n[log]\nlevel = \"warn\"\n",
	} {
		for _, to := range []string{"", "postgres://c@new/"} {
			text, want := []byte(was), StoreSettings{}
			if to != "" {
				want.Records, want.Keys = to+"records", to+"keys"
			}
			if err := os.WriteFile(path, withStores(text, want.Records, want.Keys), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := loadSettings(dir)
			if err != nil || s.Store != want || len(s.TrustedProxies) != 1 || s.Log.Level != "warn" {
				t.Errorf("%s, to %q: %+v (%v)", about, to, s.Store, err)
			}
		}
	}
}

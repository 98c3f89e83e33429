package keyring

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // past the umask
		t.Fatal(err)
	}
	return path
}

// answers is a terminal at which somebody types the given lines.
func answers(lines ...string) func(string) ([]byte, error) {
	return func(string) ([]byte, error) {
		if len(lines) == 0 {
			return nil, errors.New("asked too often")
		}
		line := lines[0]
		lines = lines[1:]
		return []byte(line), nil
	}
}

func TestReadPasswordTakesTheFirstSourceThatIsThere(t *testing.T) {
	named := write(t, "named", "from the named file\n", 0o600)
	variable := write(t, "variable", "from the variable", 0o640)
	credential := write(t, credentialName, "from the credential\r\n", 0o400)
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	both := env(passwordFileVar, variable, credentialsVar, filepath.Dir(credential))
	for name, c := range map[string]struct {
		opts PasswordOptions
		want string
	}{
		"named file":       {PasswordOptions{File: named, Getenv: both}, "from the named file"},
		"variable":         {PasswordOptions{Getenv: both}, "from the variable"},
		"credential":       {PasswordOptions{Getenv: env(credentialsVar, filepath.Dir(credential))}, "from the credential"},
		"other credential": {PasswordOptions{Getenv: env(credentialsVar, t.TempDir()), Prompt: answers("typed")}, "typed"},
		"terminal":         {PasswordOptions{Getenv: env(), Prompt: answers("typed")}, "typed"},
		"terminal, new": {
			PasswordOptions{Getenv: env(), New: true, Prompt: answers("typed two times", "typed two times")},
			"typed two times",
		},
		"inner newlines stay": {PasswordOptions{File: write(t, "a", "a\nb\n\n", 0o600)}, "a\nb\n"},
		"as long as can be":   {PasswordOptions{File: write(t, "a", strings.Repeat("a", maxPassword)+"\r\n", 0o600)}, strings.Repeat("a", maxPassword)},
		"twelve characters":   {PasswordOptions{New: true, File: write(t, "a", "äöüäöüäöüäöü", 0o600)}, "äöüäöüäöüäöü"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadPassword(c.opts)
			if err != nil || plain(got) != c.want {
				t.Errorf("got %q, %v; want %q", plain(got), err, c.want)
			}
		})
	}
}

func TestReadPasswordRefuses(t *testing.T) {
	none := func(string) string { return "" }
	for name, c := range map[string]struct {
		opts PasswordOptions
		want error
	}{
		"an empty file":      {PasswordOptions{File: write(t, "a", "\n", 0o600)}, errEmptyPassword},
		"a missing file":     {PasswordOptions{File: filepath.Join(t.TempDir(), "none")}, errPasswordFile},
		"a directory":        {PasswordOptions{File: t.TempDir()}, errPasswordFile},
		"an open file":       {PasswordOptions{File: write(t, "a", testPassword, 0o604)}, errOpenPasswordFile},
		"a huge file":        {PasswordOptions{File: write(t, "a", strings.Repeat("a", 10_000), 0o600)}, errLongPassword},
		"one byte too many":  {PasswordOptions{File: write(t, "a", strings.Repeat("a", maxPassword+1), 0o600)}, errLongPassword},
		"a short new one":    {PasswordOptions{New: true, File: write(t, "a", "eleven char", 0o600)}, errShortPassword},
		"an empty new one":   {PasswordOptions{New: true, File: write(t, "a", "", 0o600)}, errEmptyPassword},
		"short when typed":   {PasswordOptions{New: true, Getenv: none, Prompt: answers("short")}, errShortPassword},
		"a slip when typed":  {PasswordOptions{New: true, Getenv: none, Prompt: answers(testPassword, testPassword+"x")}, errPasswordsDiffer},
		"nothing when typed": {PasswordOptions{Getenv: none, Prompt: answers("")}, errEmptyPassword},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadPassword(c.opts)
			var have, want *habeas.Error
			if !errors.As(err, &have) || !errors.As(c.want, &want) || have.Code != want.Code || got != (Password{}) {
				t.Errorf("got %q, %v; want %v", plain(got), err, c.want)
			}
		})
	}
}

// Proves PROT-02: without a source the server stays sealed and says what to do.
func TestReadPasswordWithoutATerminalSaysWhatToDo(t *testing.T) {
	stdin, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer func(was *os.File) { os.Stdin = was }(os.Stdin)
	os.Stdin = stdin
	_, err = ReadPassword(PasswordOptions{Getenv: func(string) string { return "" }})
	wantKind(t, err, habeas.KindSealed)
	if !strings.Contains(err.Error(), passwordFileVar) {
		t.Errorf("the error does not say what to do: %v", err)
	}
}

func TestALineIsEditedAsAtATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		keys, want string
		err        error
	}{
		"plain":               {"sesame\r", "sesame", nil},
		"with a newline":      {"sesame\nmore", "sesame", nil},
		"a slip":              {"sesamo\x7fe\r", "sesame", nil},
		"a wide character":    {"ä\x08\x08e\r", "e", nil},
		"begun again":         {"opem\x15sesame\r", "sesame", nil},
		"end of input":        {"sesame", "sesame", nil},
		"Ctrl-D at the end":   {"sesame\x04", "sesame", nil},
		"Ctrl-D at the start": {"\x04", "", errInterrupted},
		"Ctrl-C":              {"sesa\x03me\r", "", errInterrupted},
		"nothing there":       {"", "", io.EOF},
		"too long":            {strings.Repeat("a", maxPassword+7) + "\r", strings.Repeat("a", maxPassword+1), nil},
	} {
		got, err := readLine(strings.NewReader(c.keys))
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheCommandPrintsFindingsAndNoValues(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"log": "user ZIRBELNUSSKUCHEN", "mail": "dear Zirbelnusskuchen", "clean": "nothing"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args   []string
		in     string
		status int
		out    string
	}{
		"found":          {[]string{dir}, "person\tZirbelnusskuchen\n", 1, filepath.Join(dir, "log") + ": person at byte 5 (raw)\n" + filepath.Join(dir, "mail") + ": person at byte 5 (raw)\n32 bytes... "},
		"allowed":        {[]string{"-allow", "mail=person", "-allow", "log", dir}, "person\tZirbelnusskuchen\n", 0, ""},
		"another's":      {[]string{"-allow", "mail=code", "-allow", "log", dir}, "person\tZirbelnusskuchen\n", 1, ""},
		"without names":  {[]string{filepath.Join(dir, "mail")}, "\nZirbelnusskuchen", 1, filepath.Join(dir, "mail") + ": line 2 at byte 5 (raw)\n"},
		"not there":      {[]string{dir}, "person\tQuetschkommode\n", 0, ""},
		"too short":      {[]string{dir}, "country\tLI\n", 2, ""},
		"no values":      {[]string{dir}, "", 2, ""},
		"no directory":   {[]string{filepath.Join(dir, "gone")}, "Zirbelnusskuchen", 2, ""},
		"no arguments":   {nil, "Zirbelnusskuchen", 2, ""},
		"unknown option": {[]string{"-x"}, "Zirbelnusskuchen", 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, problems bytes.Buffer
			status := run(c.args, strings.NewReader(c.in), &out, &problems)
			want, _, _ := strings.Cut(c.out, "32 bytes")
			if status != c.status || !strings.HasPrefix(out.String(), want) || (status == 2) != (problems.Len() > 0) {
				t.Errorf("status %d, out %q, problems %q", status, out.String(), problems.String())
			}
			if strings.Contains(strings.ToLower(out.String()+problems.String()), "zirbelnusskuchen") {
				t.Error("the value is printed")
			}
		})
	}
}

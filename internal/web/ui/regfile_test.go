package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Whoever wants to know which code makes their file finds its hashes in the docs, and each
// script stays small enough to be read.
func TestTheScriptsOfRegistrationFilesArePublished(t *testing.T) {
	var names []string
	for _, pattern := range []string{"js/regfile*.js", "js/escrow*.js", "js/keepers*.js"} {
		some, err := fs.Glob(embedded, pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, some...)
	}
	if len(names) != 18 {
		t.Fatalf("%d scripts, want 18", len(names))
	}
	page, err := os.ReadFile("../../../docs/registration-file.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		line := fmt.Sprintf("| `%s` | `sha256-%s` |", strings.TrimPrefix(name, "js/"), base64.StdEncoding.EncodeToString(sum[:]))
		if !strings.Contains(string(page), line) {
			t.Errorf("docs/registration-file.md does not say: %s", line)
		}
		if len(data) > 12<<10 {
			t.Errorf("%s has %d bytes, at most 12 KiB are to be read", name, len(data))
		}
	}
}

// A password of a registration file cannot be sent, with the script or without: no page about
// registering has a password control with a name, and a control without one is in no form's data.
// Proves AUTH-01 and AUTH-04.
func TestNoPageCanSendThePasswordOfAFile(t *testing.T) {
	found := 0
	for _, pattern := range []string{"account/registration*.html", "parts/regfile*.html", "account/escrow.html", "account/reset.html", "parts/keeper.html"} {
		names, err := fs.Glob(embedded, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			data, err := embedded.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, control := range passwordControl.FindAllString(string(data), -1) {
				if found++; strings.Contains(control, " name=") {
					t.Errorf("%s would send a password: %s", name, control)
				}
			}
		}
	}
	if found < 3 {
		t.Errorf("%d password controls were looked at", found)
	}
}

var passwordControl = regexp.MustCompile(`<input[^>]*type="password"[^>]*>`)

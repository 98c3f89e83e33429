package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Whoever wants to know which code makes their file finds its hashes in the docs, and each
// script stays small enough to be read.
func TestTheScriptsOfRegistrationFilesArePublished(t *testing.T) {
	names, err := fs.Glob(embedded, "js/regfile*.js")
	if err != nil || len(names) != 9 {
		t.Fatalf("%d scripts, want 9: %v", len(names), err)
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

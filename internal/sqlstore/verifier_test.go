package sqlstore

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A column by whose name a password, or what it is checked by, would be kept.
var (
	forPassword = regexp.MustCompile(`(?i)\b\w*(pass_?(word|wd|phrase|code)|pwd|verifier|salt|bcrypt|argon|scrypt|pbkdf|credential_hash)\w*\b`)
	sqlComment  = regexp.MustCompile(`(?m)--.*$`)
)

// Proves AUTH-02.
func TestNoTableHasAPlaceForAPassword(t *testing.T) {
	for _, name := range []string{"password", "passwd", "password_hash", "pass_phrase", "user_salt", "srp_verifier"} {
		if !forPassword.MatchString(name) {
			t.Errorf("%s would not be noticed", name)
		}
	}
	n := 0
	for _, dialect := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob(filepath.Join("migrations", dialect, "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			n++
			for _, found := range forPassword.FindAllString(sqlComment.ReplaceAllString(string(text), ""), -1) {
				t.Errorf("%s: %s", path, strings.TrimSpace(found))
			}
		}
	}
	if n < 60 {
		t.Errorf("%d migrations were read", n)
	}
}

package regfile

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/habeas-data/habeas"
)

// written is a file that another program has made of a user's key and chain.
type written struct {
	by   string
	path string
	code string // of the error it opens with, and of the page's refusal after the dot; none for one that opens
	why  string // the method that the error names
}

// TestWhatOtherProgramsWriteOpensOrSaysWhy prints what opens here: `scripts/interop`.
func TestWhatOtherProgramsWriteOpensOrSaysWhy(t *testing.T) {
	t.Parallel()
	need(t, "openssl", "pk12util", "certutil", "keytool", "java", bcprov, "node")
	w := newWriters(t)
	all := w.openssl(t)
	all = append(all, w.nss(t)...)
	all = append(all, w.java(t)...)
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "written by\topens")
	var tasks []task
	for _, f := range all {
		data, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		id, err := opened(t, data, phrase)
		var said *habeas.Error
		switch {
		case f.code == "":
			if err != nil || !id.Key.public.Equal(w.key.Public()) || len(id.Chain) != 3 || id.Subject != tim {
				t.Errorf("%s: %v", f.by, err)
			}
			fmt.Fprintf(columns, "%s\tyes\n", f.by)
		case !errors.As(err, &said) || said.Code != f.code || said.Args["method"] != f.why:
			t.Errorf("%s: %v, want %s %s", f.by, err, f.code, f.why)
		default:
			fmt.Fprintf(columns, "%s\tno: %s\n", f.by, said.Text())
		}
		tasks = append(tasks, task{Task: "review", File: data, Password: phrase, Times: few})
	}
	for i, a := range page(t, tasks...) {
		want := strings.TrimPrefix(all[i].code, "regfile.")
		if a.Code != want || want == "" && a.Review.Subject != tim {
			t.Errorf("%s in the page: %q, want %q: %s", all[i].by, a.Code, want, a.Message)
		}
	}
	columns.Flush()
	t.Log("\n" + table.String())
}

// writers make files of one user's key and chain.
type writers struct {
	dir, source, key8, own, chain string
	key                           Key
}

func newWriters(t *testing.T) writers {
	t.Helper()
	dir := t.TempDir()
	file, key, chain := file(t, tim, phrase)
	var own, above []byte
	for i, c := range chain {
		block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
		if i == 0 {
			own = block
		} else {
			above = append(above, block...)
		}
	}
	w := writers{
		dir: dir, key: key, source: write(t, filepath.Join(dir, "ours.p12"), file),
		own: write(t, filepath.Join(dir, "own.pem"), own), chain: write(t, filepath.Join(dir, "chain.pem"), above),
		key8: filepath.Join(dir, "key.pem"),
	}
	w.run(t, "openssl", "pkcs12", "-in", w.source, "-passin", "pass:"+phrase, "-nodes", "-nocerts", "-out", w.key8)
	return w
}

func (w writers) run(t *testing.T, command ...string) {
	t.Helper()
	if _, err := run(w.dir, "", command...); err != nil {
		t.Fatal(err)
	}
}

func (w writers) openssl(t *testing.T) (all []written) {
	t.Helper()
	for i, c := range []struct{ options, code, why string }{
		{"", "", ""},
		{"-certpbe AES-256-CBC -keypbe AES-256-CBC -macalg sha256 -iter 20000", "", ""},
		{"-maciter", "", ""},
		{"-legacy", "regfile.method", "SHA-1"},
		{"-macalg sha1", "regfile.method", "SHA-1"},
		{"-macalg sha512", "regfile.method", "SHA-512"},
		{"-certpbe PBE-SHA1-3DES", "regfile.method", "Triple DES"},
		{"-keypbe PBE-SHA1-3DES", "regfile.method", "Triple DES"},
		{"-legacy -certpbe PBE-SHA1-RC2-40 -macalg sha256", "regfile.method", "RC2 (40 bit)"},
		{"-keypbe AES-128-CBC", "regfile.method", "AES-128"},
		{"-keypbe NONE", "regfile.content", ""},
		{"-certpbe NONE", "", ""},
		{"-nomac", "regfile.integrity", ""},
	} {
		out := filepath.Join(w.dir, fmt.Sprintf("openssl-%d.p12", i))
		command := []string{
			"openssl", "pkcs12", "-export", "-inkey", w.key8, "-in", w.own, "-certfile", w.chain,
			"-name", tim.Username, "-passout", "pass:" + phrase, "-out", out,
		}
		w.run(t, append(command, strings.Fields(c.options)...)...)
		all = append(all, written{strings.TrimSpace("openssl pkcs12 -export " + c.options), out, c.code, c.why})
	}
	return all
}

func (w writers) nss(t *testing.T) []written {
	t.Helper()
	database, out := "sql:"+nssDatabase(t), filepath.Join(w.dir, "nss.p12")
	pass := write(t, filepath.Join(w.dir, "password"), []byte(phrase))
	w.run(t, "pk12util", "-i", w.source, "-d", database, "-w", pass)
	w.run(t, "pk12util", "-o", out, "-n", tim.Username, "-d", database, "-w", pass,
		"-c", "AES-256-CBC", "-C", "AES-256-CBC", "-M", "SHA-256")
	between, again := filepath.Join(w.dir, "between.pem"), filepath.Join(w.dir, "again.p12")
	w.run(t, "openssl", "pkcs12", "-in", out, "-passin", "pass:"+phrase, "-nodes", "-out", between)
	w.run(t, "openssl", "pkcs12", "-export", "-in", between, "-passout", "pass:"+phrase, "-out", again)
	return []written{
		{"pk12util -o", out, "regfile.lengths", ""},
		{"pk12util -o, then openssl pkcs12", again, "", ""},
	}
}

func (w writers) java(t *testing.T) []written {
	t.Helper()
	tool, bc := filepath.Join(w.dir, "keytool.p12"), filepath.Join(w.dir, "bc.p12")
	w.run(t, "keytool", "-importkeystore", "-noprompt", "-srckeystore", w.source, "-srcstorepass", phrase,
		"-destkeystore", tool, "-deststoretype", "PKCS12", "-deststorepass", phrase)
	if line := java(t, []string{"BC", w.source, phrase, bc})[0]; !strings.HasPrefix(line, "yes ") {
		t.Fatal(line)
	}
	return []written{
		{"keytool -importkeystore (JDK 17)", tool, "", ""},
		{"Bouncy Castle's PKCS12", bc, "regfile.lengths", ""},
	}
}

// Whoever keeps a chain in another order, or twice, does not break it or make it longer.
func TestCertificatesAreSortedByWhoSignedThem(t *testing.T) {
	key, chain := registered(t, tim)
	for name, c := range map[string]struct {
		certs []*x509.Certificate
		want  int
	}{
		"in another order": {[]*x509.Certificate{chain[2], chain[0], chain[1]}, 3},
		"one twice":        {[]*x509.Certificate{chain[0], chain[1], chain[2], chain[1]}, 3},
		"one missing":      {[]*x509.Certificate{chain[0], chain[2]}, 1},
		"not the key's":    {chain[1:], 0},
	} {
		if got := sorted(c.certs, key); len(got) != c.want || c.want == 3 && !complete(got) {
			t.Errorf("%s: %d certificates", name, len(got))
		}
	}
}

package keyring

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// crashVar names the key store to a child process that is going to be killed.
const crashVar = "KEYRING_TEST_CRASH"

// children are what a child process does instead of tests, by the variable that says where.
var children = map[string]func(path string) error{crashVar: commitUntilKilled}

func TestMain(m *testing.M) {
	for variable, work := range children {
		if path := os.Getenv(variable); path != "" {
			if err := work(path); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(1)
		}
	}
	pgtest.Main(m)
}

// commitUntilKilled prints the subject of every key and every erasure once it
// is promised to be durable.
func commitUntilKilled(path string) error {
	ctx := context.Background()
	r, err := Open(ctx, path, typed(testPassword), testOptions(path))
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		keys := make([]*Key, 1+i%20)
		for j := range keys {
			keys[j] = r.NewKey(newSubject())
		}
		if err := r.Commit(ctx, keys...); err != nil {
			return err
		}
		for _, k := range keys[1:] {
			fmt.Println("kept", k.Subject())
		}
		if err := r.Destroy(ctx, keys[0].Subject()); err != nil {
			return err
		}
		fmt.Println("erased", keys[0].Subject())
	}
}

func TestWhatWasPromisedSurvivesAKilledProcess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _, path := makeRing(t)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	promised := map[habeas.SubjectID]string{}
	for round := range 5 {
		for id, what := range runAndKill(t, path, 100+37*round) {
			promised[id] = what
		}
		r := openRing(t, path)
		for id, what := range promised {
			_, err := r.Key(ctx, id)
			switch {
			case what == "kept" && err != nil:
				t.Fatalf("round %d: a committed key is lost: %v", round, err)
			case what == "erased" && habeas.KindOf(err) != habeas.KindGone:
				t.Fatalf("round %d: an erased key is back: %v", round, err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill kills a committing child after it has printed some lines.
func runAndKill(t *testing.T, path string, lines int) map[habeas.SubjectID]string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashVar+"="+filepath.Clean(path))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	promised := map[habeas.SubjectID]string{}
	scan := bufio.NewScanner(out)
	for n := 0; scan.Scan(); n++ {
		if n == lines {
			if err := child.Process.Kill(); err != nil { // it goes on writing until this arrives
				t.Fatal(err)
			}
		}
		var what, name string
		if _, err := fmt.Sscan(scan.Text(), &what, &name); err != nil {
			continue // torn by the kill
		}
		if id, err := habeas.ParseID[habeas.SubjectKind](name); err == nil {
			promised[id] = what
		}
	}
	if err := child.Wait(); err == nil || len(promised) < lines {
		t.Fatalf("the child ended by itself after %d lines: %v", len(promised), err)
	}
	return promised
}

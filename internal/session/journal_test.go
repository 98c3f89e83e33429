package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// Proves SLG-2.
func TestALogIsReadBackAsItWasWrittenByDayAndSession(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, filepath.Join(dir, "sessions"), clock)
	first := open(t, j, clock)
	tx := first.Begin()
	tx.Request("POST /join")
	tx.Step("code mailed", "v1")
	tx.Ends(Completed, "")
	tx.End()
	clock.Advance(90 * time.Second)
	first.Close("")
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(11*time.Hour + 40*time.Minute) // close to midnight
	second := open(t, j, clock)
	late := second.Begin()
	late.Ends(Failed, "K3F9X7ABCDEF")
	late.End()
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour) // and over it
	second.Begin().End()
	second.Close(Abandoned)
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}

	got, err := Find(j.dir, first.ID())
	if err != nil {
		t.Fatal(err)
	}
	if got.Outcome != Completed || got.Seconds != 90 || len(got.Lines) != 1 || len(got.Lines[0].Events) != 2 {
		t.Errorf("read back %+v", got)
	}
	if !got.Begun.Equal(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("the beginning is written as %s, want to ten minutes", got.Begun)
	}
	if got, err := Find(j.dir, second.ID()); err != nil || len(got.Lines) != 2 || got.Outcome != Abandoned {
		t.Errorf("a session over midnight: %+v, %v", got, err)
	}
	if days, _ := Days(j.dir); len(days) != 2 {
		t.Errorf("files of %v, want two days", days)
	}
	for name, c := range map[string]struct {
		filter Filter
		want   int
	}{
		"all":                {Filter{}, 2},
		"the day":            {Filter{Day: clock.Now().AddDate(0, 0, -1)}, 2},
		"the next day":       {Filter{Day: clock.Now()}, 0},
		"a flow":             {Filter{Flow: "greeting"}, 2},
		"another flow":       {Filter{Flow: "sign-in"}, 0},
		"an outcome":         {Filter{Outcome: Abandoned}, 1},
		"a reference quoted": {Filter{Reference: "k3f9x7abcdef"}, 1},
	} {
		if found, _, err := List(j.dir, c.filter); err != nil || len(found) != c.want {
			t.Errorf("%s: %d sessions, %v; want %d", name, len(found), err, c.want)
		}
	}
	if _, err := Find(j.dir, "261123-none"); !errors.Is(err, ErrNone) {
		t.Errorf("an unknown session: %v", err)
	}
	for _, name := range []string{"", "x", "999999-a", "../../etc/passwd"} {
		if _, err := Find(j.dir, name); !errors.Is(err, ErrNone) {
			t.Errorf("the session %q: %v", name, err)
		}
	}
}

func TestOnlyTheServersUserCanReadTheFiles(t *testing.T) {
	dir, clock := filepath.Join(t.TempDir(), "sessions"), noon()
	j := journal(t, dir, clock)
	open(t, j, clock).Close(Completed)
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "2026-11-23-001.jsonl"): 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", name, got, want)
		}
	}
}

// A crash in the middle of a line loses that line only, for readers at once and for the
// next start.
func TestACrashInTheMiddleOfALineLosesThatLineOnly(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, dir, clock)
	one := open(t, j, clock)
	one.Close(Completed)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "2026-11-23-001.jsonl")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	broken := string(whole) + "no line at all\n" + string(whole[:len(whole)/2])
	if err := os.WriteFile(name, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	found, damage, err := List(dir, Filter{})
	if err != nil || len(found) != 1 || damage != (Damage{Lines: 1, Torn: 1}) {
		t.Errorf("%d sessions, %+v, %v; want one, one bad line and one torn", len(found), damage, err)
	}
	j = journal(t, dir, clock)
	two := open(t, j, clock)
	two.Close(Refused)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	found, damage, err = List(dir, Filter{})
	if err != nil || len(found) != 2 || damage.Torn != 0 {
		t.Errorf("after the next start: %d sessions, %+v, %v", len(found), damage, err)
	}
}

func TestAFullFileIsFollowedByAnotherAndAFullDayByNone(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, dir, clock)
	j.limit = 2000
	for range 100 {
		l := open(t, j, clock)
		tx := l.Begin()
		tx.Request(strings.Repeat("a", 500))
		tx.End()
		l.Close(Completed)
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	names, err := files(dir, time.Time{}, time.Time{})
	if err != nil || len(names) < 10 || len(names) > dayFiles {
		t.Fatalf("%d files, %v", len(names), err)
	}
	lost, failing := j.State()
	found, _, err := List(dir, Filter{})
	if err != nil || (lost > 0) != failing || len(found) == 0 {
		t.Errorf("%d sessions, %d lost, failing %v, %v", len(found), lost, failing, err)
	}
	for _, name := range names {
		if info, _ := os.Stat(filepath.Join(dir, name)); info.Size() > 2000 {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
	}
}

// Proves SLG-2.
func TestLogsAreRemovedWhenTheirTimeIsOverAndAtTheLatestAfterSixMonths(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	touch := func(days int) string {
		name := fileName(clock.Now().AddDate(0, 0, -days).Format(time.DateOnly), 1)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, days := range []int{0, 29, 30, 31, 180, 181, 400} {
		touch(days)
	}
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ keep, left int }{{100_000, 5}, {30, 3}, {0, 1}} {
		if _, err := Prune(dir, clock.Now(), c.keep); err != nil {
			t.Fatal(err)
		}
		if names, _ := files(dir, time.Time{}, time.Time{}); len(names) != c.left {
			t.Errorf("keeping %d days leaves %v, want %d files", c.keep, names, c.left)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("a file of somebody else's: %v", err)
	}
	if n, err := Prune(filepath.Join(dir, "nowhere"), clock.Now(), 30); n != 0 || err != nil {
		t.Errorf("no directory: %d, %v", n, err)
	}
}

// A disk that takes nothing stops no flow; that lines are lost is said, and writing goes
// on once there is room.
func TestAFullDiskStopsNoFlow(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, dir, clock)
	blocked := filepath.Join(dir, "2026-11-23-001.jsonl")
	if err := os.Symlink("/dev/full", blocked); err != nil {
		t.Fatal(err)
	}
	l := open(t, j, clock)
	l.Begin().End()
	l.Close(Completed)
	if err := j.Sync(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if lost, failing := j.State(); lost == 0 || !failing {
		t.Fatalf("%d lines lost, failing %v", lost, failing)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	open(t, j, clock).Close(Completed)
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	if _, failing := j.State(); failing {
		t.Error("it still fails after there is room again")
	}
	if found, _, _ := List(dir, Filter{}); len(found) != 1 {
		t.Errorf("%d sessions, want the second one", len(found))
	}
}

func TestLinesThatFindNoRoomInTheQueueAreCounted(t *testing.T) {
	// No goroutine takes anything from this queue.
	j := &Journal{lines: make(chan []byte, 2), quit: make(chan struct{})}
	for range 5 {
		j.Put(Line{Version: version, Session: "s"})
	}
	if lost, _ := j.State(); lost != 3 {
		t.Errorf("%d lines lost, want 3", lost)
	}
}

func TestManySessionsAtOnceKeepTheirLinesWhole(t *testing.T) {
	dir := t.TempDir()
	j := journal(t, dir, habeas.SystemClock{})
	const sessions, each = 20, 10
	done := make(chan string, sessions)
	for i := range sessions {
		go func() {
			l := Open(t.Context(), Options{Flow: "many", Sink: j, Clock: habeas.SystemClock{}})
			for n := range each {
				tx := l.Begin()
				tx.Request(fmt.Sprintf("step %d of %d", n, i))
				tx.End()
			}
			l.Close(Completed)
			done <- l.ID()
		}()
	}
	for range sessions {
		<-done
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	found, damage, err := List(dir, Filter{})
	if err != nil || len(found) != sessions || damage != (Damage{}) {
		t.Fatalf("%d sessions, %+v, %v", len(found), damage, err)
	}
	for _, s := range found {
		if s.Transactions != each || s.Outcome != Completed {
			t.Errorf("%+v", s)
		}
	}
}

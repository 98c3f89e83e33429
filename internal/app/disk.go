package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// Space is how much of a disk a process may still fill, in bytes.
type Space struct{ Free, Total uint64 }

// Level is how a part of the server is doing.
type Level string

// The levels, from good to bad.
const (
	Good   Level = "ok"
	Warned Level = "warning"
	Failed Level = "failed"
)

// diskEvery is how often the disk is looked at. A server that takes in 4,000 records a
// second fills about 10 MiB a second, far less than the default mark leaves.
const diskEvery = 5 * time.Second

// errDiskLow is the answer to what would fill the disk further. Because the audit fails
// closed, a full disk would refuse looks and erasures too.
var errDiskLow = habeas.Unavailable("The server's disk is nearly full, so nothing new is taken in. Nothing was changed. Reading and erasing go on; tell the administrator.").WithCode("disk.low")

// Disk watches the free space of the data directory. It is safe for concurrent use.
type Disk struct {
	Dir    string
	Marks  DiskSettings
	Statfs func(dir string) (Space, error) // nil: the system's
	Log    *slog.Logger

	space atomic.Pointer[Space]
	level atomic.Value // Level
}

// Look measures the free space. It logs when the level changes, once for each change.
func (d *Disk) Look() Level {
	measure := d.Statfs
	if measure == nil {
		measure = statfs
	}
	before := d.Level()
	s, err := measure(d.Dir)
	if err != nil {
		d.Log.Warn("the free space of the data directory cannot be measured", "error", err)
		return before // a disk that cannot be measured is no reason to stop
	}
	d.space.Store(&s)
	level := Good
	switch {
	case d.Marks.Refuse.reached(s):
		level = Failed
	case d.Marks.Warn.reached(s):
		level = Warned
	}
	d.level.Store(level)
	if level == before {
		return level
	}
	mib := slog.Uint64("free_mib", s.Free>>20)
	switch level {
	case Failed:
		d.Log.Error("the disk is nearly full: nothing new is taken in until there is space again (disk.refuse)", mib)
	case Warned:
		d.Log.Warn("the disk is filling up (disk.warn)", mib)
	default:
		d.Log.Info("the disk has space again", mib)
	}
	return level
}

// Level returns what the last look found; good before the first.
func (d *Disk) Level() Level {
	if l, ok := d.level.Load().(Level); ok {
		return l
	}
	return Good
}

// Space returns what the last look measured.
func (d *Disk) Space() Space {
	if s := d.space.Load(); s != nil {
		return *s
	}
	return Space{}
}

// Keep looks again and again until ctx ends.
func (d *Disk) Keep(ctx context.Context) {
	tick := time.NewTicker(diskEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.Look()
		}
	}
}

// Err refuses what would fill the disk further.
func (d *Disk) Err() error {
	if d.Level() == Failed {
		return edge.RetryAfter(errDiskLow, time.Minute)
	}
	return nil
}

// Admit decides which requests go on when the disk is nearly full: reading, signing in
// and out, saying why one looks, and everything that erases or takes away.
func (d *Disk) Admit(r *http.Request, pattern string) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || spares(pattern) {
		return nil
	}
	return d.Err()
}

// sparing are parts of the route patterns that write little and free or end something.
var sparing = []string{
	" /sign-", " /code", " /preferences", " /oauth/", " /staff/purpose", "eras", "/remove", "/revoke", "/disconnect", "/sign-ins/end", "/stop", "/object", " /scim/", " /reconcile",
}

func spares(pattern string) bool {
	for _, part := range sparing {
		if strings.Contains(pattern, part) {
			return true
		}
	}
	return false
}

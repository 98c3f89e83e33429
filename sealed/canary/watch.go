package canary

import (
	"fmt"
	"path"
	"slices"
	"sync"
)

// T is the part of testing.TB that a Watcher needs.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(f func())
	TempDir() string
}

// Watcher is a Set that searches files and recordings when its test ends, and fails it
// with a list of what was found.
type Watcher struct {
	*Set
	t T

	mu         sync.Mutex
	paths      []string
	recordings []*recording
	exceptions []*exception
}

// exception is where a canary may be.
type exception struct {
	where, canary, reason string
	used                  bool
}

// Watch begins to watch a test. Call it before what it watches is started: cleanups run in
// reverse order, so the search comes when servers are closed and files are complete, and
// before the directories of t.TempDir are removed.
func Watch(t T) *Watcher {
	t.Helper()
	t.TempDir() // the first call arranges for the removal: it must come before our search
	w := &Watcher{Set: &Set{}, t: t}
	t.Cleanup(func() {
		t.Helper()
		w.Check()
		w.unused()
	})
	return w
}

// Files adds files and directories to what is searched when the test ends.
func (w *Watcher) Files(paths ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths = append(w.paths, paths...)
}

// Allow excuses a canary in places whose name fits a pattern of package path ("mail/*";
// files also by the end of their path, "records.db"). An empty canary stands for all. An
// exception that nothing needed fails the test.
func (w *Watcher) Allow(where, canary, reason string) {
	w.t.Helper()
	if _, err := path.Match(where, ""); err != nil || reason == "" {
		w.t.Errorf("canary: the exception %q for %q needs a reason and a pattern as of path.Match", where, canary)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exceptions = append(w.exceptions, &exception{where: where, canary: canary, reason: reason})
}

// Check searches everything now. It may be called more than once.
func (w *Watcher) Check() {
	w.t.Helper()
	w.mu.Lock()
	paths, recordings := slices.Clone(w.paths), slices.Clone(w.recordings)
	w.mu.Unlock()
	var all Report
	if len(paths) > 0 {
		report, err := w.Set.Files(paths...)
		w.Judge(report, err)
		all.add(report)
	}
	for _, r := range recordings {
		report, err := w.Bytes(r.name, r.bytes())
		w.Judge(report, err)
		all.add(report)
	}
	if len(paths)+len(recordings) == 0 {
		w.Judge(Report{}, ErrNothing)
	}
	w.t.Logf("canary: %d bytes in %d places searched for %d patterns", all.Bytes, all.Files, w.Patterns())
}

// Judge fails the test for each finding that is not excused, and for the error.
func (w *Watcher) Judge(report Report, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Errorf("%v", err)
	}
	for _, f := range report.Findings {
		if !w.excused(f) {
			w.t.Errorf("canary found: %v", f)
		}
	}
}

func (w *Watcher) excused(f Finding) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.exceptions {
		if (e.canary == "" || e.canary == f.Canary) && f.In(e.where) {
			e.used = true
			return true
		}
	}
	return false
}

func (w *Watcher) unused() {
	w.t.Helper()
	for _, e := range w.exceptions {
		if !e.used {
			w.t.Errorf("canary: nothing needed the exception %q (%s): remove it", e.where, e.reason)
		}
	}
}

// recording keeps what went through somewhere.
type recording struct {
	name string
	mu   sync.Mutex
	b    []byte
}

func (w *Watcher) record(name string) *recording {
	r := &recording{name: name}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recordings = append(w.recordings, r)
	return r
}

// Write implements io.Writer.
func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.b = append(r.b, p...)
	return len(p), nil
}

func (r *recording) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.b)
}

func (r *recording) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(r, format, args...) // never fails
}

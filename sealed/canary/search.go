package canary

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// The control is searched for like any canary, and follows every medium.
const (
	controlID   = math.MaxInt
	controlText = "Qüzwixy-Trölvænd 7#Kontrollvogel"
)

// control is what follows every medium: the control as it is and packed, so that the
// search is seen to reach the last byte and to unpack.
var control = sync.OnceValue(func() []byte {
	b := bytes.NewBufferString("\n" + controlText + "\n")
	z := zlib.NewWriter(b)
	_, _ = z.Write([]byte(controlText)) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
})

// search is one medium that is searched.
type search struct {
	set    *Set
	where  string
	mu     sync.Mutex
	found  map[finder]*Finding
	plain  bool // the control was found behind the medium
	packed bool
	length int64
}

type finder struct {
	canary int
	form   string
}

func (s *Set) begin(where string) *search {
	return &search{set: s, where: where, found: map[finder]*Finding{}}
}

func (s *search) hit(at int64, p *pattern, form string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.canary == controlID {
		s.plain = s.plain || form == ""
		s.packed = s.packed || form != ""
		return
	}
	key := finder{p.canary, p.form + form}
	if f := s.found[key]; f != nil {
		f.Count++
		f.Offset = min(f.Offset, at)
		return
	}
	s.found[key] = &Finding{Where: s.where, Offset: at, Canary: s.set.names[p.canary], Form: key.form, Count: 1}
}

// run searches all that r yields.
func (s *search) run(r io.Reader, depth int) (Report, error) {
	s.set.mu.RLock()
	defer s.set.mu.RUnlock()
	if err := errors.Join(s.set.bad...); err != nil {
		return Report{}, err
	}
	if s.set.m == nil {
		return Report{}, fmt.Errorf("%w: the set has no canaries", ErrNothing)
	}
	sc := &scanner{m: s.set.m, found: s.hit, depth: depth}
	n, err := io.CopyBuffer(onlyWriter{sc}, onlyReader{r}, make([]byte, min(chunk, bufferFor(r))))
	s.length = n
	_, _ = sc.Write(control())
	_ = sc.Close()
	if err != nil {
		return Report{}, fmt.Errorf("canary: %s: %w", s.where, err)
	}
	if !s.plain || !s.packed && depth < maxDepth {
		return Report{}, fmt.Errorf("%w in %s", ErrBlind, s.where)
	}
	report := Report{Files: 1, Bytes: n}
	for _, f := range s.found {
		report.Findings = append(report.Findings, *f)
	}
	slices.SortFunc(report.Findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Form, b.Form)) })
	return report, nil
}

// onlyWriter and onlyReader hide what else a type can, so that the buffer is used.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

// bufferFor is small for small media, of which a test may have thousands.
func bufferFor(r io.Reader) int {
	if b, ok := r.(*bytes.Reader); ok {
		return max(b.Len(), 1)
	}
	return chunk
}

// Reader searches all that r yields, in constant memory. The name is for findings.
func (s *Set) Reader(name string, r io.Reader) (Report, error) { return s.begin(name).run(r, 0) }

// Bytes searches bytes. The name is for findings.
func (s *Set) Bytes(name string, b []byte) (Report, error) {
	return s.Reader(name, bytes.NewReader(b))
}

// Files searches every file below the directories, or the files themselves, in constant
// memory. Links are not followed. A file that a running program takes away meanwhile is
// listed as skipped; one that cannot be read is an error.
func (s *Set) Files(paths ...string) (Report, error) {
	var all Report
	var failed []error
	for _, root := range paths {
		real, err := filepath.EvalSymlinks(root)
		if err != nil {
			failed = append(failed, fmt.Errorf("canary: %w", err))
			continue
		}
		err = filepath.WalkDir(real, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) && path != real {
				all.Skipped = append(all.Skipped, path)
				return nil
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("canary: %w", err))
				return nil
			}
			report, err := s.entry(real, path, d)
			if errors.Is(err, fs.ErrNotExist) {
				all.Skipped = append(all.Skipped, path)
				return nil
			}
			if err != nil {
				failed = append(failed, err)
			}
			all.add(report)
			return nil
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("canary: %w", err))
		}
	}
	if all.Files == 0 && len(failed) == 0 {
		failed = append(failed, fmt.Errorf("%w in %q", ErrNothing, paths))
	}
	return all, errors.Join(failed...)
}

// entry searches one entry of a directory: its name, and what is in it. A path with a
// canary in it is not shown.
func (s *Set) entry(root, path string, d fs.DirEntry) (Report, error) {
	where := path
	inPath, err := s.Bytes("", []byte(strings.TrimPrefix(path, root)))
	if err != nil {
		return Report{}, err
	}
	if len(inPath.Findings) > 0 {
		where = filepath.Join(root, "…")
	}
	all, err := s.Bytes(where+" (name)", []byte(filepath.Base(path)))
	all.Files, all.Bytes = 0, 0
	if err != nil || !d.Type().IsRegular() {
		return all, err
	}
	f, err := os.Open(path)
	if err != nil {
		return all, err
	}
	defer f.Close()
	report, err := s.Reader(where, f)
	all.add(report)
	return all, err
}

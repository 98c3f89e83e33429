package session

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
)

// longestLine bounds a line that is read: maxEvents texts of maxText each, at their worst.
const longestLine = 32 << 20

// ErrNone says that there is no session of that name.
var ErrNone = habeas.NotFound("There is no such session in the log. Logs are removed when their time is over.").WithCode("session.none")

// Damage counts what could not be read: lines that are none, and files that end in the
// middle of one, as a crash leaves them until the next start.
type Damage struct {
	Lines int
	Torn  int
}

// Read calls f for each line of the journal in dir from one day to another, both included,
// in the order written. Zero days are open ends. It may run beside a server that writes.
// Lines that cannot be read are counted and passed over. An error of f ends it.
func Read(dir string, from, to time.Time, f func(Line) error) (Damage, error) {
	var d Damage
	names, err := files(dir, from, to)
	if err != nil {
		return d, err
	}
	for _, name := range names {
		if err := readFile(filepath.Join(dir, name), &d, f); err != nil {
			return d, err
		}
	}
	return d, nil
}

func readFile(name string, d *Damage, f func(Line) error) error {
	file, err := os.Open(name)
	if err != nil {
		if os.IsNotExist(err) { // pruned meanwhile
			return nil
		}
		return fmt.Errorf("session log: %w", err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		text, err := readLine(in)
		switch {
		case err == io.EOF && len(text) == 0:
			return nil
		case err == io.EOF:
			d.Torn++
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			d.Lines++
			continue
		case err != nil:
			return fmt.Errorf("session log: %w", err)
		}
		var l Line
		if json.Unmarshal(text, &l) != nil || l.Version != version || l.Session == "" {
			d.Lines++
			continue
		}
		if err := f(l); err != nil {
			return err
		}
	}
}

// readLine reads up to the next line feed. A line that is too long is read to its end and
// answered with bufio.ErrBufferFull.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > longestLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return line, err
		case long:
			return nil, bufio.ErrBufferFull
		default:
			return line[:len(line)-1], nil
		}
	}
}

// Session is a session as it was logged.
type Session struct {
	Summary
	Lines []Line // transactions, in order
}

// Summary is a session at a glance.
type Summary struct {
	ID           string    `json:"id"`
	Flow         string    `json:"flow"`
	Begun        time.Time `json:"begun"` // to ten minutes
	Seconds      int       `json:"seconds"`
	Transactions int       `json:"transactions"`
	Warnings     int       `json:"warnings"`
	Outcome      Outcome   `json:"outcome,omitempty"`    // empty: still open, or its server was killed
	References   []string  `json:"references,omitempty"` // what people were asked to quote
}

// take counts a line in.
func (s *Summary) take(l Line) {
	s.ID, s.Flow, s.Begun = l.Session, l.Flow, l.Begun
	s.Seconds = max(s.Seconds, l.After)
	if l.N > 0 {
		s.Transactions++
	}
	for _, e := range l.Events {
		if e.Type == Warning {
			s.Warnings++
		}
	}
	if l.Reference != "" {
		s.References = append(s.References, l.Reference)
	}
	if l.End {
		s.Outcome = l.Outcome
	}
}

// Filter says which sessions are wanted; a zero field asks nothing.
type Filter struct {
	Day       time.Time // the day on which they began, in UTC
	Flow      string
	Outcome   Outcome
	Reference string
}

func (f Filter) takes(s Summary) bool {
	return (f.Flow == "" || s.Flow == f.Flow) && (f.Outcome == "" || s.Outcome == f.Outcome) &&
		(f.Reference == "" || slices.ContainsFunc(s.References, func(r string) bool { return strings.EqualFold(r, f.Reference) }))
}

// span is which files a filter needs: a session may run on into the next day.
func (f Filter) span() (from, to time.Time) {
	if f.Day.IsZero() {
		return from, to
	}
	day := f.Day.UTC().Truncate(24 * time.Hour)
	return day, day.AddDate(0, 0, 1)
}

// List returns the sessions that the filter takes, newest first.
func List(dir string, f Filter) ([]Summary, Damage, error) {
	found := map[string]*Summary{}
	var order []*Summary // as they first wrote
	from, to := f.span()
	d, err := Read(dir, from, to, func(l Line) error {
		if !f.Day.IsZero() && !strings.HasPrefix(l.Session, from.Format(idDay)+"-") {
			return nil
		}
		if found[l.Session] == nil {
			found[l.Session] = &Summary{}
			order = append(order, found[l.Session])
		}
		found[l.Session].take(l)
		return nil
	})
	if err != nil {
		return nil, d, err
	}
	var out []Summary
	for _, s := range slices.Backward(order) {
		if f.takes(*s) {
			out = append(out, *s)
		}
	}
	slices.SortStableFunc(out, func(a, b Summary) int { return b.Begun.Compare(a.Begun) })
	return out, d, nil
}

// Find returns one session, or ErrNone.
func Find(dir, id string) (Session, error) {
	id = strings.ToLower(strings.TrimSpace(id))
	begin, _, _ := strings.Cut(id, "-")
	day, err := time.Parse(idDay, begin)
	if err != nil {
		return Session{}, ErrNone
	}
	var s Session
	from, to := Filter{Day: day}.span()
	_, err = Read(dir, from, to, func(l Line) error {
		if l.Session == id {
			s.take(l)
			if l.N > 0 {
				s.Lines = append(s.Lines, l)
			}
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	if s.ID == "" {
		return s, ErrNone
	}
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return cmp.Compare(a.N, b.N) })
	return s, nil
}

// WriteLines writes sessions as the JSON lines that they are kept in. An error of the
// sequence or of w ends it.
func WriteLines(w io.Writer, sessions iter.Seq2[Session, error]) error {
	for s, err := range sessions {
		if err != nil {
			return err
		}
		for _, l := range s.Lines {
			b, err := encodeLine(l)
			if err == nil {
				_, err = w.Write(b)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

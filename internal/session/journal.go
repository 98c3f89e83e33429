package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
)

// Bounds of a journal.
const (
	fileBytes  = 16 << 20 // a file that is longer gets no more lines
	dayFiles   = 64       // files of one day: 1 GiB; further lines are lost
	queueLines = 1024     // lines that wait to be written; further ones are lost
	syncEvery  = time.Second
)

// Journal keeps session logs as JSON lines in files of a directory: one file for each day
// (UTC) and 16 MiB, mode 0600. One process writes a directory at a time; any number may
// read it (see [Read]).
//
// A line is written at once and made durable within a second, together with whatever came
// meanwhile: a killed process loses what was queued, at most 1024 transactions and
// usually none; a machine that loses power loses the last second too. When the disk does
// not take a line it is lost and counted, and the flow that wrote it goes on.
type Journal struct {
	dir   string
	clock habeas.Clock
	limit int64

	lines chan []byte
	syncs chan chan error
	quit  chan struct{}
	done  sync.WaitGroup
	once  sync.Once

	lost    atomic.Int64
	failing atomic.Bool

	// Of the writing goroutine:
	file  *os.File
	day   string
	part  int
	size  int64
	dirty bool
}

// OpenJournal opens the journal in dir, which is made when it is not there.
func OpenJournal(dir string, clock habeas.Clock) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("session log: %w", err)
	}
	j := &Journal{
		dir: dir, clock: clock, limit: fileBytes,
		lines: make(chan []byte, queueLines), syncs: make(chan chan error), quit: make(chan struct{}),
	}
	j.done.Go(j.run)
	return j, nil
}

// Put implements Sink: it queues a line and returns at once. After Close it does nothing.
func (j *Journal) Put(l Line) {
	b, err := encodeLine(l)
	if err != nil {
		j.lost.Add(1)
		return
	}
	select {
	case <-j.quit:
	case j.lines <- b:
	default:
		j.lost.Add(1)
	}
}

func encodeLine(l Line) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the log is no page
	err := e.Encode(l)     // ends the line
	return b.Bytes(), err
}

// State says how many lines were lost since the start, and whether the last one was.
func (j *Journal) State() (lost int64, failing bool) { return j.lost.Load(), j.failing.Load() }

// Sync waits until every line that was put before is durable.
func (j *Journal) Sync() error {
	answer := make(chan error, 1)
	select {
	case j.syncs <- answer:
		return <-answer
	case <-j.quit:
		return os.ErrClosed
	}
}

// Close writes what is queued, makes it durable and ends the journal.
func (j *Journal) Close() error {
	var err error
	j.once.Do(func() {
		err = j.Sync()
		close(j.quit)
		j.done.Wait()
	})
	return err
}

func (j *Journal) run() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case line := <-j.lines:
			j.write(j.gather(line))
		case <-tick.C:
			_ = j.flush() // State says so
		case answer := <-j.syncs:
			for more := j.gather(nil); len(more) > 0; more = j.gather(nil) {
				j.write(more)
			}
			answer <- j.flush()
		case <-j.quit:
			j.close()
			return
		}
	}
}

// gather takes what else is queued, so that many lines are one write.
func (j *Journal) gather(first []byte) [][]byte {
	var all [][]byte
	if first != nil {
		all = append(all, first)
	}
	for len(all) < 256 {
		select {
		case line := <-j.lines:
			all = append(all, line)
		default:
			return all
		}
	}
	return all
}

func (j *Journal) write(lines [][]byte) {
	batch := bytes.Join(lines, nil)
	if err := j.place(int64(len(batch))); err != nil {
		j.lose(len(lines))
		return
	}
	n, err := j.file.Write(batch)
	if err == nil {
		j.size += int64(n)
		j.dirty = true
		j.failing.Store(false)
		return
	}
	j.lose(len(lines))
	if j.file.Truncate(j.size) != nil { // else a part of a line stays, which the next start removes
		j.close()
	}
}

func (j *Journal) lose(n int) {
	j.lost.Add(int64(n))
	j.failing.Store(true)
}

func (j *Journal) flush() error {
	if !j.dirty {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		j.failing.Store(true)
		return err
	}
	j.dirty = false
	return nil
}

func (j *Journal) close() {
	_ = j.flush() // State says so
	if j.file != nil {
		_ = j.file.Close() // it is synced
	}
	j.file, j.dirty = nil, false
}

var errFull = errors.New("session log: the files of this day are full")

// place makes sure that the file of today is open and has room.
func (j *Journal) place(n int64) error {
	today := j.clock.Now().UTC().Format(time.DateOnly)
	if j.file != nil && j.day == today && j.size+n <= j.limit {
		return nil
	}
	if j.day != today {
		j.day, j.part = today, 0
	}
	j.close()
	for part := max(j.part, 1); part <= dayFiles; part++ {
		f, size, err := openPart(filepath.Join(j.dir, fileName(today, part)))
		if err != nil {
			return err
		}
		j.part = part
		if size > 0 && size+n > j.limit {
			if err := f.Close(); err != nil {
				return err
			}
			continue
		}
		j.file, j.size = f, size
		return syncDir(j.dir)
	}
	return errFull
}

// openPart opens a file to append to, and takes away the part of a line that a crash may
// have left at its end.
func openPart(name string) (*os.File, int64, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, 0, err
	}
	size, err := wholeLines(f)
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		_, err = f.Seek(size, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, size, nil
}

// wholeLines is the length of a file up to its last line feed.
func wholeLines(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	block := make([]byte, 64<<10)
	for end > 0 {
		from := max(0, end-int64(len(block)))
		b := block[:end-from]
		if _, err := f.ReadAt(b, from); err != nil && err != io.EOF {
			return 0, err
		}
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

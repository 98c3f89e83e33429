package scrub

import (
	"bytes"
	"errors"
	"io"
)

// Options say how a text is read. The zero Options suit most.
type Options struct {
	// Format is what the text is; Auto finds out from its first 4,096 bytes.
	Format Format
	// Lines makes every line a text of its own, for logs that are followed while they are
	// written: what ends a line comes out at once, and places that span lines, such as
	// addresses on two of them, are found only in parts. A line is cut at 64 KiB.
	Lines bool
	// Workers is how many goroutines look for places together, 1 if it is less. It
	// changes the speed, and nothing else. It has no effect on Lines.
	Workers int
}

// ErrClosed is what a Writer says that is written to after its end.
var ErrClosed = errors.New("scrub: the writer is closed")

// Writer scrubs what is written to it and passes it on. Unless its Options say Lines, it
// holds back up to about 150 KiB, because what comes next may change what they mean; Close
// brings them out. A Writer is for one goroutine at a time.
type Writer struct {
	s      *Scrubber
	w      io.Writer
	o      Options
	e      *engine
	line   []byte // Lines: the beginning of one
	out    []byte
	counts Counts
	err    error
}

// NewWriter makes a Writer that passes on to w. However the text is cut into writes, what
// comes out is what Append makes of the whole.
func (s *Scrubber) NewWriter(w io.Writer, o Options) *Writer {
	v := &Writer{s: s, w: w, o: o}
	if !o.Lines {
		v.e = takeEngine(s, o)
		v.e.sink = v.pass
	}
	return v
}

// pass gives scrubbed text on.
func (w *Writer) pass(b []byte) error {
	n, err := w.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// Write takes the next piece of the text. An error of the writer below is final.
func (w *Writer) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.s.mu.RLock()
	defer w.s.mu.RUnlock()
	if w.o.Lines {
		w.err = w.writeLines(b)
	} else {
		w.err = w.e.write(b)
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(b), nil
}

// writeLines scrubs the lines that are whole, each for itself.
func (w *Writer) writeLines(b []byte) error {
	w.out = w.out[:0]
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if room := frameLen - len(w.line); n == 0 || n > room {
			n = min(len(b), room)
		}
		piece := b[:n]
		b = b[n:]
		if ends := piece[n-1] == '\n'; len(w.line) > 0 || !ends {
			w.line = append(room(w.line, len(piece)), piece...)
			if !ends && len(w.line) < frameLen {
				break
			}
			piece = w.line
		}
		w.scrubLine(piece)
		clear(w.line)
		w.line = w.line[:0]
	}
	if len(w.out) == 0 {
		return nil
	}
	return w.pass(w.out)
}

func (w *Writer) scrubLine(line []byte) {
	var c *Counts
	if w.out, c = w.s.scrub(w.out, line, w.o); c != nil {
		w.counts.Add(c)
	}
}

// Counts is what was found until now.
func (w *Writer) Counts() Counts {
	if w.e != nil {
		return w.e.counts
	}
	return w.counts
}

// Close ends the text, brings out what was held back and wipes it. It does not close the
// writer below. Only the first Close does something.
func (w *Writer) Close() error {
	if errors.Is(w.err, ErrClosed) {
		return nil
	}
	err := w.err
	w.err = ErrClosed
	w.s.mu.RLock()
	defer w.s.mu.RUnlock()
	if w.o.Lines {
		if err == nil && len(w.line) > 0 {
			w.out = w.out[:0]
			w.scrubLine(w.line)
			err = w.pass(w.out)
		}
		clear(w.line)
		w.line, w.out = nil, nil
		return err
	}
	if err == nil {
		err = w.e.close()
	}
	w.counts = w.e.counts
	w.e.release()
	w.e = nil
	return err
}

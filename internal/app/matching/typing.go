package matching

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/search"
)

// Screen is a terminal in raw mode, on which answers appear as one types.
type Screen struct {
	In    io.Reader
	Out   io.Writer
	Width int // characters of a line
	Lines int // of answers
}

// Keys that are not text.
const (
	keyInterrupt = 3
	keyEnd       = 4
	keyBackspace = 8
	keyClear     = 21
	keyWord      = 23
	keyEscape    = 27
	keyDelete    = 127
)

// Type answers what is typed, with each key, until Ctrl-C, Ctrl-D or the end of the
// input. Return asks for the text as a whole, with reasons.
func (s *Searcher) Type(screen Screen, q search.Query) error {
	in := bufio.NewReader(screen.In)
	q.Limit = max(screen.Lines, 1)
	text := []rune{}
	screen.draw(s, q, "", false)
	for {
		r, _, err := in.ReadRune()
		switch {
		case errors.Is(err, io.EOF), err == nil && (r == keyInterrupt || r == keyEnd):
			_, err = io.WriteString(screen.Out, "\r\x1b[J")
			return err
		case err != nil:
			return err
		}
		whole := false
		switch {
		case r == '\r' || r == '\n':
			whole = true
		case r == keyBackspace || r == keyDelete:
			text = text[:max(len(text)-1, 0)]
		case r == keyClear:
			text = text[:0]
		case r == keyWord:
			text = []rune(strings.TrimRightFunc(string(text), unicode.IsSpace))
			for len(text) > 0 && !unicode.IsSpace(text[len(text)-1]) {
				text = text[:len(text)-1]
			}
		case r == keyEscape:
			skipSequence(in)
			continue
		case unicode.IsControl(r):
			continue
		default:
			text = append(text, r)
		}
		if in.Buffered() > 0 && !whole {
			continue // more was typed meanwhile
		}
		screen.draw(s, q, string(text), whole)
	}
}

// skipSequence reads over what a cursor or function key sends.
func skipSequence(in *bufio.Reader) {
	if in.Buffered() == 0 {
		return
	}
	c, err := in.ReadByte()
	for err == nil && (c == '[' || c == 'O' || c == ';' || c >= '0' && c <= '9') && in.Buffered() > 0 {
		c, err = in.ReadByte()
	}
}

// draw shows the text and the answers below it, and puts the cursor behind the text.
func (screen Screen) draw(s *Searcher, q search.Query, text string, whole bool) {
	var b strings.Builder
	b.WriteString("\r\x1b[J")
	shown := clean(text)
	if strings.HasSuffix(text, " ") {
		shown += " "
	}
	fmt.Fprintf(&b, "> %s", shown)
	rows := 0
	if strings.TrimSpace(text) != "" {
		q.Text, q.Mode, q.Explain = text, search.Typing, false
		if whole {
			q.Mode, q.Explain = search.Auto, true
		}
		a := s.Ask(q)
		var answers strings.Builder
		a.Print(&answers, false, max(screen.Width/4, 12))
		for line := range strings.Lines(answers.String()) {
			if rows > screen.Lines {
				break
			}
			rows++
			b.WriteString("\r\n" + cut(strings.TrimRight(line, "\n"), screen.Width-1))
		}
		b.WriteString("\r\n" + cut(fmt.Sprintf("%.0f µs · Return explains · Ctrl-C ends", a.Microseconds), screen.Width-1))
		rows++
	}
	if rows > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", rows)
	}
	fmt.Fprintf(&b, "\r\x1b[%dC", min(2+len([]rune(shown)), screen.Width-1))
	_, _ = io.WriteString(screen.Out, b.String()) // a terminal that is gone ends the input too
}

func cut(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:max(width, 0)])
	}
	return s
}

package keyring

import (
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
)

// What a terminal in raw mode sends for keys that edit a line.
const (
	keyInterrupt = 0x03 // Ctrl-C
	keyEnd       = 0x04 // Ctrl-D
	keyBackspace = 0x08
	keyKill      = 0x15 // Ctrl-U
	keyDelete    = 0x7f
)

var errInterrupted = habeas.Invalid("password", "Interrupted before the password was typed. Nothing was changed.").
	WithCode("keyring.password-interrupted")

// askTerminal asks on the terminal even when standard output goes elsewhere. It reads by
// itself: term.ReadPassword grows its line, and leaves a part of it behind at each growth.
func askTerminal(question string) ([]byte, error) {
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return nil, errNoPassword
	}
	_, _ = io.WriteString(os.Stderr, question)
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, errNoPassword.WithCause(err)
	}
	password, err := readLine(os.Stdin)
	_ = term.Restore(fd, before)
	_, _ = io.WriteString(os.Stderr, "\n") // the newline typed was not echoed
	if err != nil && !errors.Is(err, errInterrupted) {
		err = errNoPassword.WithCause(err)
	}
	return password, err
}

// readLine reads what is typed until Enter, byte by byte, into one buffer that does not
// grow. What is longer than a password can be is one byte too long.
func readLine(r io.Reader) ([]byte, error) {
	line := make([]byte, 0, maxPassword+1)
	key := make([]byte, 1)
	defer clear(key)
	for {
		_, err := io.ReadFull(r, key)
		c := key[0]
		switch {
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
			clear(line)
			return nil, err
		case err != nil, c == '\r', c == '\n':
			return line, nil
		case c == keyInterrupt, c == keyEnd && len(line) == 0:
			clear(line)
			return nil, errInterrupted
		case c == keyEnd:
			return line, nil
		case c == keyBackspace, c == keyDelete:
			_, size := utf8.DecodeLastRune(line)
			clear(line[len(line)-size:])
			line = line[:len(line)-size]
		case c == keyKill:
			clear(line)
			line = line[:0]
		case len(line) < cap(line):
			line = append(line, c)
		}
	}
}

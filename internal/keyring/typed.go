package keyring

import (
	"bytes"
	"os"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

var errNoTerminal = habeas.Invalid("password", "There is no terminal to ask at. Name a file that holds it and that only you can read.").WithCode("secret.terminal")

// ReadSecret reads a password that is not the master password, or a code, and seals it in the
// session: from a file, as [ReadPassword] does, or where the name is empty by asking at the
// terminal, which shows nothing of it.
func ReadSecret(s *sealed.Session, label, question, file string) (v sealed.Value, err error) {
	if file != "" {
		p, err := readPasswordFile(file)
		if err != nil {
			return v, err
		}
		defer p.Close()
		err = p.use(func(plain []byte) error {
			v, err = s.Seal(label, bytes.Clone(plain)) // which clears what it is given
			return err
		})
		return v, err
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return v, errNoTerminal
	}
	typed, err := askTerminal(question)
	defer clear(typed)
	if err != nil {
		return v, err
	}
	return s.Seal(label, typed)
}

// ReadCode is ReadSecret for a code that works once: where standard input is no terminal, its
// next line is the code.
func ReadCode(s *sealed.Session, label, question string) (v sealed.Value, err error) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return ReadSecret(s, label, question, "")
	}
	typed, err := readLine(os.Stdin)
	defer clear(typed)
	if err != nil {
		return v, errNoTerminal.WithCause(err)
	}
	return s.Seal(label, typed)
}

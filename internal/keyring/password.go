package keyring

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

const (
	// MinPassword is the least length of a new master password, in characters.
	MinPassword = 12
	// maxPassword bounds what is read as a password, in bytes.
	maxPassword = 4096

	passwordFileVar   = "HABEAS_MASTER_PASSWORD_FILE"
	credentialsVar    = "CREDENTIALS_DIRECTORY" // set by systemd, see systemd.exec(5)
	credentialName    = "master-password"
	promptPassword    = "Master password: "
	promptNewPassword = "New master password: "
	promptAgain       = "The same once more: "
)

var (
	errEmptyPassword = habeas.Invalid("password", "The master password is empty. Nothing was changed.").
				WithCode("keyring.password-empty")
	errShortPassword = habeas.Invalid("password", "A new master password needs at least 12 characters; a sentence is easiest to keep.").
				WithCode("keyring.password-short")
	errLongPassword = habeas.Invalid("password", "The master password is longer than 4096 bytes.").
			WithCode("keyring.password-long")
	errPasswordsDiffer = habeas.Invalid("password", "The two passwords are not the same. Nothing was changed.").
				WithCode("keyring.password-differs")
	errPasswordFile = habeas.Invalid("password", "The file with the master password cannot be read.").
			WithCode("keyring.password-file")
	errOpenPasswordFile = habeas.Invalid("password", "Other users of this machine can read the file with the master password. Run “chmod 600” on it, then choose another password if anybody may have seen this one.").
				WithCode("keyring.password-file-open")
	errNoPassword = (&habeas.Error{
		Kind:    habeas.KindSealed,
		Message: "The master password is needed and there is no terminal to ask at. Put it into a file that only you can read and name it in HABEAS_MASTER_PASSWORD_FILE, or use a systemd credential called master-password.",
	}).WithCode("keyring.password-needed")
)

// PasswordOptions say where the master password may come from.
type PasswordOptions struct {
	File   string                                // asked for by name; comes first
	New    bool                                  // a new password: typed twice, and weak ones are refused
	Getenv func(string) string                   // default os.Getenv
	Prompt func(question string) ([]byte, error) // default: the terminal, without echo; what it returns is cleared
}

// ReadPassword finds the master password: in the named file, in the file that
// HABEAS_MASTER_PASSWORD_FILE names, in the systemd credential
// $CREDENTIALS_DIRECTORY/master-password, or by asking at the terminal. The
// first that is there decides. It is never an argument, which every user of the
// machine could read. A newline at the end of a file is not part of it, and a
// file that everybody can read is refused. The caller closes it, or gives it to
// [Open], which does.
func ReadPassword(opts PasswordOptions) (Password, error) {
	if opts.Getenv == nil {
		opts.Getenv = os.Getenv
	}
	if opts.Prompt == nil {
		opts.Prompt = askTerminal
	}
	password, err := opts.find()
	if err == nil {
		err = opts.check(password)
	}
	if err != nil {
		password.Close()
		return Password{}, err
	}
	return password, nil
}

func (opts PasswordOptions) find() (Password, error) {
	if opts.File != "" {
		return readPasswordFile(opts.File)
	}
	if path := opts.Getenv(passwordFileVar); path != "" {
		return readPasswordFile(path)
	}
	if dir := opts.Getenv(credentialsVar); dir != "" {
		path := filepath.Join(dir, credentialName)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return readPasswordFile(path)
		}
	}
	return opts.ask()
}

func (opts PasswordOptions) check(password Password) error {
	if opts.New {
		return password.checkNew()
	}
	return password.use(func(plain []byte) error {
		if len(plain) == 0 {
			return errEmptyPassword
		}
		return nil
	})
}

func (opts PasswordOptions) ask() (Password, error) {
	if !opts.New {
		return opts.prompt(promptPassword)
	}
	password, err := opts.prompt(promptNewPassword)
	if err != nil {
		return Password{}, err
	}
	if err := password.checkNew(); err != nil { // before typing it again
		password.Close()
		return Password{}, err
	}
	again, err := opts.prompt(promptAgain)
	if err != nil {
		password.Close()
		return Password{}, err
	}
	defer again.Close()
	if !password.value.Equal(again.value) {
		password.Close()
		return Password{}, errPasswordsDiffer
	}
	return password, nil
}

func (opts PasswordOptions) prompt(question string) (Password, error) {
	typed, err := opts.Prompt(question)
	if err != nil {
		clear(typed)
		return Password{}, err
	}
	return NewPassword(typed), nil
}

// checkNew refuses an empty master password and one of fewer than [MinPassword]
// characters.
func (p Password) checkNew() error {
	return p.use(func(plain []byte) error {
		switch {
		case len(plain) == 0:
			return errEmptyPassword
		case characters(plain) < MinPassword:
			return errShortPassword
		case len(plain) > maxPassword:
			return errLongPassword
		}
		return nil
	})
}

// characters is utf8.RuneCount, which makes a string of what it counts.
func characters(text []byte) (n int) {
	for ; len(text) > 0; n++ {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
	}
	return n
}

func readPasswordFile(path string) (Password, error) {
	f, err := os.Open(path)
	if err != nil {
		return Password{}, errPasswordFile.WithCause(err)
	}
	defer f.Close()
	info, err := f.Stat() // of what was opened, not of what the name means by now
	if err != nil {
		return Password{}, errPasswordFile.WithCause(err)
	}
	// Windows has other permissions, which this mode does not show.
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o007 != 0 {
		return Password{}, errOpenPasswordFile
	}
	buf := make([]byte, maxPassword+3) // with room for CR LF and one byte too many
	defer clear(buf)
	n, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Password{}, errPasswordFile.WithCause(err)
	}
	password, cut := bytes.CutSuffix(buf[:n], []byte("\n"))
	if cut {
		password = bytes.TrimSuffix(password, []byte("\r"))
	}
	if len(password) > maxPassword {
		return Password{}, errLongPassword
	}
	return NewPassword(password), nil
}

package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/registrar"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/sealed"
)

type accountCommand struct {
	Manager        accountManager        `cmd:"" help:"Designate the authorization manager of a server, who makes administrators: on its own machine."`
	Register       accountRegister       `cmd:"" help:"Make a key, register it with a server, and write the registration file."`
	View           accountView           `cmd:"" help:"Show what is in a registration file. Nothing is asked of anybody."`
	ChangePassword accountChangePassword `cmd:"" help:"Write a registration file anew, under another password."`
}

// filePassword says where the password of a registration file may come from.
type filePassword struct {
	PasswordFile string `help:"File with the password of the registration file. Without one you are asked." type:"path" placeholder:"FILE"`
}

const passwordLabel = "password of a registration file"

// fresh asks for a password twice, or reads it from a file.
func fresh(s *sealed.Session, question, file string) (sealed.Value, error) {
	v, err := keyring.ReadSecret(s, passwordLabel, question, file)
	if err != nil || file != "" {
		return v, err
	}
	again, err := keyring.ReadSecret(s, passwordLabel, "The same once more: ", "")
	if err == nil && !v.Equal(again) {
		err = habeas.Invalid("password", "The two passwords are not the same. Nothing was changed.")
	}
	return v, err
}

type accountRegister struct {
	filePassword
	Server       string `required:"" help:"Address of the server, as the page of your account shows it." placeholder:"URL"`
	Name         string `help:"First and last name." placeholder:"NAME"`
	Country      string `help:"Country, as two capital letters (ISO 3166-1)." placeholder:"XX"`
	Organisation string `help:"Organisation, if you act for one." placeholder:"NAME"`
	Username     string `help:"Name that programs show for the key." placeholder:"NAME"`
	Email        string `help:"The main address of your account." placeholder:"ADDRESS"`
	Out          string `help:"File to write; it must not be there yet." default:"registration.p12" type:"path" placeholder:"FILE"`
}

// Help says where the code comes from.
func (*accountRegister) Help() string {
	return `Open the page “Registration file” of your account, choose “Register from a terminal”, accept the policy there, and type the code that it shows when this asks for it. Key and password stay on this machine; the server gets a request for a certificate.

If the account has a certificate already, the new one takes its place: you are asked for the code that is mailed to you.`
}

// Run registers.
func (c *accountRegister) Run(ctx context.Context) error {
	in := bufio.NewReaderSize(os.Stdin, 1) // one byte at a time: what follows a line is somebody else's
	who := dn.Subject{Name: c.Name, Country: c.Country, Organisation: c.Organisation, Username: c.Username, Email: c.Email}
	if err := askFor(in, &who); err != nil {
		return err
	}
	if err := who.Check(); err != nil {
		return err
	}
	s := sealed.Open(ctx)
	defer s.Close()
	out, err := newFile(c.Out) // before anything is registered whose file could then not be written
	if err != nil {
		return err
	}
	defer out.drop()
	password, err := fresh(s, "New password for the file: ", c.PasswordFile)
	if err != nil {
		return err
	}
	code, err := keyring.ReadCode(s, "code of the page", "Code of the page: ")
	if err != nil {
		return err
	}
	file, seen, err := registrar.Register(ctx, registrar.Options{
		Server: c.Server, Subject: who, Code: code, Password: password,
		Mailed: func() (sealed.Value, error) {
			fmt.Fprintln(os.Stderr, "A code was mailed to you: it confirms that the new certificate takes the place of the old one.")
			return keyring.ReadCode(s, "mailed code", "Code of the mail: ")
		},
	})
	if err != nil {
		return err
	}
	if err := out.write(file); err != nil {
		return err
	}
	printReview(os.Stdout, seen)
	fmt.Printf("\nWritten: %s. Keep it and its password apart; nobody else has either.\n", c.Out)
	return nil
}

// askFor asks at the terminal for what is missing.
func askFor(in *bufio.Reader, who *dn.Subject) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil // Check names what is missing
	}
	for _, q := range []struct {
		to       *string
		question string
	}{
		{&who.Name, "First and last name: "},
		{&who.Country, "Country (two capital letters): "},
		{&who.Organisation, "Organisation (may stay empty): "},
		{&who.Username, "Username: "},
		{&who.Email, "Main address of your account: "},
	} {
		if *q.to != "" {
			continue
		}
		fmt.Fprint(os.Stderr, q.question)
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		*q.to = strings.TrimSpace(line)
	}
	return nil
}

type accountView struct {
	filePassword
	File string `arg:"" help:"Registration file." type:"existingfile" placeholder:"FILE"`
}

// Run shows a file.
func (c *accountView) Run(ctx context.Context) error {
	file, err := readRegistration(c.File)
	if err != nil {
		return err
	}
	s := sealed.Open(ctx)
	defer s.Close()
	password, err := keyring.ReadSecret(s, passwordLabel, "Password of the file: ", c.PasswordFile)
	if err != nil {
		return err
	}
	seen, err := regfile.ReviewFile(file, password)
	if err != nil {
		return err
	}
	printReview(os.Stdout, seen)
	return nil
}

type accountChangePassword struct {
	filePassword
	NewPasswordFile string `help:"File with the new password. Without one you are asked." type:"path" placeholder:"FILE"`
	Out             string `help:"File to write; it must not be there yet. When not given, the file itself is replaced, whole or not at all." type:"path" placeholder:"FILE"`
	File            string `arg:"" help:"Registration file." type:"existingfile" placeholder:"FILE"`
}

// Help says what this does not do.
func (*accountChangePassword) Help() string {
	return `Copies of the file that somebody else has still open with the old password. If that may be, revoke the certificate on the page of your account and register again.`
}

// Run writes a file anew.
func (c *accountChangePassword) Run(ctx context.Context) error {
	file, err := readRegistration(c.File)
	if err != nil {
		return err
	}
	s := sealed.Open(ctx)
	defer s.Close()
	password, err := keyring.ReadSecret(s, passwordLabel, "Password of the file: ", c.PasswordFile)
	if err != nil {
		return err
	}
	id, err := regfile.Open(s, file, password)
	if err != nil {
		return err
	}
	next, err := fresh(s, "New password for the file: ", c.NewPasswordFile)
	if err != nil {
		return err
	}
	if file, err = regfile.Make(id.Key, id.Chain, next); err != nil {
		return err
	}
	out, err := newFile(cmp.Or(c.Out, c.File+".new"))
	if err != nil {
		return err
	}
	defer out.drop()
	if err := out.write(file); err != nil {
		return err
	}
	if c.Out == "" {
		if err := os.Rename(c.File+".new", c.File); err != nil {
			return err
		}
	}
	fmt.Println("The file has another password. Copies of it keep the old one.")
	return nil
}

// readRegistration reads a file, which is small.
func readRegistration(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 128<<10)) // one that is larger is refused when it is opened
}

// freshFile is one that nobody else can read, and that is gone again if nothing was written.
type freshFile struct {
	*os.File
	written bool
}

func newFile(name string) (*freshFile, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return nil, habeas.Invalid("out", "There is a file {name} already. Name another one by --out.").With("name", name)
	}
	return &freshFile{File: f}, err
}

func (f *freshFile) write(data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	f.written = err == nil
	return err
}

func (f *freshFile) drop() {
	_ = f.Close()
	if !f.written {
		_ = os.Remove(f.Name())
	}
}

// printReview shows what is in a file.
func printReview(w io.Writer, seen regfile.Review) {
	for _, line := range [][2]string{
		{"Name", seen.Subject.Name},
		{"Country", seen.Subject.Country},
		{"Organisation", cmp.Or(seen.Subject.Organisation, "–")},
		{"Username", seen.Subject.Username},
		{"E-mail", seen.Subject.Email},
		{"Issued", seen.NotBefore.UTC().Format(time.DateTime) + " UTC"},
		{"Until", seen.NotAfter.UTC().Format(time.DateTime) + " UTC"},
		{"Number", seen.Serial},
		{"Issued by", strings.Join(seen.Issuers, ", ")},
		{"Fingerprint", fmt.Sprintf("%x", seen.Fingerprint)},
		{"Root", fmt.Sprintf("%x", seen.Root)},
	} {
		fmt.Fprintf(w, "%-13s %s\n", line[0], line[1])
	}
}

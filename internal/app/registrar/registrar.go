// Package registrar registers from a person's own machine: it makes key and request there,
// hands the request to a server by the code that the page of their account shows, and puts key
// and certificate into a registration file. The server gets neither the key nor the password.
package registrar

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed"
)

// Options say what to register, and where.
type Options struct {
	Server   string // origin: https, or http on this machine
	Subject  dn.Subject
	Code     sealed.Value                 // of the page: number, hyphen, eight digits
	Password sealed.Value                 // of the file
	Mailed   func() (sealed.Value, error) // asks for the code that confirms a change; called when there is one
	Client   *http.Client                 // nil: one that follows nothing and trusts the system's roots
}

var (
	errServer = habeas.Invalid("server", "The address of a server begins with https:// and has no path. Unencrypted ones are refused.").WithCode("registrar.server")
	errCode   = habeas.Invalid("code", "The code of the page has a number, a hyphen and eight digits. Copy all of it.").WithCode("registrar.code")
	errReply  = habeas.Unavailable("The server answered something that is no certificate. Is this the address of the page?").WithCode("registrar.reply")
)

// mostReply bounds an answer, in bytes: eight certificates and more.
const mostReply = 64 << 10

// Register makes a key and a file for it, and returns the file with what is in it. When the
// account has a certificate that counts, the new one takes its place once the mailed code is
// given. Errors: those of the server, in its words; of dn.Subject.Check; of regfile.Make.
func Register(ctx context.Context, o Options) (file []byte, seen regfile.Review, err error) {
	base, err := origin(o.Server)
	if err != nil {
		return nil, seen, err
	}
	if err := o.Subject.Check(); err != nil {
		return nil, seen, err
	}
	if o.Client == nil {
		o.Client = &http.Client{
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	keys := sealed.Open(ctx)
	defer keys.Close()
	key, err := regfile.NewKey(keys)
	if err != nil {
		return nil, seen, err
	}
	asked, err := request.Make(key, o.Subject)
	if err != nil {
		return nil, seen, err
	}
	chain, err := o.certified(ctx, base, asked)
	if err != nil {
		return nil, seen, err
	}
	if file, err = regfile.Make(key, chain, o.Password); err != nil {
		return nil, seen, err
	}
	seen, err = regfile.ReviewFile(file, o.Password)
	return file, seen, err
}

// origin checks where a request may go.
func origin(server string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(server, "/"))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errServer
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return nil, errServer
	}
	return u, nil
}

// certified hands the request in and returns the chain.
func (o Options) certified(ctx context.Context, base *url.URL, asked []byte) (chain []*x509.Certificate, err error) {
	number, code, err := split(o.Code)
	if err != nil {
		return nil, err
	}
	reply, err := o.post(ctx, base.JoinPath("/registration/terminal"), url.Values{
		"number": {number}, "code": {code}, "request": {base64.StdEncoding.EncodeToString(asked)},
	})
	if err != nil {
		return nil, err
	}
	if reply.Challenge != "" {
		mailed, err := o.Mailed()
		if err != nil {
			return nil, err
		}
		_ = mailed.Use(func(plain []byte) error {
			code = string(bytes.TrimSpace(plain)) //sealcheck:allow escape net/http sends strings; the code works once
			return nil
		})
		reply, err = o.post(ctx, base.JoinPath("/registration/terminal/confirm"), url.Values{"number": {number}, "c": {reply.Challenge}, "code": {code}})
		if err != nil {
			return nil, err
		}
	}
	for _, der := range reply.Chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, errReply
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errReply
	}
	return chain, nil
}

// split takes the code of the page apart.
func split(v sealed.Value) (number, code string, err error) {
	err = errCode
	_ = v.Use(func(plain []byte) error {
		n, c, found := bytes.Cut(bytes.TrimSpace(plain), []byte("-"))
		if found && len(n) > 0 && len(c) > 0 {
			number, code, err = string(n), string(c), nil //sealcheck:allow escape net/http sends strings; the code works once
		}
		return nil
	})
	return number, code, err
}

type reply struct {
	Chain     [][]byte `json:"chain"`
	Challenge string   `json:"challenge"`
}

func (o Options) post(ctx context.Context, to *url.URL, form url.Values) (out reply, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return out, errServer
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	answer, err := o.Client.Do(r)
	if err != nil {
		return out, unreachable(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostReply))
	if err != nil {
		return out, unreachable(err)
	}
	if answer.StatusCode != http.StatusOK {
		return out, refusal(body)
	}
	if json.Unmarshal(body, &out) != nil || (len(out.Chain) == 0 && out.Challenge == "") {
		return out, errReply
	}
	return out, nil
}

// refusal is what a server says in its own words.
func refusal(body []byte) error {
	var problem struct{ Detail, Code, Field string }
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return errReply
	}
	return habeas.Invalid(problem.Field, "The server says: "+problem.Detail).WithCode(problem.Code)
}

// unreachable says why a server was not reached, without what was sent.
func unreachable(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return habeas.Unavailable("The server cannot be reached: {why}.").With("why", err.Error()).WithCode("registrar.unreachable")
}

package servertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
)

// Reply is an answer read to its end.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// JSON reads an answer that must be a JSON object.
func (r Reply) JSON(t testing.TB) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.Body), &v); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, r.Body)
	}
	return v
}

var (
	listItem = regexp.MustCompile(`(?s)class="notice[^"]*form-errors.*?</div>`)
	mainPart = regexp.MustCompile(`(?s)<main .*</main>`)
)

// Complaint is what a page says is wrong, without the page around it.
func (r Reply) Complaint() string {
	for _, part := range []*regexp.Regexp{listItem, mainPart} {
		if found := part.FindString(r.Body); found != "" {
			return found
		}
	}
	return r.Body
}

// Browser is one browser of one person.
type Browser struct {
	W      *World
	Client *http.Client
	Key    *Authenticator // its device's passkey; nil: none
	Sends  http.Header    // sent with every request
}

// Browser returns a browser that was never here. It follows no redirect.
func (w *World) Browser() *Browser {
	jar, _ := cookiejar.New(nil) // never fails
	return &Browser{
		W: w, Sends: http.Header{},
		Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// Send makes one request. Headers are names and values in turn; an empty value takes the
// header away, and Host names another host than the one that is asked.
func (b *Browser) Send(method, path, contentType, body string, headers ...string) Reply {
	b.W.Helper()
	r, err := http.NewRequestWithContext(b.W.Context(), method, b.W.HTTP.URL+path, strings.NewReader(body))
	b.W.Must(err)
	for name, values := range b.Sends {
		r.Header[name] = values
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch name, value := headers[i], headers[i+1]; {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
	res, err := b.Client.Do(r)
	b.W.Must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	b.W.Must(err)
	if res.Header.Get("Content-Type") == "application/problem+json" {
		_, _ = b.W.Faults.Write(append(text, '\n')) // never fails
	}
	return Reply{res.StatusCode, res.Header, string(text)}
}

// Get opens a page.
func (b *Browser) Get(path string) Reply {
	b.W.Helper()
	return b.Send(http.MethodGet, path, "", "")
}

const urlEncoded = "application/x-www-form-urlencoded"

// Fields are names and values of a form, in turn.
func Fields(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// Submit posts names and values in turn.
func (b *Browser) Submit(path string, pairs ...string) Reply {
	b.W.Helper()
	return b.Send(http.MethodPost, path, urlEncoded, Fields(pairs...))
}

// Found is the page of staff that a search leads to.
func (b *Browser) Found(query string) Reply {
	b.W.Helper()
	return b.Get(b.Done("/staff/find", "q", query))
}

// Done submits a form that must lead on, and returns where to.
func (b *Browser) Done(path string, pairs ...string) string {
	b.W.Helper()
	return b.led(path, b.Submit(path, pairs...))
}

// led checks that an answer leads on.
func (b *Browser) led(path string, r Reply) string {
	b.W.Helper()
	if r.Status != http.StatusSeeOther {
		b.W.Fatalf("%s: status %d: %s", path, r.Status, r.Complaint())
	}
	return r.Header.Get("Location")
}

// JSON posts JSON as a script of a page does; it must be taken.
func (b *Browser) JSON(path string, body any) Reply {
	b.W.Helper()
	r := b.Send(http.MethodPost, path, "application/json", Encoded(b.W, body))
	if r.Status != http.StatusOK {
		b.W.Fatalf("%s: status %d: %s", path, r.Status, r.Body)
	}
	return r
}

// Join proves an address by the code that is mailed to it and returns the code.
func (b *Browser) Join(address string) (code string) {
	b.W.Helper()
	to := b.Done("/join", "address", address, "again", address, "language", "en")
	code = CodeIn(b.W, b.W.Post.Take(b.W, mail.KindCode, Stored(address)))
	b.Done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	return code
}

// Erase erases everything about the person who is signed in, by the code that is mailed to their
// main address.
func (b *Browser) Erase(address string) Reply {
	b.W.Helper()
	to := b.Done("/me/erase/code")
	code := CodeIn(b.W, b.W.Post.Take(b.W, mail.KindCode, Stored(address)))
	return b.Submit("/me/erase", "c", strings.TrimPrefix(to, "/me/erase?c="), "code", code, "word", "erase")
}

// Administrator becomes the first administrator by the link that init printed.
func (b *Browser) Administrator(address string) (code string) {
	b.W.Helper()
	link, err := url.Parse(b.W.Made.AdministratorLink)
	b.W.Must(err)
	to := b.Done("/first-administrator", "t", link.Query().Get("t"), "address", address, "again", address)
	code = CodeIn(b.W, b.W.Post.Take(b.W, mail.KindCode, Stored(address)))
	b.Done("/code", "c", strings.TrimPrefix(to, "/code?c="), "code", code)
	b.AddPasskey("work laptop")
	return code
}

// Stored is the mailbox under which an address is kept and written to.
func Stored(address string) string {
	a, err := email.Parse(address)
	if err != nil {
		return address
	}
	return a.Mailbox()
}

// AddPasskey lets the browser's device make a passkey.
func (b *Browser) AddPasskey(name string) {
	b.W.Helper()
	o := b.JSON("/me/credentials/passkeys/options", map[string]string{"name": name}).JSON(b.W)["publicKey"].(map[string]any)
	user, err := base64.RawURLEncoding.DecodeString(o["user"].(map[string]any)["id"].(string))
	b.W.Must(err)
	b.Key = NewAuthenticator(b.W.HTTP.URL)
	b.JSON("/me/credentials/passkeys", b.Key.Create(o["challenge"].(string), user))
	b.W.Registered()
}

// policyHidden is the version of the policy that the form of registering accepts.
var policyHidden = regexp.MustCompile(`name="policy" value="(\d+)"`)

// Registers registers with a key that is thrown away, by the form that takes a request.
func (b *Browser) Registers(address string) {
	b.W.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.W.Must(err)
	asked, err := request.Make(key, dn.Subject{Name: "Test Person", Country: "ES", Username: "test", Email: Stored(address)})
	b.W.Must(err)
	policy := policyHidden.FindStringSubmatch(b.Get("/me/registration/new").Body)
	if policy == nil {
		b.W.Fatal("there is no form to register by")
	}
	var body strings.Builder
	form := multipart.NewWriter(&body)
	b.W.Must(form.WriteField("policy", policy[1]))
	b.W.Must(form.WriteField("accept", "yes"))
	file, err := form.CreateFormFile("file", "request.der")
	b.W.Must(err)
	_, err = file.Write(asked)
	b.W.Must(err)
	b.W.Must(form.Close())
	b.led("/me/registration/upload", b.Send(http.MethodPost, "/me/registration/upload", form.FormDataContentType(), body.String()))
}

// SignIn signs in with a passkey.
func (b *Browser) SignIn(key *Authenticator) {
	b.W.Helper()
	if r := b.TrySignIn(key); r.Status != http.StatusOK {
		b.W.Fatalf("signing in: status %d: %s", r.Status, r.Body)
	}
}

// TrySignIn is SignIn for a passkey that may be refused.
func (b *Browser) TrySignIn(key *Authenticator) Reply {
	b.W.Helper()
	o := b.JSON("/sign-in/passkey/options", struct{}{}).JSON(b.W)["publicKey"].(map[string]any)
	return b.Send(http.MethodPost, "/sign-in/passkey", "application/json", Encoded(b.W, key.Get(o["challenge"].(string))))
}

// Encoded is a value as JSON.
func Encoded(t testing.TB, body any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

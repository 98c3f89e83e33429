//go:build reference

package reference

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
)

// world is a served data directory whose mail arrives in a channel.
type world struct {
	*app.Server
	t     *testing.T
	url   string
	mails chan mail.Message
	close func()
}

// Send implements app.Sender.
func (w *world) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	w.mails <- m
	return err
}

func serve(t *testing.T, dir string, password []byte) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	w := &world{t: t, url: "http://localhost:" + port, mails: make(chan mail.Message, 10)}
	origin, err := edge.ParseOrigin(w.url)
	must(t, err)
	keys, err := app.Unseal(t.Context(), dir, keyring.NewPassword(password), false)
	must(t, err)
	w.Server, err = app.Open(t.Context(), app.Config{
		Dir: dir, Keys: keys, Clock: habeas.SystemClock{}, Organisation: "History", Contact: "the archive", Origin: origin,
		Sender: w, MailDomain: "localhost", Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	h, err := w.Handler(nil)
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx, l, h) }()
	closed := false
	w.close = func() {
		if closed {
			return
		}
		closed = true
		stop()
		must(t, <-served)
		must(t, w.Close())
	}
	t.Cleanup(w.close)
	for deadline := time.Now().Add(time.Minute); !w.Ready(); {
		if time.Now().After(deadline) {
			t.Fatal("the search index is not ready after a minute")
		}
		w.browser().get("/") // time passes by doing something
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser is somebody at a browser.
type browser struct {
	w *world
	c *http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &browser{w: w, c: &http.Client{Jar: jar}}
}

func (b *browser) get(path string) string {
	b.w.t.Helper()
	res, err := b.c.Get(b.w.url + path)
	must(b.w.t, err)
	return b.read(res)
}

// post submits a form and returns the page that it leads to.
func (b *browser) post(path string, pairs ...string) string {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	res, err := b.c.PostForm(b.w.url+path, form)
	must(b.w.t, err)
	return b.read(res)
}

func (b *browser) read(res *http.Response) string {
	b.w.t.Helper()
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(b.w.t, err)
	if res.StatusCode != http.StatusOK {
		b.w.t.Fatalf("%s %s: status %d\n%s", res.Request.Method, res.Request.URL.Path, res.StatusCode, text)
	}
	return string(text)
}

var (
	hiddenChallenge = regexp.MustCompile(`chl_[0-9a-z]{26}`)
	mailedCode      = regexp.MustCompile(`\b(\d{4}) ?(\d{4})\b`)
	hiddenVersion   = regexp.MustCompile(`name="version" value="(\d+)"`)
)

// join proves an address by the code that is mailed to it.
func (b *browser) join(address string) {
	b.w.t.Helper()
	page := b.post("/join", "address", address, "again", address, "language", "en")
	m := <-b.w.mails
	if m.To != address {
		b.w.t.Fatal("the code went somewhere else")
	}
	code := mailedCode.FindStringSubmatch(m.Text)
	if code == nil {
		b.w.t.Fatal("the mail holds no code")
	}
	b.post("/code", "c", hiddenChallenge.FindString(page), "code", code[1]+code[2])
}

func version(t *testing.T, page string) string {
	t.Helper()
	m := hiddenVersion.FindStringSubmatch(strings.ReplaceAll(page, "\n", " "))
	if m == nil {
		t.Fatal("the page names no version")
	}
	return m[1]
}

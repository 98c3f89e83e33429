package proof_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/servertest"
)

var codeOnALine = regexp.MustCompile(`(?m)^ *(\d{4}) ?(\d{4}) *\r?$`)

func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal(what)
		panic("unreachable")
	}
}

func TestMailThatCannotLeaveWaitsAndIsNotLost(t *testing.T) {
	office := servertest.NewOffice(t)
	clock := habeas.NewManualClock(time.Now())
	byMail := office.ByMail(t, clock)
	dir, _ := initDir(t)
	w := servertest.Open(t, dir, byMail)
	b := w.Browser()

	// Nobody answers: the page goes on as if, and the mail waits.
	at := b.Done("/join", "address", "tim@example.org", "again", "tim@example.org", "language", "en")
	waiting := func() int {
		t.Helper()
		n, err := w.DB.Ops().Deliveries(context.Background())
		w.Must(err)
		if n["dead"] > 0 {
			t.Errorf("%d mails were given up", n["dead"])
		}
		return n["waiting"]
	}
	if n := waiting(); n != 1 {
		t.Fatalf("%d mails wait", n)
	}
	// The server stops and starts, and the office is there but busy.
	w.Close()
	office.Open(t, true)
	clock.Advance(time.Minute)
	w = servertest.Open(t, dir, byMail)
	wait(t, office.Tried, "the mail was not tried again")
	w.Close() // what is under way is recorded first
	office.Open(t, false)
	clock.Advance(3 * time.Minute)
	// It is tried until it goes, and goes once.
	w = servertest.Open(t, dir, byMail)
	text := wait(t, office.Came, "the mail never came")
	found := codeOnALine.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no code in:\n%s", text)
	}
	w.Close()
	w = servertest.Open(t, dir, byMail)
	if n := waiting(); n != 0 {
		t.Errorf("%d mails still wait", n)
	}
	if len(office.Came) > 0 {
		t.Error("the mail went twice")
	}
	move(b, w)
	b.Done("/code", "c", strings.TrimPrefix(at, "/code?c="), "code", found[1]+found[2])
	if r := b.Send(http.MethodGet, "/me", "", ""); r.Status != http.StatusOK {
		t.Errorf("the code did not open the account: %d", r.Status)
	}
}

// move lets a browser go on with the same server at another port: its cookies are
// named by the port.
func move(b *browser, w *world) {
	b.W.Helper()
	old, fresh := b.W.URL(), w.URL()
	var cookies []*http.Cookie
	for _, c := range b.Client.Jar.Cookies(old) {
		cookies = append(cookies, &http.Cookie{Name: strings.ReplaceAll(c.Name, old.Port(), fresh.Port()), Value: c.Value, Path: "/"})
	}
	b.W = w
	b.Client.Jar.SetCookies(fresh, cookies)
}

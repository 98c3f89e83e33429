package demo

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/email"
)

// visitor is a browser without a window at a running demo.
type visitor struct {
	*http.Client
	t    *testing.T
	base string
}

// visitDemo makes a small demo in dir and serves it on a real listener.
func visitDemo(t *testing.T, dir string) (*Demo, visitor) {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), Options{Dir: dir, People: 100, Organisations: 10}, l.Addr(), true)
	if err != nil {
		t.Fatal(err, l.Close())
	}
	h, err := d.Handler()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx, l, h) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, d.Close()); err != nil {
			t.Error(err)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return d, visitor{&http.Client{Jar: jar}, t, d.Origin.String()}
}

// page reads the answer, which must be a page, and returns it with its address.
func (v visitor) page(res *http.Response, err error) (path, body string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		v.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		v.t.Fatalf("%s answers %s: %s", res.Request.URL.Path, res.Status, text)
	}
	return res.Request.URL.Path, string(text)
}

func (v visitor) get(path string) (string, string) {
	v.t.Helper()
	return v.page(v.Get(v.base + path))
}

func (v visitor) post(path string, form url.Values) (string, string) {
	v.t.Helper()
	return v.page(v.PostForm(v.base+path, form))
}

func TestAVisitorPlaysTimAndFindsHisRecord(t *testing.T) {
	d, v := visitDemo(t, t.TempDir())
	if _, start := v.get("/demo"); !strings.Contains(start, "invented") || !strings.Contains(start, "/demo/as/tim") {
		t.Error("the start page does not say what it is")
	}
	path, inbox := v.post("/demo/as/tim", nil)
	if path != "/me" || !strings.Contains(inbox, "holds a record about you") {
		t.Fatalf("Tim begins at %s, without an offer", path)
	}
	path, offer := v.post("/demo/tour/2", nil)
	if !strings.HasPrefix(path, "/me/offers/") || !strings.Contains(offer, "•••• 1986") || !strings.Contains(offer, "City Bookings") {
		t.Errorf("step 2 leads to %s, without the wrong year", path)
	}
	if path, _ := v.post("/demo/tour/6", nil); !strings.HasPrefix(path, "/me/offers/") {
		t.Errorf("step 6 leads to %s before the record is Tim's", path)
	}
	if sent := d.Sent(); len(sent) != 1 || sent[0].To != d.world.People[demo.Tim].Email {
		t.Errorf("the outbox begins with %d mails, want Tim's invitation", len(sent))
	}
}

func TestErasingTimLeavesNothingThatCanBeOpenedAndHeCanBeginAgain(t *testing.T) {
	d, v := visitDemo(t, t.TempDir())
	ctx := context.Background()
	for range 2 {
		before, err := d.Search(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if before.Opened < 5 || before.Found() != 0 || before.Known.Found == 0 {
			t.Fatalf("before: %d can be opened, %d found, %d of what is not secret", before.Opened, before.Found(), before.Known.Found)
		}
		nora, err := d.actor(ctx, demo.Nora)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.claim(ctx, nora, demo.Tim); err != nil {
			t.Fatal(err)
		}
		if path, _ := v.post("/demo/tour/3", nil); path != "/me/activity" {
			t.Errorf("step 3 leads to %s", path)
		}
		path, _ := v.post("/demo/tour/6", nil)
		if _, erased := v.post(path, url.Values{"word": {"erase"}}); !strings.Contains(erased, "It is erased") {
			t.Fatal("the record was not erased")
		}
		after, err := d.Search(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !after.Gone || after.Opened != 0 || after.Found() != 0 || !after.SignIn || after.Before == nil {
			t.Errorf("after: %+v", after)
		}
		if path, _ := v.post("/demo/tour/2", nil); path != "/demo" {
			t.Errorf("the tour goes on at %s without a record", path)
		}
		v.post("/demo/again", nil)
	}
}

func TestCityBookingsReachesTheServerOverItsAPI(t *testing.T) {
	d, v := visitDemo(t, t.TempDir())
	_, page := v.post("/demo/booking", url.Values{
		"booker": {"bell"}, "email": {"robin@letters.example"}, "given": {"Robin"}, "family": {"Vale"},
		"tour": {"Observatory evening"}, "date": {"2026-05-03"}, "birth": {""},
	})
	if !strings.Contains(page, "booked_by") || !strings.Contains(page, "200 OK") {
		t.Error("the page does not show the call")
	}
	address, err := email.Parse("robin@letters.example")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := d.DB.Records().KnownAt(context.Background(), d.Backstage().AddressHash(address))
	if err != nil || len(rows) != 1 {
		t.Errorf("%d records at the address, %v", len(rows), err)
	}
	res, err := v.PostForm(v.base+"/demo/booking", url.Values{"email": {"nobody"}, "given": {""}, "family": {"Vale"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a bad booking answers %s, %v", res.Status, err)
	}
}

func TestARealServerHasNoneOfTheDemosPages(t *testing.T) {
	d, _ := visitDemo(t, t.TempDir())
	h, err := d.Server.Handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{
		"GET /demo", "POST /demo/as/tim", "POST /demo/as/ada", "POST /demo/tour/1", "POST /demo/again", "GET /demo/outbox", "GET /demo/search",
	} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, d.Origin.URL(path), nil))
		if w.Code != http.StatusNotFound || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s answers %d with %d cookies", request, w.Code, len(w.Result().Cookies()))
		}
	}
}

func TestTheDemoListensOnThisMachineOnly(t *testing.T) {
	_, err := Open(context.Background(), Options{Dir: t.TempDir()}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}, false)
	if habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("on another address: %v", err)
	}
}

func TestADemoIsOpenedAgainAndNothingElseIsTouched(t *testing.T) {
	dir := t.TempDir()
	var records int
	t.Run("first", func(t *testing.T) {
		d, _ := visitDemo(t, dir)
		records, _, _, _ = d.DB.Records().Count(context.Background())
	})
	d, v := visitDemo(t, dir)
	if n, _, _, err := d.DB.Records().Count(context.Background()); err != nil || n != records {
		t.Errorf("%d records after opening again, %d before, %v", n, records, err)
	}
	if path, _ := v.post("/demo/as/nora", nil); path != "/staff" {
		t.Errorf("Nora begins at %s", path)
	}

	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letter.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), Options{Dir: other}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, true)
	if entries, _ := os.ReadDir(other); habeas.KindOf(err) != habeas.KindConflict || len(entries) != 1 {
		t.Errorf("in a directory of somebody's: %v, %d files", err, len(entries))
	}
}

func TestTheSearchFindsAValueInEveryEncoding(t *testing.T) {
	const value = "tim.berger@mail.example"
	var wide []byte
	for _, u := range utf16.Encode([]rune(value)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	forms := map[string]string{
		"plain": value, "capitals": strings.ToUpper(value), "hex": hex.EncodeToString([]byte(value)), "UTF-16 little": string(wide),
		"UTF-16 big": string(wide[len(wide)-1:]) + string(wide[:len(wide)-1]),
	}
	for _, before := range []string{"", "a", "ab"} {
		forms["base64 after "+before] = base64.StdEncoding.EncodeToString([]byte(before + value + "zz"))
		forms["base64url after "+before] = base64.RawURLEncoding.EncodeToString([]byte(before + value + "~~"))
	}
	for name, form := range forms {
		for _, at := range []int{0, 7, 1<<20 - 3, 1<<20 + 40, 3 << 20} {
			found := 0
			n := newNeedles()
			n.add(&found, value)
			text := strings.Repeat("x", at) + form + strings.Repeat("y", 100)
			read, err := n.search(strings.NewReader(text))
			if err != nil || read != int64(len(text)) || found != 1 {
				t.Errorf("%s at %d: found %d times in %d of %d bytes, %v", name, at, found, read, len(text), err)
			}
		}
	}
}

package regfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/request"
)

// ofPage is what the page makes for users: keys, requests, and with certificates files.
func ofPage(t testing.TB, users ...user) [][]byte {
	t.Helper()
	authority, err := pkitest.New(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var ask, make []task
	for _, u := range users {
		ask = append(ask, task{Task: "request", Fields: fields(u.who)})
	}
	for i, a := range page(t, ask...) {
		asked, err := request.Parse(a.Request)
		if err != nil {
			t.Fatalf("the page's request: %v %s", err, a.Message)
		}
		chain, err := authority.Issue(asked)
		if err != nil {
			t.Fatal(err)
		}
		one := task{Task: "file", Key: a.Key, Password: users[i].password, Times: users[i].times}
		for _, c := range chain {
			one.Chain = append(one.Chain, c.Raw)
		}
		make = append(make, one)
	}
	var files [][]byte
	for _, a := range page(t, make...) {
		if a.File == nil {
			t.Fatal(a.Message)
		}
		files = append(files, a.File)
	}
	return files
}

// user is somebody whose file is made.
type user struct {
	who      dn.Subject
	password string
	times    int
}

func TestThePageAndTheServerMakeTheSameFile(t *testing.T) {
	t.Parallel()
	password := "schlüssel"
	theirs := ofPage(t, user{tim, password, few})[0]
	ours, _, chain := file(t, tim, password)
	if d := len(theirs) - len(ours); d < -16 || d > 16 { // signatures differ in length by some bytes, and so does a block of AES
		t.Errorf("%d and %d bytes", len(theirs), len(ours))
	}
	id, err := opened(t, theirs, password)
	if err != nil {
		t.Fatal(err)
	}
	signs(t, id.Key, id.Chain[0])
	if _, err := opened(t, theirs, "schlussel"); !errors.Is(err, ErrIntegrity) {
		t.Errorf("with another password: %v", err)
	}
	answers := page(t,
		task{Task: "review", File: ours, Password: password, Times: few},
		task{Task: "review", File: ours, Password: "schlussel", Times: few},
		task{Task: "review", File: theirs, Password: password, Times: few},
		task{Task: "damage", File: theirs, Password: password, Times: few},
	)
	seen, sum, root := answers[0].Review, sha256.Sum256(chain[0].Raw), sha256.Sum256(chain[2].Raw)
	if seen.Subject != tim || seen.Fingerprint != hex.EncodeToString(sum[:]) || seen.Root != hex.EncodeToString(root[:]) ||
		seen.NotAfter != "2029-11-23T09:00:00.000Z" || len(seen.Issuers) != 2 || seen.Issuers[0] != "Test Users" ||
		seen.Serial != id.Review().Serial && seen.Serial != chain[0].SerialNumber.Text(16) {
		t.Errorf("the page's review of our file: %s", answers[0].Message)
	}
	if answers[1].Code != "integrity" || answers[2].Review.Subject != tim {
		t.Errorf("%q, %s", answers[1].Code, answers[2].Message)
	}
	if answers[3].Code != "integrity" {
		t.Errorf("a damaged file in the page: %s %s", answers[3].Code, answers[3].Message)
	}
}

// What the page lets pass and the server refuses would be found out after the key was made.
func TestThePageAndTheServerTakeTheSameNames(t *testing.T) {
	t.Parallel()
	with := func(change func(*dn.Subject)) dn.Subject {
		who := tim
		change(&who)
		return who
	}
	whom := []dn.Subject{
		tim,
		with(func(s *dn.Subject) { s.Organisation = "" }),
		with(func(s *dn.Subject) { s.Name = "علی\u200cرضا نوری" }),
		with(func(s *dn.Subject) { s.Username = "zoë 🌊" }),
		with(func(s *dn.Subject) { s.Email = "tim.o'k+b@xn--bcher-kva.example" }),
		with(func(s *dn.Subject) { s.Name = "" }),
		with(func(s *dn.Subject) { s.Name = strings.Repeat("é", 65) }),
		with(func(s *dn.Subject) { s.Name = "Tim\u202eOkafor" }),
		with(func(s *dn.Subject) { s.Name = "Tim\u3164" }),
		with(func(s *dn.Subject) { s.Name = "T\ufe0fim" }),
		with(func(s *dn.Subject) { s.Name = "Tim\nOkafor" }),
		with(func(s *dn.Subject) { s.Name = "Tim\ufffd" }),
		with(func(s *dn.Subject) { s.Country = "" }),
		with(func(s *dn.Subject) { s.Country = "gb" }),
		with(func(s *dn.Subject) { s.Username = "" }),
		with(func(s *dn.Subject) { s.Email = "zoë@example.org" }),
		with(func(s *dn.Subject) { s.Email = "tim@bücher.example" }),
		with(func(s *dn.Subject) { s.Email = "tim..o@example.org" }),
		with(func(s *dn.Subject) { s.Email = "tim@a@b" }),
	}
	var tasks []task
	for _, who := range whom {
		tasks = append(tasks, task{Task: "request", Fields: fields(who)})
	}
	// The page composes what it is given; the server takes what is composed.
	typed := fields(tim)
	typed["name"] = " Zoe\u0308\u3000Okafor "
	tasks = append(tasks, task{Task: "request", Fields: typed})
	answers := page(t, tasks...)
	for i, who := range whom {
		field := ""
		var refused *habeas.Error
		if errors.As(who.Check(), &refused) {
			field = refused.Field
		}
		got, err := request.Parse(answers[i].Request)
		if answers[i].Code != field || (field == "") != (err == nil && got.Subject == who) {
			t.Errorf("name %d: the page says %q, the server %q, of the request %v", i, answers[i].Code, field, err)
		}
	}
	if got, err := request.Parse(answers[len(whom)].Request); err != nil || got.Subject.Name != "Zoë Okafor" {
		t.Errorf("composed by the page: %v", err)
	}
}

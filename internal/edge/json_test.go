package edge

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/habeas-data/habeas"
)

type person struct {
	Email   string             `json:"email"`
	Born    string             `json:"born,omitzero"`
	Active  bool               `json:"active"`
	Count   int                `json:"count"`
	Contact contact            `json:"contact"`
	Tickets []ticket           `json:"tickets"`
	Extra   map[string]float64 `json:"extra"`
	Free    jsontext.Value     `json:"free"`
	Party   habeas.PartyID     `json:"party"`
	shared
}

type shared struct {
	System string `json:"system"`
}

type contact struct {
	Phone string `json:"phone"`
}

type ticket struct {
	Name string  `json:"name"`
	Next *ticket `json:"next"`
}

func post(body, contentType string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func decode(body string) (person, error) {
	return DecodeJSON[person](httptest.NewRecorder(), post(body, "application/json"), 4096)
}

func TestDecodeJSONReadsADocument(t *testing.T) {
	id := habeas.PartyID{1, 2, 3}
	p, err := decode(`{"email":"tim@example.org","active":true,"count":3,"contact":{"phone":"1"},
		"tickets":[{"name":"a","next":{"name":"b"}}],"extra":{"x":1.5},"free":{"any":[1]},"party":"` + id.String() + `","system":"s"} `)
	if err != nil {
		t.Fatal(err)
	}
	if p.Email != "tim@example.org" || !p.Active || p.Count != 3 || p.Contact.Phone != "1" || p.Tickets[0].Next.Name != "b" ||
		p.Extra["x"] != 1.5 || string(p.Free) != `{"any":[1]}` || p.Party != id || p.System != "s" {
		t.Errorf("%+v", p)
	}
}

func TestDecodeJSONNamesWhatIsWrong(t *testing.T) {
	deep := strings.Repeat(`{"name":"x","next":`, 40) + "null" + strings.Repeat("}", 40)
	tests := map[string]struct{ body, field, code string }{
		"duplicate member":           {`{"email":"canary","email":"canary"}`, "email", "json.duplicate"},
		"duplicate escaped":          {`{"email":"canary","e\u006dail":"canary"}`, "email", "json.duplicate"},
		"duplicate inside":           {`{"contact":{"phone":"1","phone":"2"}}`, "contact.phone", "json.duplicate"},
		"duplicate in a raw value":   {`{"free":{"canary":1,"canary":2}}`, "free", "json.duplicate"},
		"unknown member":             {`{"canary":1}`, "", "json.unknown"},
		"unknown in an array":        {`{"tickets":[{},{"canary":1}]}`, "tickets.1", "json.unknown"},
		"another case":               {`{"EMAIL":"canary"}`, "", "json.unknown"},
		"invalid UTF-8":              {"{\"email\":\"\xff\"}", "email", "json.utf8"},
		"lone surrogate":             {`{"email":"\ud800"}`, "email", "json.syntax"},
		"trailing value":             {`{} {}`, "", "json.trailing"},
		"trailing garbage":           {`{}canary`, "", "json.trailing"},
		"string for a number":        {`{"count":"canary"}`, "count", "json.type"},
		"fraction for a whole":       {`{"count":1.5}`, "count", "json.type"},
		"overflow":                   {`{"count":99999999999999999999}`, "count", "json.type"},
		"number for a string":        {`{"email":1}`, "email", "json.type"},
		"number for a flag":          {`{"active":1}`, "active", "json.type"},
		"string for an object":       {`{"contact":"canary"}`, "contact", "json.type"},
		"object for an array":        {`{"tickets":{}}`, "tickets", "json.type"},
		"wrong type in an array":     {`{"tickets":[{"name":1}]}`, "tickets.0.name", "json.type"},
		"wrong type under a map key": {`{"extra":{"canary":"x"}}`, "extra.*", "json.type"},
		"wrong type in an embedded":  {`{"system":1}`, "system", "json.type"},
		"top level array":            {`[1]`, "", "json.type"},
		"bad identifier":             {`{"party":"canary"}`, "party", ""},
		"empty":                      {``, "", "json.syntax"},
		"truncated":                  {`{"email":"canary`, "email", "json.syntax"},
		"comment":                    {`{/*canary*/}`, "", "json.syntax"},
		"trailing comma":             {`{"count":1,}`, "", "json.syntax"},
		"NaN":                        {`{"count":NaN}`, "count", "json.syntax"},
		"byte order mark":            {"\ufeff{}", "", "json.syntax"},
		"too deep":                   {`{"tickets":[` + deep + `]}`, "", "json.depth"},
		"too deep in a raw value":    {`{"free":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "", "json.depth"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := decode(test.body)
			var e *habeas.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Kind != habeas.KindInvalid || e.Field != test.field || e.Code != test.code {
				t.Errorf("got field %q, code %q (%v), want %q, %q", e.Field, e.Code, e, test.field, test.code)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("error repeats the input: %v", err)
			}
			if strings.ContainsAny(e.Text(), "{}") {
				t.Errorf("placeholder left: %s", e.Text())
			}
		})
	}
}

func TestDecodeJSONRefusesOtherBodies(t *testing.T) {
	long := `{"email":"` + strings.Repeat("x", 5000) + `"}`
	tests := map[string]struct {
		change func(*http.Request)
		body   string
		status int
	}{
		"form":                 {func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, "{}", 415},
		"text":                 {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, "{}", 415},
		"no type":              {func(r *http.Request) { r.Header.Del("Content-Type") }, "{}", 415},
		"two types":            {func(r *http.Request) { r.Header.Add("Content-Type", "text/plain") }, "{}", 415},
		"other charset":        {func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=latin1") }, "{}", 415},
		"compressed":           {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, "{}", 415},
		"too long, declared":   {func(*http.Request) {}, long, 413},
		"too long, undeclared": {func(r *http.Request) { r.ContentLength = -1 }, long, 413},
		"cut short":            {func(r *http.Request) { r.Body = io.NopCloser(cut{}) }, "{}", 400},
		"GET":                  {func(r *http.Request) { r.Method = http.MethodGet }, "{}", 500},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := post(test.body, "application/json")
			test.change(r)
			_, err := DecodeJSON[person](httptest.NewRecorder(), r, 4096)
			if f, _ := classify(err); f.Status != test.status {
				t.Errorf("status %d (%v), want %d", f.Status, err, test.status)
			}
		})
	}
	ok := post("{}", "Application/JSON; Charset=UTF-8")
	if _, err := DecodeJSON[person](httptest.NewRecorder(), ok, 4096); err != nil {
		t.Errorf("charset=UTF-8 refused: %v", err)
	}
	exact := post(`{"email":"`+strings.Repeat("x", 4096-12)+`"}`, "application/json")
	if _, err := DecodeJSON[person](httptest.NewRecorder(), exact, 4096); err != nil {
		t.Errorf("body of exactly the limit refused: %v", err)
	}
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// One request's text must not show up in another's: buffers are shared.
func TestDecodedValuesDoNotShareTheBuffer(t *testing.T) {
	first, err := decode(`{"email":"first@example.org","free":{"a":"first"}}`)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := decode(`{"email":"other@example.org","free":{"a":"other"}}`); err != nil {
			t.Fatal(err)
		}
	}
	if first.Email != "first@example.org" || string(first.Free) != `{"a":"first"}` {
		t.Errorf("%+v", first)
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{
		`{"email":"a","tickets":[{"name":"b"}]}`, `{"a":1,"a":2}`, `{"extra":{"x":1}} x`, `[[[[`, "\xff", `{"party":"pty_0"}`, `"\u0000\ud800"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := decode(string(body))
		if err != nil {
			var e *habeas.Error
			if !errors.As(err, &e) || e.Kind != habeas.KindInvalid && e.Kind != habeas.KindTooLarge {
				t.Fatalf("not an error for people: %v", err)
			}
			for _, part := range strings.Split(e.Field, ".") {
				if strings.Trim(part, "0123456789") != "" && part != "*" && !strings.Contains(
					" email born active count contact phone tickets name next extra free party system ", " "+part+" ") {
					t.Fatalf("field %q holds the sender's text", e.Field)
				}
			}
			return
		}
		// What is accepted means the same after a round trip.
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > 4096 {
			return
		}
		w, err := decode(string(again))
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if b, _ := json.Marshal(w); !bytes.Equal(canonical(t, again), canonical(t, b)) {
			t.Fatalf("%s became %s", again, b)
		}
	})
}

func canonical(t *testing.T, b []byte) []byte {
	t.Helper()
	v := jsontext.Value(bytes.Clone(b))
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	return v
}

func BenchmarkDecodeJSON(b *testing.B) {
	type call struct {
		Email   string `json:"email"`
		Name    string `json:"name"`
		Born    string `json:"born"`
		Phone   string `json:"phone"`
		Address struct {
			Street string `json:"street"`
			City   string `json:"city"`
		} `json:"address"`
		Ticket string `json:"ticket"`
	}
	body := []byte(`{"email":"tim@example.org","name":"Tim Doe","born":"1984-05-03","phone":"+34123456789",` +
		`"address":{"street":"Long Street 17","city":"Riverside"},"ticket":"T-2026-000123"}`)
	r := post("", "application/json")
	r.ContentLength = int64(len(body))
	reader := bytes.NewReader(body)
	r.Body = io.NopCloser(reader)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		reader.Reset(body)
		if _, err := DecodeJSON[call](w, r, 16<<10); err != nil {
			b.Fatal(err)
		}
	}
}

package edge

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

const formType = "application/x-www-form-urlencoded"

func form(t *testing.T, body string) *Form {
	t.Helper()
	f, err := DecodeForm(httptest.NewRecorder(), post(body, formType), 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFormIsReadFieldByField(t *testing.T) {
	id := habeas.PartyID{9}
	f := form(t, "name=+Tim+Do%C3%A9+&note=a%0D%0Ab%0Dc+&born=1984-05-03&count=7&ok=on&kind=person&set=contact&set=identity"+
		"&code=4829+13-65&party="+id.String())
	if v := f.Required("name", 20); v != "Tim Doé" {
		t.Errorf("name %q", v)
	}
	if v := f.Typed("name"); v != " Tim Doé " {
		t.Errorf("what was typed is %q", v)
	}
	if v := f.Text("note", 20); v != "a\nb\nc" {
		t.Errorf("note %q", v)
	}
	if v := f.Date("born"); !v.Equal(time.Date(1984, 5, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("born %v", v)
	}
	if v := f.Int("count", 1, 9); v != 7 {
		t.Errorf("count %d", v)
	}
	if !f.Bool("ok") || f.Bool("absent") {
		t.Error("boxes")
	}
	if v := f.Choice("kind", "person", "organisation"); v != "person" {
		t.Errorf("kind %q", v)
	}
	if v := f.Strings("set", 20, 5); !reflect.DeepEqual(v, []string{"contact", "identity"}) {
		t.Errorf("set %v", v)
	}
	if v := f.Code("code", 8); !v.EqualBytes([]byte("48291365")) {
		t.Errorf("code %q", v)
	}
	if v := Parsed(f, "party", 40, habeas.ParseID[habeas.PartyKind]); v != id {
		t.Errorf("party %v", v)
	}
	if f.String("absent2", 5) != "" || !f.Date("absent3").IsZero() || f.Choice("absent4", "a") != "" || len(f.Strings("absent5", 1, 1)) != 0 {
		t.Error("an absent field is empty")
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
}

func TestFormCollectsWhatIsWrongAndKeepsWhatWasTyped(t *testing.T) {
	f := form(t, "name=canary+too+long&line=a%0Ab&born=canary&count=12&ok=canary&kind=canary&set=a&set=a&set2=a&set2=b&code=12&twice=1&twice=2&party=canary&other=x&text=long")
	f.Required("name", 5)
	f.Required("missing", 5)
	f.String("line", 5)
	f.Date("born")
	f.Int("count", 1, 9)
	f.Int("nothing", 1, 9)
	f.Bool("ok")
	f.Choice("kind", "person")
	f.Strings("set", 5, 5)
	f.Strings("set2", 5, 1)
	f.Code("code", 8)
	f.String("twice", 5)
	f.Text("text", 3)
	Parsed(f, "party", 40, habeas.ParseID[habeas.PartyKind])
	Parsed(f, "other", 40, func(string) (int, error) { return 0, errors.New("canary") })
	want := map[string]string{
		"name": "form.long", "missing": "form.required", "line": "form.line", "born": "form.date", "count": "form.number",
		"nothing": "form.number", "ok": "form.choice", "kind": "form.choice", "set": "form.choice", "set2": "form.items",
		"code": "form.code", "twice": "form.duplicate", "party": "", "other": "", "text": "form.long",
	}
	for name, code := range want {
		if e := f.Problem(name); e == nil || e.Code != code || e.Field != name {
			t.Errorf("%s: %v, want code %q", name, e, code)
		} else if strings.ContainsAny(e.Text(), "{}") || strings.Contains(e.Error(), "canary") {
			t.Errorf("%s: %v", name, e)
		}
	}
	if len(f.Problems()) != len(want) {
		t.Errorf("%d problems, want %d: %v", len(f.Problems()), len(want), f.Problems())
	}
	if f.Typed("born") != "canary" || f.Typed("missing") != "" || len(f.TypedAll("set2")) != 2 {
		t.Error("what was typed is lost")
	}
	var all Problems
	if err := f.Err(); !errors.As(err, &all) || len(all) != len(want) || habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("%v", err)
	}
}

func TestFormKeepsAConflictAsItIs(t *testing.T) {
	f := form(t, "name=x")
	f.String("name", 5)
	f.Fail("name", nil)
	f.Fail("name", habeas.Conflict("Reload."))
	if failure, _ := classify(f.Err()); failure.Status != http.StatusConflict {
		t.Errorf("%+v", failure)
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	f := form(t, "name=x&canary=1")
	f.String("name", 5)
	err := f.Err()
	if habeas.KindOf(err) != habeas.KindInvalid || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestDecodeFormRefuses(t *testing.T) {
	tests := map[string]struct {
		body   string
		change func(*http.Request)
		code   string
	}{
		"bad percent-encoding": {"name=%zz", nil, "form.syntax"},
		"semicolon":            {"a=1;b=2", nil, "form.syntax"},
		"no name":              {"=canary", nil, "form.syntax"},
		"empty pair":           {"a=1&&b=2", nil, "form.syntax"},
		"long name":            {strings.Repeat("n", 101) + "=1", nil, "form.syntax"},
		"NUL":                  {"name=canary%00", nil, "form.characters"},
		"escape character":     {"name=%1b[31m", nil, "form.characters"},
		"delete character":     {"name=%7f", nil, "form.characters"},
		"C1 control":           {"name=%C2%85", nil, "form.characters"},
		"control in a name":    {"na%00me=1", nil, "form.characters"},
		"invalid UTF-8":        {"name=%ff", nil, "form.characters"},
		"overlong UTF-8":       {"name=%C0%AF", nil, "form.characters"},
		"too many fields":      {strings.Repeat("a=1&", 600) + "a=1", nil, "form.fields"},
		"too long":             {"a=" + strings.Repeat("x", 1<<16), nil, "body.size"},
		"JSON":                 {"{}", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, "content-type"},
		"multipart":            {"", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, "content-type"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := post(test.body, formType)
			if test.change != nil {
				test.change(r)
			}
			_, err := DecodeForm(httptest.NewRecorder(), r, 1<<16)
			var e *habeas.Error
			if !errors.As(err, &e) || e.Code != test.code || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v", err)
			}
		})
	}
	r := post("", formType)
	r.Method, r.URL.RawQuery = http.MethodGet, "name=x"
	if _, err := DecodeForm(httptest.NewRecorder(), r, 100); err == nil {
		t.Error("a form was read from a GET")
	}
	r = post("", formType)
	r.URL.RawQuery = "name=x"
	if f, err := DecodeForm(httptest.NewRecorder(), r, 100); err != nil || f.Typed("name") != "" {
		t.Error("the query became part of the form")
	}
}

func FuzzDecodeForm(f *testing.F) {
	for _, s := range []string{"name=Tim&born=1984-05-03", "a=%00", "a=1;b=2", "&&", "=", "name=%F0%9F%98%80&name=", "code=1234+5678", "%6eame=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		fo, err := parseForm(body)
		if err != nil {
			var e *habeas.Error
			if !errors.As(err, &e) {
				t.Fatalf("not an error for people: %v", err)
			}
			return
		}
		// It reads what the standard library reads.
		values, err := url.ParseQuery(body)
		if err != nil || len(values) != len(fo.values) {
			t.Fatalf("%q: standard library has %v, %v; we have %v", body, values, err, fo.values)
		}
		for name := range values {
			if !reflect.DeepEqual(values[name], fo.values[name]) {
				t.Fatalf("%q: %q", body, name)
			}
			if v := fo.String(name, 10); !cleanText(v) || strings.ContainsAny(v, "\r\n\t") || len([]rune(v)) > 10 {
				t.Fatalf("String gave %q", v)
			}
			if v := fo.Code(name, 8); !v.IsZero() {
				if code := sealedtest.Text(v); len(code) != 8 || strings.Trim(code, "0123456789") != "" {
					t.Fatalf("Code gave %q", code)
				}
			}
			fo.Date(name)
			fo.Int(name, -5, 5)
			fo.Text(name, 10)
		}
	})
}

func BenchmarkDecodeForm(b *testing.B) {
	const body = "name=Tim+Doe&email=tim%40example.org&born=1984-05-03&phone=%2B34123456789"
	b.ReportAllocs()
	for b.Loop() {
		f, err := parseForm(body)
		if err != nil {
			b.Fatal(err)
		}
		f.Required("name", 100)
		f.Required("email", 254)
		f.Date("born")
		f.String("phone", 30)
		if f.Err() != nil {
			b.Fatal(f.Err())
		}
	}
}

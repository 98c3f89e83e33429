package sealed_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// Proves SEAL-A9.
func TestStore(t *testing.T) {
	s := open(t)
	st := s.Store()
	if s.Store() != st || open(t).Store() == st {
		t.Error("a session has one store of its own")
	}
	in := []byte(secret)
	if err := st.Set("UserName", in); err != nil || in[0] != 0 {
		t.Fatalf("Set: %v, input %q", err, in)
	}
	born := sealed.Date{Year: 1815, Month: 12, Day: 10}
	if err := sealed.SetOf(st, "DateOfBirth", &born); err != nil || born.Year != 0 {
		t.Fatalf("SetOf: %v, input %v", err, born)
	}
	v, ok := st.Get("UserName")
	if !ok || v.Label() != "UserName" {
		t.Errorf("Get: %v, %q", ok, v.Label())
	}
	holds(t, v, secret)
	d, ok := sealed.GetOf[sealed.Date](st, "DateOfBirth")
	if !ok {
		t.Error("GetOf finds nothing")
	}
	if err := d.Use(func(d *sealed.Date) error {
		if d.Year != 1815 {
			t.Errorf("the date is %v", *d)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if _, ok = sealed.GetOf[int16](st, "DateOfBirth"); ok {
		t.Error("a date was given out as an int16")
	}
	if _, ok = sealed.GetOf[*int](st, "DateOfBirth"); ok {
		t.Error("a date was given out as a pointer")
	}
	if _, ok = st.Get("Nobody"); ok {
		t.Error("a name that was never set has a value")
	}
	if got := slices.Collect(st.Names()); !slices.Equal(got, []string{"DateOfBirth", "UserName"}) {
		t.Errorf("names %q", got)
	}

	if err := st.Set("UserName", []byte("another")); err != nil {
		t.Fatal(err)
	}
	if err := v.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("the value before: %v", err)
	}
	w, _ := st.Get("UserName")
	st.Delete("UserName")
	st.Delete("UserName")
	if err := w.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a deleted value: %v", err)
	}
	s.Close()
	if err := st.Set("UserName", []byte("x")); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("Set after Close: %v", err)
	}
}

// Proves SEAL-A9.
func TestStorePrintsItsClassAndId(t *testing.T) {
	st := open(t).Store()
	if err := st.Set("UserName", []byte(secret)); err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^SecureDataStore@[0-9a-f]{8}$`)
	for _, got := range []string{st.String(), fmt.Sprint(st), fmt.Sprintf("%+v", st), fmt.Sprintf("%x", st), st.LogValue().String()} {
		if !form.MatchString(got) || got != st.String() {
			t.Errorf("it prints %q", got)
		}
	}
	if b, err := json.Marshal(st); string(b) != `{"untraceable-object":"SecureDataStore","cause":"untraceable object type"}` || err != nil {
		t.Errorf("JSON %s, %v", b, err)
	}
	if b, err := st.MarshalText(); string(b) != st.String() || err != nil {
		t.Errorf("text %s, %v", b, err)
	}
	if y, err := st.MarshalYAML(); y != st.String() || err != nil {
		t.Errorf("YAML %s, %v", y, err)
	}
	_, binary := st.MarshalBinary()
	for what, err := range map[string]error{
		"gob": gob.NewEncoder(&bytes.Buffer{}).Encode(st), "binary": binary, "GobDecode": st.GobDecode(nil),
		"JSON": json.Unmarshal([]byte(`{"a":1}`), st), "text": st.UnmarshalText(nil),
	} {
		if !errors.Is(err, sealed.ErrUntraceable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Proves SEAL-A3, SLG-6.
func TestTransferWarns(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	v := seal(t, open(t), "user name", secret)
	got := sealed.Transfer(t.Context(), log, v, sealed.Crossing{
		Flow: "Order", FlowID: "f-17", Vertex: "v-3", From: "UserName", To: "Customer",
	})
	if got != v {
		t.Error("the transferred value is another one")
	}
	const want = `level=WARN msg="not cloneable, transferred by reference" flow=Order flow_id=f-17 vertex=v-3 mapping="[UserName → Customer]" object="user name"`
	if !strings.Contains(b.String(), want) {
		t.Errorf("logged: %s", b.String())
	}
}

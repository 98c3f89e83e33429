package scrub

import (
	"bytes"
	"strings"
	"testing"
)

// Cuts of a text in two, and in pieces of a byte or a few, give the same.
//
// Proves SCR-2.
func TestEveryCutGivesTheSame(t *testing.T) {
	s := newRough()
	long := strings.Repeat("x ", 2000)
	for _, in := range []string{
		"mail jude@example.org, ⟦EMAIL:k3f9x7bt⟧ and 12 High Street\nTown\nLand é end",
		`{"card":4111111111111111,"a":["jude\u0040example.org","secret"],"b":"\\"}` + "\n",
		"<a b='secret'>Jude &amp; <!-- jude@example.org --> 4111 1111 1111 1111</a>",
		"a,b\r\n\"x \"\"secret\"\"\",10.0.0.1\r\n",
		"a=jude%40example.org&b=%E2%9F%A6EMAIL%3Ak3f9x7bt%E2%9F%A7&c=secret",
		long + "jude@example.orgsecret <<" + long[:900] + "4111 1111 1111 1111>> 4111111111111111",
	} {
		want := string(s.Append(nil, []byte(in)))
		step := max(len(in)/40, 1)
		for _, frame := range []int{300, frameLen} {
			whole := streamed(t, s, in, frame, Options{})
			if frame == frameLen && whole != want {
				t.Errorf("%q is %q written and %q appended", in, whole, want)
			}
			for cut := 0; cut <= len(in); cut += step {
				if got := streamed(t, s, in, frame, Options{}, cut); got != whole {
					t.Fatalf("%q cut at %d is\n%q, want\n%q", in, cut, got, whole)
				}
			}
			var bytewise []int
			for i := 0; i < len(in); i += max(len(in)/500, 1) {
				bytewise = append(bytewise, i)
			}
			if got := streamed(t, s, in, frame, Options{}, bytewise...); got != whole {
				t.Fatalf("%q by bytes is\n%q, want\n%q", in, got, whole)
			}
		}
	}
}

func TestLinesComeOutAtOnce(t *testing.T) {
	var out bytes.Buffer
	s := newRough()
	w := s.NewWriter(&out, Options{Lines: true})
	for _, c := range []struct{ in, want string }{
		{"from Ju", ""},
		{"de\nto An", "from ⟦PERSON:a⟧\n"},
		{"a\n\nsecret\r\n{\"n\":4111111111111111}\nrest", "to ⟦PERSON:a⟧\n\n⟦KNOWN:b⟧\r\n{\"n\":\"⟦CARD:c⟧\"}\n"},
		{" of Jude", ""},
	} {
		out.Reset()
		if n, err := w.Write([]byte(c.in)); n != len(c.in) || err != nil {
			t.Fatal(n, err)
		}
		if got := shown(out.Bytes()); got != c.want {
			t.Errorf("after %q came %q, want %q", c.in, got, c.want)
		}
	}
	out.Reset()
	if err := w.Close(); err != nil || shown(out.Bytes()) != "rest of ⟦PERSON:a⟧" {
		t.Errorf("Close brought %q, %v", out.Bytes(), err)
	}
	if c := w.Counts(); c.Of(Person) != 3 || c.Of(Known) != 1 || c.All() != 5 {
		t.Errorf("counted %v", c)
	}
}

func TestALineWithoutEndIsCut(t *testing.T) {
	var out bytes.Buffer
	s := newQuick()
	w := s.NewWriter(&out, Options{Lines: true})
	in := strings.Repeat("secret line without an end ", 10_000)
	for i := 0; i < len(in); i += 999 {
		if _, err := w.Write([]byte(in[i:min(i+999, len(in))])); err != nil {
			t.Fatal(err)
		}
		if cap(w.line) > 2*frameLen {
			t.Fatalf("it holds %d bytes", cap(w.line))
		}
	}
	if out.Len() < len(in)/2 || w.Close() != nil {
		t.Errorf("only %d bytes came out", out.Len())
	}
}

// What is given back for later use holds no text.
func TestBuffersAreWiped(t *testing.T) {
	s := newQuick()
	e := takeEngine(s, Options{})
	var out bytes.Buffer
	e.sink = func(b []byte) error { out.Write(b); return nil }
	raw := e.raw.text[:cap(e.raw.text)]
	if err := e.write([]byte(strings.Repeat("the secret ", 20_000))); err != nil {
		t.Fatal(err)
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	buffers := [][]byte{raw, e.raw.text, e.out.text, e.spare.text, e.hash.scratch}
	e.release()
	for i, b := range buffers {
		if b = b[:cap(b)]; bytes.Trim(b, "\x00") != nil && len(bytes.Trim(b, "\x00")) > 0 {
			t.Errorf("buffer %d of %d bytes still holds %q", i, len(b), bytes.Trim(b, "\x00")[:10])
		}
	}
	if out.Len() == 0 {
		t.Error("nothing came out")
	}
}

func TestFindTellsPlacesAndKinds(t *testing.T) {
	s := newRough()
	in := "mail jude@example.org, the secret"
	got := s.Find([]byte(in))
	want := []Found{{5, 21, Email}, {27, 33, Known}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("found %v, want %v", got, want)
	}
	in = strings.Repeat("0123456789abcdef ", 20_000) + in
	if got = s.Find([]byte(in)); len(got) != 2 || in[got[1].Start:got[1].End] != "secret" {
		t.Errorf("in a long text it found %v", got)
	}
	only := New(Only(Email))
	only.finders = s.finders
	if got = only.Find([]byte(in)); len(got) != 1 || got[0].Kind != Email {
		t.Errorf("only e-mail: %v", got)
	}
	if len(kindList) != len(Kinds()) {
		t.Errorf("Counts has room for %d kinds of %d", len(kindList), len(Kinds()))
	}
}

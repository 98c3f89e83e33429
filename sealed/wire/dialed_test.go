package wire_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
	"github.com/habeas-data/habeas/sealed/wire"
)

// recorded keeps what is written, write by write, and has nothing to read.
type recorded struct {
	net.Conn
	writes [][]byte
}

func (r *recorded) Write(p []byte) (int, error) {
	r.writes = append(r.writes, bytes.Clone(p))
	return len(p), nil
}

func (*recorded) Read([]byte) (int, error) { return 0, io.EOF }

// However the text is cut and wherever values stand in it, it comes out whole, and where a
// value is in a write, a buffer as crypto/tls makes it need not grow when the record is
// encrypted in it: there it would leave the value behind.
func TestAValueGoesOutWhereTLSNeedsNoOtherBuffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stands := wire.Stands{}
		var text, want strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "values") {
			plain := strings.Repeat("V9w5", 32)[:rapid.IntRange(8, 60).Draw(t, "length")]
			stand, ok := stands.Put(sealedtest.Seal(plain))
			if !ok {
				t.Fatal("no stand-in")
			}
			filler := strings.Repeat("=", rapid.IntRange(0, 2500).Draw(t, "filler"))
			text.WriteString(filler + stand)
			want.WriteString(filler + plain)
		}
		tail := strings.Repeat("=", rapid.IntRange(0, 600).Draw(t, "tail"))
		text.WriteString(tail)
		want.WriteString(tail)
		var below recorded
		c := wire.Dialed(&below, stands)
		for rest := text.String(); rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if _, err := io.WriteString(c, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if _, err := c.Read(nil); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if got := string(bytes.Join(below.writes, nil)); got != want.String() {
			t.Fatalf("what came out is not what was written: %d bytes, want %d", len(got), want.Len())
		}
		const head, tag = 5, 17
		for i, w := range below.writes {
			if want.Len() < 1000 || !bytes.Contains(w, []byte("V9w5")) {
				continue
			}
			if record := append(make([]byte, head), w...); cap(record) < len(record)+tag {
				t.Errorf("write %d of %d, of %d bytes, leaves no room", i, len(below.writes), len(w))
			}
		}
	})
}

func TestAValueThatIsGoneBreaksOff(t *testing.T) {
	session := sealed.Open(t.Context())
	v, err := session.Seal("code", []byte("12345678"))
	if err != nil {
		t.Fatal(err)
	}
	stands := wire.Stands{}
	stand, _ := stands.Put(v)
	session.Close()
	var below recorded
	c := wire.Dialed(&below, stands)
	if _, err := io.WriteString(c, "code "+stand); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(nil); !errors.Is(err, sealed.ErrClosed) || strings.Trim(string(bytes.Join(below.writes, nil)), "code ") != "" {
		t.Errorf("%v after %q", err, below.writes)
	}
}

package account

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestSharesAreReadAsThePageWritesThem(t *testing.T) {
	id, other := habeas.KeeperID{1}, habeas.KeeperID{2}
	word := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{7}, shareSize))
	got, err := ParseShares(id.String() + ":" + word + "," + other.String() + ":" + word)
	if err != nil || len(got) != 2 || got[0].Keeper != id || got[1].Keeper != other || len(got[1].Sealed) != shareSize {
		t.Fatalf("%v, %v", got, err)
	}
	one := id.String() + ":" + word
	for _, s := range []string{"", ",", one + ",", one[1:], one + "A", one[:len(one)-2], id.String(), ":" + word, strings.Repeat(one+",", MaxKeepers) + one, one + "=="} {
		if _, err := ParseShares(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
	if most := strings.Repeat(one+",", MaxKeepers-1) + one; len(most) > MaxShares {
		t.Errorf("the longest are %d bytes, of at most %d", len(most), MaxShares)
	}
}

// Whatever a browser sends is refused, or shares that are written again as they came.
func FuzzParseShares(f *testing.F) {
	word := base64.RawURLEncoding.EncodeToString(make([]byte, shareSize))
	f.Add(habeas.KeeperID{1}.String() + ":" + word)
	f.Add("kpr_:,:")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		shares, err := ParseShares(s)
		if err != nil {
			return
		}
		var out []string
		for _, x := range shares {
			out = append(out, x.Keeper.String()+":"+base64.RawURLEncoding.EncodeToString(x.Sealed))
		}
		if strings.Join(out, ",") != s {
			t.Errorf("%q is read as %q", s, out)
		}
	})
}

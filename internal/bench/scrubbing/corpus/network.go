package corpus

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
)

// ip4 draws an address that can be somebody's: public, or of a home network.
func (d dice) ip4() string {
	switch d.IntN(6) {
	case 0:
		return fmt.Sprintf("192.168.%d.%d", d.IntN(256), 1+d.IntN(254))
	case 1:
		return fmt.Sprintf("10.%d.%d.%d", d.IntN(256), d.IntN(256), 1+d.IntN(254))
	}
	return fmt.Sprintf("%d.%d.%d.%d", 11+d.IntN(110), d.IntN(256), d.IntN(256), 1+d.IntN(254))
}

// ip6 draws an address below 2000::/3, in its short or its long form.
func (d dice) ip6() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], d.Uint64()&0x1fff_ffff_ffff_ffff|0x2000_0000_0000_0000)
	switch d.IntN(3) {
	case 0: // a server: most of it is zero
		b[15] = byte(1 + d.IntN(255)) //nolint:gosec // below 256
		clear(b[6:8])
	default:
		binary.BigEndian.PutUint64(b[8:], d.Uint64())
	}
	a := netip.AddrFrom16(b)
	if d.percent(20) {
		return a.StringExpanded()
	}
	return a.String()
}

func (d dice) mac() string {
	h := "0" + pick(d, []string{"0", "4", "8"}) + d.letters(10, lowHex)
	sep := pick(d, []string{":", ":", "-"})
	s := strings.Join([]string{h[:2], h[2:4], h[4:6], h[6:8], h[8:10], h[10:]}, sep)
	switch d.IntN(4) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return h[:4] + "." + h[4:8] + "." + h[8:]
	}
	return s
}

// key draws a credential whose form says what it is.
func (d dice) key() string {
	switch d.IntN(12) {
	case 0:
		return "AKIA" + d.letters(16, base32)
	case 1:
		return "ghp_" + d.letters(36, alnum)
	case 2:
		return "glpat-" + d.letters(20, base64u)
	case 3:
		return "sk_live_" + d.letters(24, alnum)
	case 4:
		return "xoxb-" + d.letters(12, digits) + "-" + d.letters(12, digits) + "-" + d.letters(24, alnum)
	case 5:
		return "AIza" + d.letters(35, base64u)
	case 6:
		return "SG." + d.letters(22, base64u) + "." + d.letters(43, base64u)
	case 7:
		return "npm_" + d.letters(36, alnum)
	case 8:
		return "github_pat_" + d.letters(22, alnum) + "_" + d.letters(59, alnum)
	case 9:
		return "dop_v1_" + d.letters(64, lowHex)
	}
	return d.jwt()
}

// jwt makes a token of three parts (RFC 7519).
func (d dice) jwt() string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"sub":"%d","iat":%d}`, d.IntN(1e9), 1_700_000_000+d.IntN(1e8))
	sum := sha256.Sum256([]byte(claims))
	return encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." + encode(sum[:])
}

// secret draws one that only its context gives away.
func (d dice) secret() string {
	switch d.IntN(4) {
	case 0:
		return d.letters(32, lowHex)
	case 1:
		return d.letters(40, alnum)
	case 2:
		return d.letters(12, alnum+"!$%*")
	}
	return pick(d, []string{"Winter", "Tiger", "Coffee", "Sunrise"}) + d.pattern("20##!") + d.letters(3, lower)
}

package email

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// domain is a domain in both spellings, and what was noticed about it.
type domain struct {
	ascii   string
	unicode string
	flags   flags
}

// profile is UTS 46 non-transitional with all checks, so ß and ς stay
// themselves.
var profile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.BidiRule(),
	idna.VerifyDNSLength(true),
)

func (r Rules) parseDomain(s string) (domain, error) {
	switch {
	case s == "" || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, ".."):
		return domain{}, errDots
	case isASCII(s):
		s = lowerASCII(s)
		if !strings.HasPrefix(s, "xn--") && !strings.Contains(s, ".xn--") {
			return domain{ascii: s, unicode: s}, r.checkHost(s)
		}
	}
	d, err := unicodeDomain(s)
	if err != nil {
		return domain{}, err
	}
	if err := r.checkHost(d.ascii); err != nil {
		return domain{}, err
	}
	d.flags, err = d.inspectLabels()
	return d, err
}

// checkHost checks a domain of A-labels in lower case by RFC 1123 and the rule
// that a top-level domain is alphabetic (RFC 3696 section 2), which keeps out
// IP addresses. A label with -- in third place is reserved: only xn-- has a
// meaning.
func (r Rules) checkHost(s string) error {
	if len(s) > maxDomain {
		return errTooLong
	}
	var last string
	for label := range strings.SplitSeq(s, ".") {
		if !isLDH(label) {
			return errDomain
		}
		last = label
	}
	switch {
	case len(last) == len(s) && r.AllowLocalhost && s == "localhost":
		return nil
	case len(last) == len(s):
		return errSingle
	case strings.HasPrefix(last, "xn--"):
		return nil
	case len(last) < 2 || strings.ContainsAny(last, "0123456789-"):
		return errTLD
	}
	return nil
}

// isLDH reports whether a label in lower case holds letters, digits and inner
// hyphens only.
func isLDH(label string) bool {
	n := len(label)
	if n == 0 || n > maxLabel || label[0] == '-' || label[n-1] == '-' {
		return false
	}
	if n >= 4 && label[2:4] == "--" && label[:2] != "xn" {
		return false
	}
	for i := range n {
		if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// unicodeDomain maps a domain to both spellings. The Unicode spelling of what
// was given as xn-- is examined like one that was typed.
func unicodeDomain(s string) (domain, error) {
	if err := checkCharacters(s); err != nil {
		return domain{}, err
	}
	// Unicode 15.1 maps the capital ẞ to ß, earlier versions to ss. A key must
	// not depend on the version, and ß is what was meant.
	ascii, err := profile.ToASCII(strings.ReplaceAll(s, "ẞ", "ß"))
	if err != nil {
		return domain{}, errDomain
	}
	uni, err := profile.ToUnicode(ascii)
	if err != nil {
		return domain{}, errDomain
	}
	if back, err := profile.ToASCII(uni); err != nil || back != ascii {
		return domain{}, errDomain // two spellings of one name: not canonical
	}
	if err := checkCharacters(uni); err != nil {
		return domain{}, err
	}
	return domain{ascii: ascii, unicode: uni}, nil
}

// inspectLabels applies UTS 39 to each label. A label that looks like ASCII as
// a whole is refused unless its script is at home under the top-level domain,
// where readers expect it.
func (d domain) inspectLabels() (flags, error) {
	tld := d.unicode[strings.LastIndexByte(d.unicode, '.')+1:]
	home := homeScripts(tld)
	var found flags
	for label := range strings.SplitSeq(d.unicode, ".") {
		if isASCII(label) {
			continue
		}
		scripts, verdict, err := inspect(label, true)
		if err != nil {
			return 0, err
		}
		switch {
		case verdict == plain:
		case verdict == looksFamiliar, scripts&home != 0 && knownEnding(d.ascii):
			found |= lookalikeDomain
		default:
			return 0, errConfusable
		}
	}
	return found, nil
}

// knownEnding reports whether the top-level domain is delegated, going by the
// public suffix list that is built in.
func knownEnding(ascii string) bool {
	suffix, icann := publicsuffix.PublicSuffix(ascii)
	return icann || strings.Contains(suffix, ".")
}

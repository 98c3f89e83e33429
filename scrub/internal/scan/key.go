package scan

import (
	"bytes"
	"encoding/base64"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Alphabets of keys.
const (
	alnum  = isAlnum
	token  = isToken
	hexa   = isHex
	capped = isUpper | isDigit
)

// provider is a kind of key that its maker marks with a prefix, so that it is found. The
// forms are those of the makers' documentation; lengths that they do not promise are taken
// as lower bounds.
type provider struct {
	prefix   string
	alphabet uint8
	min, max int // characters after the prefix
}

var providers = []provider{
	{"AKIA", capped, 16, 16},
	{"ASIA", capped, 16, 16},
	{"ABIA", capped, 16, 16},
	{"ACCA", capped, 16, 16}, // AWS
	{"AIza", token, 35, 35},
	{"GOCSPX-", token, 28, 28},
	{"ya29.", token, 20, 1024}, // Google
	{"ghp_", alnum, 36, 251},
	{"gho_", alnum, 36, 251},
	{"ghu_", alnum, 36, 251}, // GitHub
	{"ghs_", alnum, 36, 251},
	{"ghr_", alnum, 36, 251},
	{"github_pat_", token, 60, 251},
	{"glpat-", token, 20, 300},
	{"gldt-", token, 20, 64},
	{"glrt-", token, 20, 64},
	{"glcbt-", token, 20, 64}, // GitLab
	{"glptt-", token, 20, 64},
	{"glft-", token, 20, 64},
	{"glsoat-", token, 20, 64},
	{"glagent-", token, 20, 64},
	{"gloas-", token, 20, 80},
	{"glimt-", token, 20, 64},
	{"glffct-", token, 20, 64},
	{"xoxb-", token, 20, 255},
	{"xoxp-", token, 20, 255},
	{"xoxa-", token, 20, 255},
	{"xoxr-", token, 20, 255}, // Slack
	{"xoxs-", token, 20, 255},
	{"xoxe-", token, 20, 255},
	{"xoxe.xoxp-", token, 20, 255},
	{"xoxe.xoxb-", token, 20, 255},
	{"xapp-", token, 20, 255},
	{"sk_live_", alnum, 10, 255},
	{"sk_test_", alnum, 10, 255},
	{"rk_live_", alnum, 10, 255}, // Stripe
	{"rk_test_", alnum, 10, 255},
	{"pk_live_", alnum, 10, 255},
	{"pk_test_", alnum, 10, 255},
	{"whsec_", alnum, 20, 255},
	{"sk-", token, 20, 255}, // OpenAI, Anthropic and others
	{"npm_", alnum, 36, 36},
	{"pypi-", token, 50, 512},
	{"rubygems_", hexa, 48, 48}, // package registries
	{"SG.", token, 22, 22},
	{"SK", hexa, 32, 32},
	{"AC", hexa, 32, 32}, // SendGrid, Twilio
	{"hf_", alnum, 30, 64},
	{"dop_v1_", hexa, 64, 64},
	{"doo_v1_", hexa, 64, 64},
	{"dor_v1_", hexa, 64, 64},
	{"shpat_", hexa, 32, 32},
	{"shpss_", hexa, 32, 32},
	{"shpca_", hexa, 32, 32},
	{"shppa_", hexa, 32, 32}, // Shopify
	{"sq0atp-", token, 22, 22},
	{"sq0csp-", token, 43, 43},
	{"dckr_pat_", token, 24, 64}, // Square, Docker
	{"hvs.", token, 24, 255},
	{"hvb.", token, 24, 512},
	{"lin_api_", alnum, 40, 64}, // Vault, Linear
	{"ATATT3", token, 100, 255},
	{"NRAK-", capped, 27, 27},
	{"dapi", hexa, 32, 34}, // Atlassian, New Relic, Databricks
	{"glsa_", token, 32, 64},
	{"sbp_", hexa, 40, 40},
	{"xkeysib-", token, 64, 100},
	{"key-", hexa, 32, 32}, // Grafana, Supabase, Brevo, Mailgun
	{"AGE-SECRET-KEY-1", capped, 58, 58},
	{"age1", alnum, 58, 62}, // age
	{"ssh-rsa AAAA", alnum | isBase64, 60, 1000},
	{"ssh-ed25519 AAAA", alnum | isBase64, 60, 100}, // SSH
	{"ecdsa-sha2-nistp256 AAAA", alnum | isBase64, 100, 300},
	{"eyJ", token, 8, 2000}, // JSON Web Token
}

// byLetter are the providers by the first byte of their prefix.
var byLetter = func() (t [128][]provider) {
	for _, p := range providers {
		t[p.prefix[0]] = append(t[p.prefix[0]], p)
	}
	return t
}()

// providerKey looks for a key with a provider's prefix at i.
func (p *pass) providerKey(i int) {
	t := p.t
	if at(t, i-1) == '-' && (hasPrefix(t, i-4, close) || has(at(t, i-2), isAlnum)) {
		return
	}
	for _, v := range byLetter[t[i]] {
		if !hasPrefix(t, i, v.prefix) {
			continue
		}
		s := i + len(v.prefix)
		e := run(t, s, s+v.max+1, v.alphabet)
		for v.alphabet == token && e > s && t[e-1] == '-' {
			e--
		}
		n := e - s
		if n < v.min || n > v.max && v.min == v.max || has(at(t, e), isAlnum) && n <= v.max {
			continue
		}
		if e = p.keyEnd(v.prefix, i, min(e, s+v.max)); e > 0 {
			p.add(span.Key, i, e, 0)
			return
		}
	}
}

// keyEnd checks what single providers have of their own. It returns the end of the key that
// was read up to e, or 0.
func (p *pass) keyEnd(prefix string, i, e int) int {
	t := p.t
	switch prefix {
	case "eyJ":
		return jwtEnd(t, i, e)
	case "SG.":
		if at(t, e) != '.' {
			return 0
		}
		k := run(t, e+1, e+44, isToken)
		if k-e-1 != 43 {
			return 0
		}
		return k
	case "sk-":
		if !random(t[i+3:e], 16) {
			return 0
		}
	}
	return e
}

// jwtEnd is the end of the JSON Web Token (RFC 7519) at i whose header ends at e, or 0.
func jwtEnd(t []byte, i, e int) int {
	if at(t, e) != '.' {
		return 0
	}
	var room [384]byte
	header := t[i:min(e, i+512)]
	header = header[:len(header)/4*4]
	n, _ := base64.RawURLEncoding.Decode(room[:], header)
	if !bytes.Contains(room[:n], []byte(`"alg"`)) && !bytes.Contains(room[:n], []byte(`"typ"`)) {
		return 0
	}
	limit := i + span.Ahead - 1
	for part := 0; part < 4 && at(t, e) == '.'; part++ {
		k := run(t, e+1, limit, isToken)
		if k == e+1 && part > 0 {
			break
		}
		e = min(k, limit)
	}
	return e
}

// random says whether b has a run of letters and digits as long as n with digits in it, and
// letters, as words have not.
func random(b []byte, n int) bool {
	for i := 0; i < len(b); i++ {
		e := run(b, i, len(b), isAlnum)
		digits, letters := 0, 0
		for _, c := range b[i:e] {
			if has(c, isDigit) {
				digits++
			} else {
				letters++
			}
		}
		if e-i >= n && digits >= 2 && letters >= 2 {
			return true
		}
		i = max(e, i)
	}
	return false
}

// telegram looks for the token of a Telegram bot: 8 to 10 digits, ':' and 35 characters.
func (p *pass) telegram(i int) {
	t := p.t
	s := runBack(t, i, i-11, isDigit)
	if n := i - s; n < 8 || n > 10 || has(at(t, s-1), isAlnum|isHigh) && !hasFold(t, s-3, "bot") {
		return
	}
	e := run(t, i+1, i+37, isToken)
	if e-i-1 == 35 && random(t[i+1:e], 6) {
		p.add(span.Key, s, e, 0)
	}
}

// dash looks at '-': the bounds of a private key (RFC 7468).
func (p *pass) dash(i int) int {
	t := p.t
	if at(t, i+3) == '-' && at(t, i+6) == '-' {
		p.mac(i - 2)
	}
	if !hasPrefix(t, i, "-----") || at(t, i-1) == '-' {
		return i + 1
	}
	switch {
	case hasPrefix(t, i, "-----BEGIN ") && privateLabel(t, i+11):
		p.add(span.Key, i, pemEnd(t, i), 0)
	case hasPrefix(t, i, "-----END ") && privateLabel(t, i+9):
		p.pemTail(i)
	}
	return i + 5
}

// privateLabel says whether the label at i is that of a private key.
func privateLabel(t []byte, i int) bool {
	line := t[i:min(len(t), i+48)]
	k := bytes.Index(line, []byte("-----"))
	return k > 0 && bytes.Contains(line[:k], []byte("PRIVATE KEY"))
}

// pemEnd is the end of the private key that begins at i, as far as a span may reach.
func pemEnd(t []byte, i int) int {
	limit := min(len(t), i+span.Ahead-1)
	if k := bytes.Index(t[i:limit], []byte("-----END ")); k > 0 {
		e := i + k + 9
		if d := bytes.Index(t[e:min(limit, e+48)], []byte("-----")); d >= 0 {
			return e + d + 5
		}
		return e
	}
	return pemBody(t, i+11, limit)
}

// pemBody is the end of the text at i that can be part of a key: base64, ends of lines,
// also as \n, and headers.
func pemBody(t []byte, i, limit int) int {
	e := i
	for e < limit && (has(t[e], isAlnum|isBase64|isDashed) || t[e] == '\n' || t[e] == '\r' || t[e] == '\\' || t[e] == ' ' || t[e] == ':' || t[e] == ',') {
		e++
	}
	return e
}

// pemTail looks back from the end of a private key at i whose beginning is too far away for
// one span.
func (p *pass) pemTail(i int) {
	t := p.t
	far := i - (span.Ahead - 80)
	s := i
	for s > 0 && s > far && (has(t[s-1], isAlnum|isBase64) || t[s-1] == '\n' || t[s-1] == '\r' || t[s-1] == '\\' || t[s-1] == ' ') {
		s--
	}
	e := i + 9
	if d := bytes.Index(t[e:min(len(t), e+48)], []byte("-----")); d >= 0 {
		e += d + 5
	}
	p.add(span.Key, s, e, 0)
}

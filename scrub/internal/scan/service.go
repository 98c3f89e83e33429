package scan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// service is the name of a maker of keys, or what a name of a key has in it. What follows
// such a name, as in MAILGUN_KEY=…, "twitterSecret": "…" or netlify => '…', is a key if it
// looks random.
type service struct {
	name    string
	trigger int   // where the gram is that its search begins with
	plain   bool  // it is no service
	hex     []int // the lengths of its keys of hexadecimal digits alone, 36 for a UUID
}

// Bounds of names and values.
const (
	maxPrefix = 24 // letters before, in one word with it
	maxSuffix = 24 // what stands between a name and its '=', as _API_KEY
	minValue  = 10
	maxValue  = 200
	sizeUUID  = 36
)

// services are names with the lengths of keys in hexadecimal digits: hashes and UUIDs are
// everywhere, and a name beside them says little unless its keys look so.
var services = func() (all []service) {
	taken := map[string]bool{}
	for _, w := range fields(`adafruit adobe:32 airtable algolia:32 alibaba asana:32 atlassian beamer bitbucket
		bittrex codecov coinbase confluen contentful contribsys:17 cloudflare:37 cohere datadog:32:40
		discord:64 droneci dropbox dnkey dockerhub etsy facebook:32 fastly finicity:32 finnhub flickr flutterwave
		freshbooks frameio figma gitter gocardless heroku:36 hubspot:36 intercom jfrog artifactory kraken kucoin:24:36
		launchdarkly linear:32 linkedin linked-in linked_in lob looker mailchimp:32 mailgun:32 mapbox mattermost messagebird:36 message_bird:36 message-bird:36 jira xray bintray
		meraki:40 netlify newrelic relic:64 nytimes york-times notion okta openai plaid:24:30 postman private-ai private_ai privateai
		pagerduty paypal rapidapi sendbird:36:40 sendgrid sentry:64 snyk:36 sonar squarespace:36 squareup sumologic sumo
		stripe supabase shopify telegr travis twitch twitter twilio:32 typeform vercel yandex zendesk zapier
		*key *token *secret *passw *pwd *credential *auth *passphrase _mmk`) {
		w, plain := strings.CutPrefix(w, "*")
		parts := strings.Split(w, ":")
		s := service{name: parts[0], plain: plain, trigger: rarest(parts[0], taken)}
		for _, n := range parts[1:] {
			size, _ := strconv.Atoi(n)
			s.hex = append(s.hex, size)
		}
		all = append(all, s)
	}
	return all
}()

// rarest is where the bytes of a name begin that are rare in other words, by how common
// letters are, and that no other name has taken.
func rarest(name string, taken map[string]bool) (place int) {
	const common = "etaoinsrhldcumfpgwybvkxjqz"
	most := -1
	for i := 0; i == 0 || i+gramLen <= len(name); i++ {
		sum := 0
		gram := name[i:min(len(name), i+gramLen)]
		for _, c := range gram {
			n := strings.IndexRune(common, c)
			sum += n * n
		}
		if sum > most && !taken[gram] {
			most, place = sum, i
		}
	}
	taken[name[place:min(len(name), place+gramLen)]] = true
	return place
}

// service looks for a name whose trigger is at i, and for a key after it.
func (p *pass) service(i int, s *service) {
	t := p.t
	begin := i - s.trigger
	switch {
	case !hasFold(t, begin, s.name):
	case s.name == "_mmk":
		p.maxmind(begin)
	case !stuck(t, begin):
		p.keyOf(s, begin+len(s.name))
	}
}

// stuck says whether what stands before i in one word is no part of a name: up to eight
// digits and then letters are, since the loop over the bytes sees the letters.
func stuck(t []byte, i int) bool {
	k := runBack(t, i, i-maxPrefix, isLetter)
	d := runBack(t, k, k-9, isDigit)
	return i-k == maxPrefix || k-d > maxTail || has(at(t, d-1), isAlnum|isHigh)
}

// keyOf looks for a key after a name that ends at i.
func (p *pass) keyOf(s *service, i int) {
	t := p.t
	limit := min(len(t), i+maxSuffix)
	e := i
	for e < limit && (has(t[e], isToken) || t[e] == '.') {
		e++
	}
	k := e
	for n := 0; n < 3 && isOneOf(at(t, k), " \t\n\"'`]\\."); n++ {
		k++
	}
	first := k
	for n := 0; n < 3 && isOneOf(at(t, k), "=:>|?,"); n++ {
		k++
	}
	if k == first || at(t, first) == ',' && s.plain || at(t, k-1) == '?' {
		return
	}
	if b, f := lastWord(t, e, i); f&(aCount|anID|aVersion) != 0 && e > b+1 {
		return // the identifier of a thing
	}
	for n := 0; n < 5 && isOneOf(at(t, k), " \t\r\n\"'`=\\"); n++ {
		k++
	}
	e = keyValue(t, k, s.plain)
	if looksRandom(t[k:e], s) && (!s.plain || !identifier(t[k:e])) {
		p.add(span.Key, k, e, 0)
	}
}

// identifier says whether v is rather a name in a program, as in key = testPrivateKey1.
func identifier(v []byte) bool {
	for i := range v {
		switch fold(v[i]) {
		case 'k', 's', 't', 'e', 'p', 'h':
			for _, w := range [...]string{"key", "secret", "sha", "token", "test", "ecdsa", "public", "private", "http"} {
				if hasFold(v, i, w) {
					return true
				}
			}
		}
	}
	return false
}

// keyValue is the end of the value at i, or i if there is rather another name at once.
func keyValue(t []byte, i int, plain bool) int {
	name := i + minValue
	if plain {
		name = i + 3*maxSuffix
	}
	limit := min(len(t), i+maxValue)
	e := i
	for e < limit && (has(t[e], isToken|isBase64) || isOneOf(t[e], ".~%:$!") || has(t[e], isHigh) && !hasPrefix(t, e, open)) {
		if t[e] == '=' && e < name && has(at(t, e+1), isLetter) {
			return i
		}
		e++
	}
	if e < limit && has(t[e], isHigh) || at(t, e) == '@' || at(t, e) == '(' {
		return i
	}
	for e > i && (isOneOf(t[e-1], ".:!$") || e == i+maxValue && has(t[e-1], isHigh)) {
		e--
	}
	return e
}

// looksRandom says whether v may be a key: letters and digits take turns in it. What has
// hexadecimal digits alone must be as long as the keys of the service are.
func looksRandom(v []byte, s *service) bool {
	if len(v) < minValue || v[0] == '/' || v[0] == '.' || hasFold(v, 0, "sha") {
		return false
	}
	digits, letters, turns, piece, longest := 0, 0, 0, 0, 0
	hex := true
	last := uint8(0)
	for i, c := range v {
		kind := props[c]
		switch {
		case kind&isDigit != 0:
			digits++
		case kind&(isLetter|isHigh) != 0:
			letters++
			hex = hex && kind&isHex != 0
		case c == '/' && i > 0 && v[i-1] == '/':
			return false // a URL
		default:
			hex = hex && (c == '-' || c == ':')
			piece = 0
			continue
		}
		if now := kind & isDigit; i > 0 && piece > 0 && now != last {
			turns++
		}
		last = kind & isDigit
		piece++
		longest = max(longest, piece)
	}
	if hex {
		return slices.Contains(s.hex, len(v)) && digits > 0 && letters > 0
	}
	return digits >= 2 && letters >= 3 && turns >= 3 && (longest >= 8 || v[len(v)-1] == '=')
}

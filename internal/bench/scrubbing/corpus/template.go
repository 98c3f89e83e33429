package corpus

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/scrub"
)

// A template is text with fields in guillemets: «name», of the second person «name2», and
// percent-encoded «u:name». What a field is called says how it is labelled (fields).
type template []piece

type piece struct {
	text, field string // one of them
	second, url bool
}

func parse(s string) template {
	var t template
	for s != "" {
		before, rest, found := strings.Cut(s, "«")
		if before != "" {
			t = append(t, piece{text: before})
		}
		if !found {
			break
		}
		var p piece
		p.field, s, _ = strings.Cut(rest, "»")
		p.field, p.url = strings.CutPrefix(p.field, "u:")
		p.field, p.second = strings.CutSuffix(p.field, "2")
		t = append(t, p)
	}
	return t
}

func parseAll(all []string) []template {
	out := make([]template, len(all))
	for i, s := range all {
		out[i] = parse(s)
	}
	return out
}

// scene is what the fields of a template are about.
type scene struct {
	dice
	a, b *Person
	now  time.Time
}

// render writes a template onto a page.
func (s *scene) render(p *page, t template) {
	for _, piece := range t {
		if piece.field == "" {
			p.write(piece.text)
			continue
		}
		who := s.a
		if piece.second {
			who = s.b
		}
		escape := p.escape
		if piece.url {
			escape = url.QueryEscape
		}
		if f, ok := personal[piece.field]; ok {
			if l := f(s, who); l.Value != "" {
				p.mark(l, escape)
			}
			continue
		}
		value := noise[piece.field](s)
		if escape != nil {
			value = escape(value)
		}
		p.write(value)
	}
}

// personal are the fields that are labelled.
var personal = map[string]func(*scene, *Person) Label{
	"name":   func(_ *scene, p *Person) Label { return Label{Kind: scrub.Person, Value: p.Name, Class: p.Language} },
	"given":  func(_ *scene, p *Person) Label { return Label{Kind: scrub.Person, Value: p.Given, Class: "given"} },
	"family": func(_ *scene, p *Person) Label { return Label{Kind: scrub.Person, Value: p.Family, Class: "family"} },
	"email":  func(_ *scene, p *Person) Label { return Label{Kind: scrub.Email, Value: p.Email} },
	"phone":  func(_ *scene, p *Person) Label { return Label{Kind: scrub.Phone, Value: p.Phone, Class: p.Language} },
	"street": func(_ *scene, p *Person) Label { return Label{Kind: scrub.Address, Value: p.Street, Class: p.Language} },
	"place":  func(_ *scene, p *Person) Label { return Label{Kind: scrub.Address, Value: p.Place, Optional: true} },
	"birth":  func(_ *scene, p *Person) Label { return Label{Kind: scrub.Birth, Value: p.BirthText} },
	"born":   func(_ *scene, p *Person) Label { return Label{Kind: scrub.Birth, Value: p.Birth.Format(time.DateOnly)} },
	"card":   func(_ *scene, p *Person) Label { return Label{Kind: scrub.Card, Value: p.Card} },
	"iban":   func(_ *scene, p *Person) Label { return Label{Kind: scrub.IBAN, Value: p.IBAN} },
	"id":     func(_ *scene, p *Person) Label { return Label{Kind: scrub.ID, Value: p.ID, Class: p.IDName} },
	"ip":     func(s *scene, _ *Person) Label { return Label{Kind: scrub.IP, Value: s.ip4(), Class: "4"} },
	"ip6":    func(s *scene, _ *Person) Label { return Label{Kind: scrub.IP, Value: s.ip6(), Class: "6"} },
	"mac":    func(s *scene, _ *Person) Label { return Label{Kind: scrub.MAC, Value: s.mac()} },
	"key":    func(s *scene, _ *Person) Label { return Label{Kind: scrub.Key, Value: s.key(), Class: "form"} },
	"jwt":    func(s *scene, _ *Person) Label { return Label{Kind: scrub.Key, Value: s.jwt(), Class: "form"} },
	"secret": func(s *scene, _ *Person) Label { return Label{Kind: scrub.Key, Value: s.secret(), Class: "context"} },
	// Addresses of desks are addresses; a message's number only looks like one.
	"desk": func(s *scene, _ *Person) Label {
		return Label{Kind: scrub.Email, Value: pick(s.dice, []string{"support", "jobs", "info", "kontakt"}) + "@" + pick(s.dice, mailDomains)}
	},
	"msgid": func(s *scene, _ *Person) Label {
		return Label{Kind: scrub.Email, Value: s.uuid() + "@mail.example.net", Optional: true}
	},
	// A login is made of a name: whoever replaces it does no harm.
	"login": func(s *scene, p *Person) Label {
		return Label{Kind: scrub.Person, Value: strings.SplitN(p.Email, "@", 2)[0], Optional: true}
	},
}

// noise are the fields that nobody may replace.
var noise = map[string]func(*scene) string{
	"idname": func(s *scene) string { return s.a.IDName },
	"iso":    func(s *scene) string { return s.now.Format("2006-01-02T15:04:05.000Z07:00") },
	"time":   func(s *scene) string { return s.now.Format("2006-01-02 15:04:05,000") },
	"clf":    func(s *scene) string { return s.now.Format("02/Jan/2006:15:04:05 -0700") },
	"stamp":  func(s *scene) string { return s.now.Format(time.Stamp) },
	"date":   func(s *scene) string { return s.now.Format(time.RFC1123Z) },
	"uuid":   func(s *scene) string { return s.uuid() },
	"trace":  func(s *scene) string { return s.letters(32, lowHex) },
	"span":   func(s *scene) string { return s.letters(16, lowHex) },
	"n":      func(s *scene) string { return strconv.Itoa(s.IntN(1000)) },
	"big":    func(s *scene) string { return strconv.Itoa(10_000 + s.IntN(90_000_000)) },
	"ms":     func(s *scene) string { return fmt.Sprintf("%d.%03dms", s.IntN(900), s.IntN(1000)) },
	"status": func(s *scene) string {
		return pick(s.dice, []string{"200", "200", "200", "201", "204", "301", "304", "404", "500"})
	},
	"order": func(s *scene) string { return s.pattern("#########") },
	"money": func(s *scene) string { return fmt.Sprintf("%d.%02d", 1+s.IntN(4000), s.IntN(100)) },
	"host":  func(s *scene) string { return pick(s.dice, hosts) + "-" + s.pattern("0#") },
	"level": func(s *scene) string { return pick(s.dice, []string{"DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"}) },
	"path":  func(s *scene) string { return pick(s.dice, paths) },
	"class": func(s *scene) string { return pick(s.dice, classes) },
	"agent": func(s *scene) string { return pick(s.dice, agents) },
	"said":  func(s *scene) string { return pick(s.dice, said) },
	"day":   func(s *scene) string { return pick(s.dice, []string{"Monday", "Tuesday", "Friday", "Sunday"}) },
	"version": func(s *scene) string {
		return fmt.Sprintf("%d.%d.%d", s.IntN(9), s.IntN(30), s.IntN(50))
	},
}

func (d dice) uuid() string {
	return strings.Join([]string{d.letters(8, lowHex), d.letters(4, lowHex), "4" + d.letters(3, lowHex), "a" + d.letters(3, lowHex), d.letters(12, lowHex)}, "-")
}

// What logs are full of.
var (
	hosts   = []string{"web", "db", "mail", "edge", "worker", "auth", "cache"}
	paths   = []string{"/", "/index.html", "/api/v1/orders", "/static/js/app.4f3c2a1b.js", "/healthz", "/login", "/img/logo.svg", "/api/v2/events:stream", "/metrics"}
	classes = []string{
		"o.s.web.servlet.DispatcherServlet", "c.z.hikari.pool.HikariPool", "org.hibernate.SQL", "c.e.billing.InvoiceService",
		"o.a.kafka.clients.NetworkClient", "c.e.auth.TokenFilter",
	}
	agents = []string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
		"curl/8.5.0", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
		"kube-probe/1.29",
	}
	said = []string{
		"cache miss, loading from the store", "pool stats (total=10, active=2, idle=8, waiting=0)", "retrying in 250ms after connection reset by peer",
		"Completed initialization in 13 ms", "slow query: select id, state from orders where created_at > now() - interval '1 day'",
		"leader election won for term 42", "Checkpoint written, 118 segments", "GET request for resource with no handler", "config reloaded from /etc/app/app.yaml",
		"rate limit exceeded for bucket default", "TLS handshake error: remote error: tls: unknown certificate",
		"Starting Application using Java 21.0.2 with PID 4711", "flushed 2048 events in 3 batches",
	}
)

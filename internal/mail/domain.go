package mail

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
)

// Resolver looks up text records; *net.Resolver is one. It is asked by several
// goroutines at once.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// RecordState is what was found of one of the records by which others judge a domain's
// mail.
type RecordState string

// The states of a record.
const (
	RecordUnknown RecordState = ""        // the lookup failed, or there was nobody to ask
	RecordMissing RecordState = "missing" // there is none
	RecordDouble  RecordState = "double"  // there are several, which counts as none
	RecordWeak    RecordState = "weak"    // there is one that protects nothing
	RecordGood    RecordState = "good"
)

// Record is one of them.
type Record struct {
	State RecordState
	Name  string // where it was found, or belongs
}

// Standing is what others read in the DNS about a domain that mails come from.
type Standing struct {
	Domain string
	SPF    Record // RFC 7208: which servers may send
	DKIM   Record // RFC 6376: the key that signatures are checked with
	DMARC  Record // RFC 7489: what to do with mail that fails both
}

// usualSelectors are names under which keys mostly lie. The real one stands in the
// header of a mail only.
var usualSelectors = []string{"default", "mail", "dkim", "s1", "s2", "selector1", "selector2", "google", "k1"}

// Inspect looks up the records of a domain. selector names the DKIM key; when it is
// empty the usual names are tried. It takes as long as the slowest answer; ctx bounds
// it, and what was not answered is unknown. It never fails.
func Inspect(ctx context.Context, r Resolver, domain, selector string) Standing {
	s := Standing{Domain: domain, SPF: Record{Name: domain}, DMARC: Record{Name: "_dmarc." + domain}}
	selectors := usualSelectors
	if selector != "" {
		selectors = []string{selector}
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.SPF.State = judge(ctx, r, domain, "v=spf1", spfState) })
	wg.Go(func() { s.DMARC = inspectDMARC(ctx, r, domain) })
	keys := make([]Record, len(selectors))
	for i, name := range selectors {
		wg.Go(func() {
			keys[i].Name = name + "._domainkey." + domain
			keys[i].State = judge(ctx, r, keys[i].Name, "", dkimState)
		})
	}
	wg.Wait()
	s.DKIM = best(keys)
	return s
}

// best is the key that counts: a good one, else one that says something.
func best(keys []Record) Record {
	for _, state := range []RecordState{RecordGood, RecordWeak, RecordDouble, RecordUnknown} {
		if i := slices.IndexFunc(keys, func(k Record) bool { return k.State == state }); i >= 0 {
			return keys[i]
		}
	}
	return Record{State: RecordMissing, Name: keys[0].Name}
}

// inspectDMARC asks the domain and, when it says nothing, its parents down to two
// labels: the organisation speaks for what is below it.
func inspectDMARC(ctx context.Context, r Resolver, domain string) Record {
	first := Record{Name: "_dmarc." + domain}
	for at := domain; strings.Count(at, ".") >= 1; {
		name := "_dmarc." + at
		state := judge(ctx, r, name, "v=DMARC1", dmarcState)
		if state != RecordMissing {
			return Record{State: state, Name: name}
		}
		_, at, _ = strings.Cut(at, ".")
	}
	first.State = RecordMissing
	return first
}

// judge looks up a name and judges the one record of the given version; version "" is
// any text.
func judge(ctx context.Context, r Resolver, name, version string, state func(string) RecordState) RecordState {
	texts, err := r.LookupTXT(ctx, name)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			return RecordMissing
		}
		return RecordUnknown
	}
	texts = slices.DeleteFunc(texts, func(t string) bool { return !isVersion(t, version) })
	switch len(texts) {
	case 0:
		return RecordMissing
	case 1:
		return state(texts[0])
	}
	return RecordDouble
}

// isVersion reports whether a text record begins with a version tag.
func isVersion(text, version string) bool {
	text = strings.TrimSpace(text)
	if len(text) < len(version) || !strings.EqualFold(text[:len(version)], version) {
		return false
	}
	rest := text[len(version):]
	return version == "" || rest == "" || rest[0] == ' ' || rest[0] == ';'
}

// spfState: "all" without "-" or "~" lets everybody send.
func spfState(text string) RecordState {
	for term := range strings.FieldsSeq(strings.ToLower(text)) {
		switch term {
		case "all", "+all", "?all":
			return RecordWeak
		case "-all", "~all":
			return RecordGood
		}
	}
	if strings.Contains(strings.ToLower(text), "redirect=") {
		return RecordGood
	}
	return RecordWeak // without "all" the result for others is neutral
}

// dkimState: an empty key is a revoked one.
func dkimState(text string) RecordState {
	if v := tag(text, "v"); v != "" && !strings.EqualFold(v, "DKIM1") {
		return RecordMissing
	}
	switch key, found := tagged(text, "p"); {
	case !found:
		return RecordMissing
	case key == "":
		return RecordWeak
	}
	return RecordGood
}

// dmarcState: "none" asks others only to report.
func dmarcState(text string) RecordState {
	switch strings.ToLower(tag(text, "p")) {
	case "quarantine", "reject":
		return RecordGood
	}
	return RecordWeak
}

// tag returns the value of a tag=value list.
func tag(text, name string) string {
	value, _ := tagged(text, name)
	return value
}

func tagged(text, name string) (value string, found bool) {
	for part := range strings.SplitSeq(text, ";") {
		key, value, ok := strings.Cut(part, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

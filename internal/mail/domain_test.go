package mail

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// zone is a DNS of text records. A name with an error answers with it.
type zone map[string]any

func (z zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	switch v := z[name].(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case error:
		return nil, v
	case time.Duration: // never answers in time
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}

func TestTheRecordsOfADomainAreJudged(t *testing.T) {
	broken := errors.New("no route to a resolver")
	for name, c := range map[string]struct {
		zone             zone
		selector         string
		spf, dkim, dmarc RecordState
		dkimAt, dmarcAt  string
	}{
		"nothing": {zone{}, "", RecordMissing, RecordMissing, RecordMissing, "default._domainkey.mail.example.org", "_dmarc.mail.example.org"},
		"all good": {zone{
			"mail.example.org": []string{"site-verification=1", "v=spf1 include:spf.example.net -all"}, "_dmarc.mail.example.org": "v=DMARC1; p=reject",
			"google._domainkey.mail.example.org": "v=DKIM1; k=rsa; p=MIGf",
		}, "", RecordGood, RecordGood, RecordGood, "google._domainkey.mail.example.org", "_dmarc.mail.example.org"},
		"the organisation speaks for it": {zone{
			"mail.example.org": "V=SPF1 ~all", "_dmarc.example.org": "v=DMARC1;p=quarantine",
		}, "", RecordGood, RecordMissing, RecordGood, "default._domainkey.mail.example.org", "_dmarc.example.org"},
		"weak": {zone{
			"mail.example.org": "v=spf1 +all", "_dmarc.mail.example.org": "v=DMARC1; p=none; rua=mailto:x@example.org",
			"k9._domainkey.mail.example.org": "v=DKIM1; p=",
		}, "k9", RecordWeak, RecordWeak, RecordWeak, "k9._domainkey.mail.example.org", "_dmarc.mail.example.org"},
		"no all": {zone{"mail.example.org": "v=spf1 mx"}, "", RecordWeak, RecordMissing, RecordMissing, "", ""},
		"elsewhere": {zone{
			"mail.example.org": "v=spf1 redirect=_spf.example.net",
		}, "", RecordGood, RecordMissing, RecordMissing, "", ""},
		"twice":        {zone{"mail.example.org": []string{"v=spf1 -all", "v=spf1 mx -all"}}, "", RecordDouble, RecordMissing, RecordMissing, "", ""},
		"a later SPF":  {zone{"mail.example.org": "v=spf10 -all"}, "", RecordMissing, RecordMissing, RecordMissing, "", ""},
		"no DNS":       {zone{"mail.example.org": broken, "_dmarc.mail.example.org": broken, "x._domainkey.mail.example.org": broken}, "x", RecordUnknown, RecordUnknown, RecordUnknown, "", ""},
		"a slow DNS":   {zone{"mail.example.org": time.Hour}, "", RecordUnknown, RecordMissing, RecordMissing, "", ""},
		"no DKIM text": {zone{"x._domainkey.mail.example.org": "hello"}, "x", RecordMissing, RecordMissing, RecordMissing, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			s := Inspect(ctx, c.zone, "mail.example.org", c.selector)
			if s.SPF.State != c.spf || s.DKIM.State != c.dkim || s.DMARC.State != c.dmarc {
				t.Errorf("SPF %q, DKIM %q, DMARC %q, want %q, %q, %q", s.SPF.State, s.DKIM.State, s.DMARC.State, c.spf, c.dkim, c.dmarc)
			}
			if c.dkimAt != "" && s.DKIM.Name != c.dkimAt || c.dmarcAt != "" && s.DMARC.Name != c.dmarcAt {
				t.Errorf("found at %s and %s", s.DKIM.Name, s.DMARC.Name)
			}
		})
	}
}

func FuzzRecords(f *testing.F) {
	for _, seed := range []string{"v=spf1 -all", "v=DMARC1; p=none", "v=DKIM1; p=", "=;=;", ";", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		Inspect(context.Background(), zone{"a.example": text, "_dmarc.a.example": text, "x._domainkey.a.example": text}, "a.example", "x")
	})
}

package account

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// CreatorSite is a site that a trusted entity creator speaks for (TP-01). It counts once an
// administrator has confirmed it, and while its creator holds the role.
type CreatorSite struct {
	ID          habeas.SiteID
	Account     habeas.AccountID // who holds the role
	At          time.Time
	ConfirmedAt time.Time // zero: nobody has confirmed it yet
	ConfirmedBy habeas.AccountID
	EndedAt     time.Time // zero: it has not ended
	Words       SiteWords
}

// SiteWords is what a creator declares of its site. Everybody may read it (TP-03, TP-07).
type SiteWords struct {
	Origin  string `json:"o"`           // "https://museum.example"
	Gathers string `json:"g"`           // what it gathers about people
	Why     string `json:"w"`           // and what it uses that for
	LogDays int    `json:"l"`           // how long it keeps logs of who was there, in days; 0: it keeps none
	Contact string `json:"c"`           // how people reach who answers for it
	Proof   string `json:"p"`           // what it shows at SiteProofPath
	Ended   string `json:"e,omitempty"` // why it ended
}

// SiteProofPath is where a site shows the text of its proof while it waits to be confirmed.
const SiteProofPath = "/.well-known/habeas-creator"

// Limits of what is declared.
const (
	MaxSites       = 20   // sites of one creator that have not ended
	MaxDeclared    = 1000 // characters of a declaration
	MaxLogDays     = 3650
	maxSiteContact = 200
)

// Confirmed reports whether an administrator has confirmed it and it has not ended.
func (s CreatorSite) Confirmed() bool { return !s.ConfirmedAt.IsZero() && s.EndedAt.IsZero() }

// Waits reports whether it is still to be confirmed.
func (s CreatorSite) Waits() bool { return s.ConfirmedAt.IsZero() && s.EndedAt.IsZero() }

// Host is the host of its origin.
func (s CreatorSite) Host() string {
	u, err := url.Parse(s.Words.Origin)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// ParseSiteOrigin reads the address of a site: https, a name, perhaps a port, and nothing else.
func ParseSiteOrigin(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "/"))
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || len(text) > 200 {
		return "", ErrSiteOrigin
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || strings.ContainsFunc(u.Host, func(c rune) bool { return c > '~' }) {
		return "", ErrSiteOrigin
	}
	return "https://" + strings.TrimSuffix(u.Host, ":443"), nil
}

// Check refuses a declaration that leaves something open.
func (w SiteWords) Check() error {
	for _, said := range []struct {
		field, text string
		max         int
	}{{"gathers", w.Gathers, MaxDeclared}, {"why", w.Why, MaxDeclared}, {"contact", w.Contact, maxSiteContact}} {
		switch n := utf8.RuneCountInString(strings.TrimSpace(said.text)); {
		case n == 0:
			return habeas.Invalid(said.field, "Fill this in: everybody will read it.").WithCode("site.declare")
		case n > said.max:
			return habeas.Invalid(said.field, "Use fewer words here.").WithCode("site.long")
		}
	}
	if w.LogDays < 0 || w.LogDays > MaxLogDays {
		return habeas.Invalid("logs", "A number of days is expected; 0 if the site keeps none.").WithCode("site.logs")
	}
	return nil
}

// Errors of sites.
var (
	ErrSiteOrigin = habeas.Invalid("origin", "The address of a site is expected: https://, its name, and no path.").WithCode("site.origin")
	ErrSiteTaken  = habeas.Conflict("This site is entered already.").WithCode("site.taken")
	ErrSiteMany   = habeas.Conflict("These are many sites. End one first.").WithCode("site.many")
	ErrNoSite     = habeas.NotFound("There is no such site.").WithCode("site.none")
	// ErrNotCreator refuses who is no trusted entity creator now.
	ErrNotCreator = habeas.Forbidden("Only a trusted entity creator may do that, signed in by passkey or certificate.").WithCode("creator.role-missing")
	// ErrNoCreatorSite refuses a creator whose site nobody has confirmed.
	ErrNoCreatorSite = habeas.Forbidden("Enter the site that you speak for, and wait until an administrator has confirmed it.").WithCode("creator.site-missing")
)

// SiteReader is what the use cases read of sites.
type SiteReader interface {
	// Sites are all of them, oldest first, also those that ended.
	Sites(ctx context.Context) ([]CreatorSite, error)
	// Site finds one; found is false when there is none.
	Site(ctx context.Context, id habeas.SiteID) (s CreatorSite, found bool, err error)
}

// SiteWriter changes them in one transaction.
type SiteWriter interface {
	SiteReader
	// SaveSite inserts or updates one.
	SaveSite(s CreatorSite, e audit.Entry) error
}

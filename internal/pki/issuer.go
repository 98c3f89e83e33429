package pki

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
)

// Issuer is one generation of an authority. Before an authority can no longer issue, another
// generation follows it, with a key and a name of its own (ADR 0053). The root has one key for
// good, and new certificates for it; its lists are all of generation 1.
type Issuer struct {
	Kind       Kind
	Generation int // from 1
}

// Nth names a generation of the authority.
func (k Kind) Nth(generation int) Issuer { return Issuer{k, generation} }

// maxGenerations bounds which names of generations are believed: some 700 years.
const maxGenerations = 99

// String is its name in addresses: "identity" for the first generation, "identity-2" for the
// second. The first has no number because certificates without one were issued before there
// were generations.
func (i Issuer) String() string {
	if i.Generation == 1 {
		return string(i.Kind)
	}
	return string(i.Kind) + "-" + strconv.Itoa(i.Generation)
}

// ParseIssuer reads what String writes, and nothing else.
func ParseIssuer(text string) (Issuer, bool) {
	kind, number, numbered := strings.Cut(text, "-")
	i := Issuer{Kind(kind), 1}
	if numbered {
		n, err := strconv.ParseUint(number, 10, 8)
		if err != nil {
			return Issuer{}, false
		}
		i.Generation = int(n)
	}
	if commonNames[i.Kind] == "" || i.Generation < 1 || i.Generation > maxGenerations || i.String() != text {
		return Issuer{}, false
	}
	return i, true
}

// commonName is the CN of a generation.
func (i Issuer) commonName() string { return commonNames[i.Kind] + " " + strconv.Itoa(i.Generation) }

// Names of secrets.
func (i Issuer) keySecret() string { return fmt.Sprintf("pki %s key %d", i.Kind, i.Generation) }

func (i Issuer) certificateSecret() string {
	return fmt.Sprintf("pki %s certificate %d", i.Kind, i.Generation)
}

func (i Issuer) responderSecret() string {
	return fmt.Sprintf("pki %s ocsp key %d", i.Kind, i.Generation)
}

// Generation is what everybody may know of a generation: its certificate's number and term, and
// what became of it. Of the root, Issuer.Generation counts certificates.
type Generation struct {
	Issuer
	Serial       Serial
	Begins, Ends time.Time
	RevokedAt    time.Time // zero: it was not
	Reason       Reason
	RetiredAt    time.Time // zero: it still has its key
}

// Counts reports whether what it has issued is believed, as far as it depends on the issuer.
func (g Generation) Counts() bool { return g.RevokedAt.IsZero() && g.RetiredAt.IsZero() }

const (
	// Lead is how long before an authority can no longer issue for the whole time its heir is
	// made where the root is here: time for a server that was off, or whose clock was wrong.
	Lead = 30 * 24 * time.Hour
	// CeremonyLead is how long before that people are told, where somebody has to go to the root.
	CeremonyLead = 180 * 24 * time.Hour
	// RetireAfter is how long a generation keeps its key after the last of its certificates has
	// expired: it is then on a list that was made after that (RFC 5280, 3.3), and clocks of
	// others may be behind.
	RetireAfter = 8 * 24 * time.Hour
)

// lasts is the latest end of what the kind of authority issues at a moment.
func (k Kind) lasts(now time.Time) time.Time {
	switch k {
	case Root:
		return now.AddDate(subordinateYears, 0, 0)
	case Server:
		return now.AddDate(serverYears, 0, 0)
	case Identity, Attribute:
	}
	return Expiry(now)
}

// AbleUntil is the last moment at which something issued for its whole time does not outlive an
// authority that ends then.
func (k Kind) AbleUntil(ends time.Time) time.Time {
	at := ends.Add(ends.Sub(k.lasts(ends)))
	for k.lasts(at).After(ends) { // years are not of one length
		at = at.Add(-24 * time.Hour)
	}
	return at
}

// HeirDue reports whether the next generation should be there at a moment: lead before the
// authority can no longer issue for the whole time.
func (a *Authority) HeirDue(now time.Time, lead time.Duration) bool {
	return now.Add(lead).After(a.kind.AbleUntil(a.cert.NotAfter))
}

// Generations is how many certificates of an authority are in a key store: the number of its
// newest generation, 0 if there is none.
func Generations(ctx context.Context, keys Keys, kind Kind) (n int, err error) {
	for n < maxGenerations {
		_, err := keys.Secret(ctx, kind.Nth(n+1).certificateSecret(), missing)
		if errors.Is(err, ErrNoAuthority) {
			break
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Shredder destroys secrets for good: keyring.Ring.DestroySecret.
type Shredder interface {
	DestroySecret(ctx context.Context, names ...string) error
}

// Retire destroys the keys of a generation. Its certificate stays, so that no other takes its
// number; opening it is ErrRetired from then on. Retiring again changes nothing. The root is
// not retired.
func Retire(ctx context.Context, keys Shredder, i Issuer) error {
	if i.Kind == Root {
		return errRole
	}
	return keys.DestroySecret(ctx, i.keySecret(), i.responderSecret())
}

// Described is what is known of a generation by its certificate.
func (a *Authority) Described() Generation {
	serial, _ := SerialOf(a.cert.SerialNumber)
	return Generation{Issuer: Issuer{a.kind, a.generation}, Serial: serial, Begins: a.cert.NotBefore, Ends: a.cert.NotAfter}
}

// Above is what is known of the root by the chain of an authority: it counts as the first one.
func (a *Authority) Above() Generation {
	root := a.chain[len(a.chain)-1]
	serial, _ := SerialOf(root.SerialNumber)
	return Generation{Issuer: Root.Nth(1), Serial: serial, Begins: root.NotBefore, Ends: root.NotAfter}
}

var errGeneration = habeas.Invalid("generation", "There is no such generation of an authority.").WithCode("pki.generation")

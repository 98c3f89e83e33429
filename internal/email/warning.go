package email

// flags is what Parse noticed about a valid address.
type flags uint8

const (
	lookalikeDomain flags = 1 << iota
	lookalikeLocal
)

// Warning is a reason to look twice at a valid address: a hint for the person
// who types it, a column for the staff who review it, never a refusal.
type Warning struct {
	Code    string // stable, for programs
	Message string // English sentence, key in the message catalogues
}

// The warnings.
var (
	WarnLookalikeDomain = Warning{
		"email.lookalike-domain",
		"The part after the @ contains letters that look like others. Check that it is the right address.",
	}
	WarnLookalikeLocal = Warning{
		"email.lookalike-local",
		"The part before the @ contains letters that look like others. Check that it is the right address.",
	}
	WarnUnknownEnding = Warning{
		"email.unknown-ending",
		"The ending of this address is not a known one. Check that it is the right address.",
	}
)

// Warnings returns reasons to look twice, none for most addresses. A domain in
// one foreign script is no reason.
func (a Address) Warnings() []Warning {
	var w []Warning
	if a.flags&lookalikeDomain != 0 {
		w = append(w, WarnLookalikeDomain)
	}
	if a.flags&lookalikeLocal != 0 {
		w = append(w, WarnLookalikeLocal)
	}
	if !a.IsZero() && !knownEnding(a.Domain()) && a.Domain() != "localhost" {
		w = append(w, WarnUnknownEnding)
	}
	return w
}

// Suspicious reports whether the address holds letters that imitate others:
// what staff should compare by its [Address.Mailbox] form before they trust it.
func (a Address) Suspicious() bool { return a.flags != 0 }

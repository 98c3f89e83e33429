package habeas

// Kept is one line of the retention register: a kind of data that the server keeps,
// why, on what ground, and until when. Every domain says its own lines beside the rules
// that carry them out, so that the page cannot promise something else than is done
// (GDPR articles 13 (2a), 30 (1f)). The texts are English, which is also the key of
// their translations; Until may hold {n}, which N fills in.
type Kept struct {
	What  string
	Why   string
	Basis string
	Until string
	N     int
}

// The legal grounds of GDPR article 6 (1), as the register words them.
const (
	BasisConsent    = "Consent (article 6 (1) a)"
	BasisContract   = "To do what was agreed with the person (article 6 (1) b)"
	BasisLaw        = "A legal duty (article 6 (1) c)"
	BasisVital      = "Somebody's vital interest (article 6 (1) d)"
	BasisPublic     = "A task in the public interest (article 6 (1) e)"
	BasisLegitimate = "A legitimate interest (article 6 (1) f)"
)

package app

import (
	"context"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// proofBegins is the first line of a receipt (C2SP tlog-proof).
const proofBegins = "c2sp.org/tlog-proof@v1\n"

// certificate says in words what the receipt below it proves.
const certificate = `CERTIFICATE OF ERASURE

%s has erased a record about a person and destroyed the key
that opened it. Nobody can read it again. It names nobody.

When:   %s
Where:  entry %d of the public ledger
Check:  habeas audit receipt THIS-FILE --key %s
        That needs no network. The key is published at %s.
        The words above are for people; what is proved is below.

%s`

var errPending = habeas.Unavailable("This line is written, but not yet in a signed checkpoint. Try again in a few seconds.").WithCode("receipt.pending")

// Certificate implements web/party.Records: a file that says what was erased, with the
// proof that it stands in the ledger.
func (r *Records) Certificate(ctx context.Context, a habeas.Actor, event habeas.EventID) ([]byte, error) {
	l, err := r.Line(ctx, a, event)
	if err != nil {
		return nil, err
	}
	if l.Event != audit.PartyErased {
		return nil, habeas.NotFound("There is no certificate of this line: nothing was erased by it.").WithCode("certificate.none")
	}
	receipt, pending, err := r.receipt(ctx, l.Witnessed)
	if err != nil {
		return nil, err
	}
	if pending {
		return nil, errPending
	}
	return fmt.Appendf(nil, certificate, r.Mailer.Organisation, l.At.UTC().Format(time.RFC1123), l.Index, r.Ledger.VerifierKey(), r.Mailer.Origin.URL("/ledger/key"), receipt), nil
}

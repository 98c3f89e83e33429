package app

import (
	"context"
	"fmt"
	"strings"
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
%s
When:   %s
`

// certificateOfPart stands in it where the law keeps something.
const certificateOfPart = `
It is an erasure in part. By law this is kept, apart from everything else,
under keys of its own, and used for nothing else:

Kept:    %s
Because: %s
Until:   %s at the latest. Then it goes by itself, and a second
         certificate is found at %s
`

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
	part := ""
	if l.Detail["kept"] != "" {
		part = fmt.Sprintf(certificateOfPart, r.setLabels(l.Detail["kept"]), l.Detail["duty"], l.Detail["until"], r.Mailer.Origin.URL("/erased/"+l.Detail["page"]))
	}
	words := fmt.Appendf(nil, certificate, r.Mailer.Organisation, part, l.At.UTC().Format(time.RFC1123))
	return fmt.Appendf(words, provedBelow, l.Index, r.Ledger.VerifierKey(), r.Mailer.Origin.URL("/ledger/key"), receipt), nil
}

// setLabels are the English names of data sets that a line of the ledger lists.
func (r *Records) setLabels(names string) string {
	out := strings.Fields(names)
	for i, name := range out {
		if set, ok := r.schemas.Set(name); ok {
			out[i] = set.Label
		}
	}
	return strings.Join(out, ", ")
}

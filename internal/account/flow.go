package account

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/sealed"
)

// Asking is a request for a mailed code.
type Asking struct {
	Address  email.Address
	Language string       // of the mail
	To       string       // path to go to afterwards; may be empty
	Flow     Token        // the browser that asks
	Client   string       // the network it asks from: for limits only, never stored as it is
	Link     sealed.Value // token of the first administrator's link; else zero
}

// Browser is where an answer comes from, and what is to begin there.
type Browser struct {
	Flow   Token  // of the flow cookie that came with the answer; zero: none
	New    Token  // the sign-in that begins if the answer is right
	Old    Token  // the sign-in that came with the answer, which then ends; may be zero
	Device string // "Firefox on Linux"
}

// Pending is what the browser in which a flow began is shown while it waits for
// the mail: only what was typed there. It is zero for every other browser.
type Pending struct {
	Sent string // the address as it was typed
	To   string
}

// Proved is what a right answer led to.
type Proved struct {
	Account  habeas.AccountID
	SignedIn bool   // Browser.New counts from now on
	Next     string // path to go to
}

package entity

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"slices"
	"time"
)

// The forms in which a question may come (Question.Form, LOG-13).
const (
	FormSearch         = "search"
	FormTyping         = "typing"
	FormQuery          = "query-form"
	FormJSON           = "json"
	FormPage           = "page"
	FormReconciliation = "reconciliation"
)

// AskedFor is how long a question that was noted is kept at most (ENT-34): as the account log.
const AskedFor = 180 * 24 * time.Hour

// MaxAsked bounds how much of a question's text is kept, in bytes.
const MaxAsked = 500

// Asked is a question in the sampled query log: for internal use only (LOG-13, ENT-34).
type Asked struct {
	ID       string // random; what a selection is reported by
	At       time.Time
	Form     string
	Text     string
	Types    []Type
	Results  []ID // the first ones that were answered
	Found    int  // how many
	From     netip.Addr
	Selected ID // which one was meant, when a client has said so (ENT-35)
}

// Answers reports whether an entity was among the answers and none is noted as meant yet.
func (a Asked) Answers(id ID) bool { return a.Selected == 0 && slices.Contains(a.Results, id) }

// Selection is which hit of a question was meant (ENT-35).
type Selection struct {
	Ask string
	ID  ID
}

// NewAskedID returns the name of a question in the query log.
func NewAskedID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

package session

import (
	"encoding/json"
	"time"

	"github.com/habeas-data/habeas"
)

// Part is the part of a transaction that an event belongs to.
type Part string

// The parts, in order.
const (
	InRequest  Part = "request"
	InPath     Part = "path"
	InResponse Part = "response"
)

// Type is what kind of event it is.
type Type string

// The types of event.
const (
	RequestText     Type = "request-text"
	ResponseText    Type = "response-text"
	OutputText      Type = "output-text"
	Analysis        Type = "analysis" // sentences and words of the request text
	InputParameter  Type = "input-parameter"
	OutputParameter Type = "output-parameter"
	VariableChange  Type = "variable-change"
	FlowTrigger     Type = "flow-trigger"
	Step            Type = "step"    // a place in the flow was entered
	Warning         Type = "warning" // something that operators should know
	Message         Type = "log"     // a record of the server's log below a warning (see Handler)
)

// Change is how a variable changed.
type Change string

// The changes.
const (
	Initialization Change = "initialization"
	Update         Change = "update"
	Deletion       Change = "deletion"
)

// Scope is how long a variable lives.
type Scope string

// The scopes.
const (
	ScopeSession     Scope = "session"
	ScopeTransaction Scope = "transaction"
	ScopeFlow        Scope = "flow"
)

// Outcome is how a session ended, or how a transaction in it did.
type Outcome string

// The outcomes. A session whose last line has none is still open, or its server was
// killed.
const (
	Completed   Outcome = "completed"
	Refused     Outcome = "refused"     // what was typed was not accepted
	Failed      Outcome = "failed"      // a fault of the server's; there is a reference
	Abandoned   Outcome = "abandoned"   // nothing more came
	Interrupted Outcome = "interrupted" // the server stopped
)

// Outcomes lists all of them.
func Outcomes() []Outcome { return []Outcome{Completed, Refused, Failed, Abandoned, Interrupted} }

// Event is one thing that happened. Which fields are set depends on its type.
type Event struct {
	Part Part   `json:"part"`
	Type Type   `json:"type"`
	Name string `json:"name,omitempty"` // of a variable, a parameter or a step
	Text string `json:"text,omitempty"`

	Change Change `json:"change,omitempty"` // of a variable
	Scope  Scope  `json:"scope,omitempty"`
	// Value is JSON: of a variable or a parameter. Sealed ones are the untraceable object.
	Value json.RawMessage `json:"value,omitempty"`

	Trigger   *Trigger   `json:"trigger,omitempty"`
	Sentences []Sentence `json:"sentences,omitempty"`
	Level     string     `json:"level,omitempty"` // of a log record
}

// Trigger says that one flow began another (SLG-1, SLG-6).
type Trigger struct {
	ID       string    `json:"id"`      // of the trigger
	Flow     string    `json:"flow"`    // name and
	FlowID   string    `json:"flow_id"` // id of the flow that begins
	Vertex   string    `json:"vertex"`  // id of the place in the old flow
	Mappings []Mapping `json:"mappings,omitempty"`
}

// Mapping says which variable of the old flow becomes which of the new one.
type Mapping struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// String is the mapping as warnings show it: [a → b].
func (m Mapping) String() string { return "[" + m.From + " → " + m.To + "]" }

// Sentence is a sentence of a request text. Indexes count characters (Unicode code
// points) from zero, in the text as it was written, so that they tell nothing of the
// length of what was taken out.
type Sentence struct {
	Begin int    `json:"begin"`
	Text  string `json:"text"`
	Words []Word `json:"words,omitempty"`
}

// Word is a word of a sentence; Begin counts from the sentence's beginning. A word
// without any form is bare: it was seen, and nothing was made of it.
type Word struct {
	Begin      int    `json:"begin"`
	Original   string `json:"original,omitempty"`   // as typed
	Simplified string `json:"simplified,omitempty"` // folded: no case, no accents
	Final      string `json:"final,omitempty"`      // what the flow took it for
}

// Bare reports whether nothing was made of the word.
func (w Word) Bare() bool { return w.Original == "" && w.Simplified == "" && w.Final == "" }

// Line is one line of the log: a transaction, or (with N of zero) the end of a session.
type Line struct {
	Version   int       `json:"v"`
	Session   string    `json:"session"`
	Flow      string    `json:"flow"`
	Begun     time.Time `json:"begun"` // of the session, to ten minutes, in UTC
	N         int       `json:"transaction,omitempty"`
	After     int       `json:"after"` // seconds since the session began
	Events    []Event   `json:"events,omitempty"`
	Left      int       `json:"left,omitempty"` // events that were too many
	Outcome   Outcome   `json:"outcome,omitempty"`
	Reference string    `json:"reference,omitempty"` // what a person was asked to quote
	End       bool      `json:"end,omitempty"`       // nothing follows
}

// version is the form of the lines that this package writes.
const version = 1

// Retention of a session log.
const (
	// KeepDays is how long a log is kept unless the settings say otherwise.
	KeepDays = 30
	// MaxKeepDays is how long it may be kept at most: no six months are shorter.
	MaxKeepDays = 180
)

// Kept is the log's line of the retention register.
func Kept(days int) []habeas.Kept {
	return []habeas.Kept{{
		What:  "Session logs: the steps of signing in, claiming and entering, without what was typed and by whom",
		Why:   "So that a fault can be found and mended.",
		Basis: habeas.BasisLegitimate, Until: "{n} days.", N: days,
	}}
}

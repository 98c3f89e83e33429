package account

import "encoding/json"

// HeldTable is every row of one table that is about an account (ACCT-03).
type HeldTable struct {
	Name string        `json:"table"`
	Rows [][]HeldValue `json:"rows"`
	// LeftOff are the columns that are not shown, each with why.
	LeftOff map[string]string `json:"left_off,omitempty"`
}

// HeldValue is one value of a row: a text, or, where the row holds it sealed, what was sealed.
type HeldValue struct {
	Name  string          `json:"column"`
	Text  string          `json:"text,omitempty"`
	Words json.RawMessage `json:"words,omitempty"`
}

// Inspection is everything held about the account that asks.
type Inspection struct {
	Tables        []HeldTable
	Log           []LogLine // as its person sees it
	Contributions []Contribution
	JSON          []byte // all of it with the records and the activity
}

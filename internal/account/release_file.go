package account

import "time"

// Handed is what is handed over in a case: the data sets that were chosen, and of the case
// what makes it an answer.
type Handed struct {
	Case         string      `json:"case"`
	Organisation string      `json:"organisation"`
	Ground       Ground      `json:"ground"`
	Requester    string      `json:"requester"`
	Released     time.Time   `json:"released"`
	Sets         []HandedSet `json:"data"`
}

// HandedSet is one data set of it.
type HandedSet struct {
	Set   DataSet      `json:"set"`
	Lines []HandedLine `json:"lines"`
}

// HandedLine is one thing that is held: since when or when, what it is, and what it says. It is
// in English, whoever makes the file.
type HandedLine struct {
	At    time.Time `json:"at,omitzero"`
	What  string    `json:"what"`
	Value string    `json:"value,omitempty"`
}

// KeyLine is what the file of a case about key material says: the approval, and no key.
var KeyLine = HandedLine{What: "approved by two administrators; this server keeps no private key, so none is in this file"}

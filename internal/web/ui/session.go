package ui

import "strings"

// Conversation is "conversation": a session's log, transaction by transaction.
type Conversation struct {
	Turns []Turn
	Empty Empty // shown instead when there are none
}

// Turn is one transaction: what was asked, what happened, what was answered.
type Turn struct {
	Title string // "Step 2"
	Note  string // when, and what a person was asked to quote
	Tag   *Tag   // how it came out
	Said  []Saying
	Left  string // that some events were too many
}

// SayingKind is whose words a saying is.
type SayingKind string

// The kinds of saying.
const (
	SaidBy    SayingKind = "request"  // the person's
	SaidTo    SayingKind = "response" // the answer
	Happened  SayingKind = "path"     // something in between
	Cautioned SayingKind = "warning"  // something that operators should know
)

// Saying is one event of a turn.
type Saying struct {
	Kind   SayingKind
	Label  string // what kind of event it is: "Typed", "Answered"
	Name   string // of a variable, a step or a parameter
	Pieces []Piece
	Words  []string // how a text was understood, word by word: "username → user name"
}

// Piece is a stretch of a text; a sealed one is shown as a chip.
type Piece struct {
	Text   string
	Sealed bool
}

// Pieces takes a logged text apart: what stands in ⟦…⟧ was sealed or scrubbed, <br/> is
// where a line ends.
func Pieces(text string) []Piece {
	text = strings.ReplaceAll(text, "<br/>", "\n")
	var out []Piece
	for text != "" {
		open := strings.Index(text, "⟦")
		length := strings.Index(text[max(open, 0):], "⟧")
		if open < 0 || length < 0 {
			return append(out, Piece{Text: text})
		}
		if open > 0 {
			out = append(out, Piece{Text: text[:open]})
		}
		end := open + length
		out = append(out, Piece{Text: text[open+len("⟦") : end], Sealed: true})
		text = text[end+len("⟧"):]
	}
	return out
}

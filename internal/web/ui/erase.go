package ui

import (
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
)

// EraseWord asks for the word that stands before what cannot come back.
func EraseWord(p lang.Printer) Control {
	return Control{
		Name: "word", Label: p.T("Type the word “{word}”", "word", p.T("erase")), Autocomplete: "off", MaxLength: 20,
		Hint: p.T("So that it does not happen by accident."),
	}
}

// TypedErase fails the form unless that word was typed, in either language.
func TypedErase(f *edge.Form, p lang.Printer) {
	word := f.Required("word", 20)
	if word != "" && !strings.EqualFold(word, p.T("erase")) && !strings.EqualFold(word, "erase") {
		f.Fail("word", habeas.Invalid("word", "This is not the word. Nothing was erased.").WithCode("erase.word"))
	}
}

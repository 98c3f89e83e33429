package ui

import (
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
)

// MaxAddress bounds a typed e-mail address, in characters: more than any has.
const MaxAddress = 320

// Fail puts the errors held by err beside their controls and into the summary, and
// reports whether all of them were about input. If not, nothing is changed and the
// caller answers with err itself.
func (f *Form) Fail(p lang.Printer, err error) bool {
	found, ok := inputErrors(err)
	if !ok {
		return false
	}
	for _, e := range found {
		text := ErrorText(p, e)
		f.Errors = append(f.Errors, FieldError{Field: e.Field, Text: text})
		for i := range f.Controls {
			if e.Field != "" && f.Controls[i].Name == e.Field && f.Controls[i].Error == "" {
				f.Controls[i].Error = text
			}
		}
	}
	return true
}

// inputErrors collects the errors of kind Invalid, and reports whether there were any
// and no others.
func inputErrors(err error) ([]*habeas.Error, bool) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*habeas.Error
		for _, one := range many.Unwrap() {
			found, ok := inputErrors(one)
			if !ok {
				return nil, false
			}
			all = append(all, found...)
		}
		return all, len(all) > 0
	}
	var e *habeas.Error
	if !errors.As(err, &e) || e.Kind != habeas.KindInvalid {
		return nil, false
	}
	return []*habeas.Error{e}, true
}

// Keep puts what was typed back into the controls.
func (f *Form) Keep(typed *edge.Form) {
	for i := range f.Controls {
		c := &f.Controls[i]
		switch {
		case c.Kind == ControlCode: // another one is coming, or it was wrong
		case c.Kind == ControlCheckbox:
			c.Checked = typed.Typed(c.Name) != ""
		case typed.TypedAll(c.Name) != nil:
			c.Value = typed.Typed(c.Name)
		}
	}
}

// Again shows a form once more with what was typed and what is wrong with it. An
// error that is not about input is returned for the error page.
func (b *Base) Again(w http.ResponseWriter, r *http.Request, v Visit, err error, name string, page any, form *Form, typed *edge.Form) error {
	form.Keep(typed)
	Refused(r, err)
	if !form.Fail(v.P, err) {
		return err
	}
	return b.Render(w, r, http.StatusBadRequest, name, page)
}

var errAddressesDiffer = habeas.Invalid("again", "The two addresses are not the same. Type both again.").WithCode("email.mismatch")

// TypedAddress reads an address, and its repetition where the form has one.
func TypedAddress(f *edge.Form, again bool) email.Address {
	address := FormAddress(f, "address")
	if again && f.String("again", MaxAddress) != f.String("address", MaxAddress) {
		f.Fail("again", errAddressesDiffer)
	}
	return address
}

// FormAddress reads an e-mail address from the named control.
func FormAddress(f *edge.Form, name string) email.Address {
	address, err := email.Parse(f.String(name, MaxAddress))
	if found, ok := inputErrors(err); ok {
		f.Fail(name, found[0])
	}
	return address
}

// HashText writes a keyed hash into a form, as the name of what it stands for.
func HashText(h keyring.LookupHash) string { return hex.EncodeToString(h[:]) }

// ParseHash reads what hashText wrote; anything else is the hash of nothing.
func ParseHash(s string) (h keyring.LookupHash) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == len(h) {
		copy(h[:], b)
	}
	return h
}

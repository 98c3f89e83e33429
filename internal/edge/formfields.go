package edge

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

// String returns one line of text of at most max characters, without the white
// space around it; "" if the field was left empty.
func (f *Form) String(name string, max int) string {
	v, _ := f.one(name)
	v = strings.TrimSpace(v)
	switch {
	case strings.ContainsAny(v, "\r\n\t"):
		f.Fail(name, habeas.Invalid(name, "Write this on one line.").WithCode("form.line"))
		return ""
	case utf8.RuneCountInString(v) > max:
		f.Fail(name, tooLong(name, max))
		return ""
	}
	return v
}

// Required is String for a field that must be filled.
func (f *Form) Required(name string, max int) string {
	before := len(f.problems)
	v := f.String(name, max)
	if v == "" && len(f.problems) == before {
		f.Fail(name, required(name))
	}
	return v
}

// Text returns text of several lines, at most max characters, with line breaks
// as "\n" and without white space around it.
func (f *Form) Text(name string, max int) string {
	v, _ := f.one(name)
	v = strings.ReplaceAll(v, "\r\n", "\n")
	v = strings.TrimSpace(strings.ReplaceAll(v, "\r", "\n"))
	if utf8.RuneCountInString(v) > max {
		f.Fail(name, tooLong(name, max))
		return ""
	}
	return v
}

// Strings returns the values of a field that may be sent several times, such
// as ticked boxes: at most items of them, each at most max characters, none twice.
func (f *Form) Strings(name string, max, items int) []string {
	f.asked[name] = true
	sent := f.values[name]
	if len(sent) > items {
		f.Fail(name, habeas.Invalid(name, "Choose at most {max}.").WithCode("form.items").With("max", strconv.Itoa(items)))
		return nil
	}
	out := make([]string, 0, len(sent))
	seen := make(map[string]bool, len(sent))
	for _, v := range sent {
		v = strings.TrimSpace(v)
		if v == "" || utf8.RuneCountInString(v) > max || strings.ContainsAny(v, "\r\n\t") || seen[v] {
			f.Fail(name, choice(name))
			return nil
		}
		seen[v] = true
		out = append(out, v)
	}
	return out
}

// Choice returns one of the options, or "" if the field was left empty.
func (f *Form) Choice(name string, options ...string) string {
	v, _ := f.one(name)
	if v == "" {
		return ""
	}
	for _, o := range options {
		if v == o {
			return v
		}
	}
	f.Fail(name, choice(name))
	return ""
}

// Bool reports whether a box was ticked. A box that is not ticked is not sent.
func (f *Form) Bool(name string) bool {
	v, _ := f.one(name)
	switch v {
	case "on", "true", "1":
		return true
	case "", "false", "0":
		return false
	}
	f.Fail(name, choice(name))
	return false
}

// Int returns a whole number from min to max; 0 and an error if it is none.
func (f *Form) Int(name string, min, max int) int {
	v, _ := f.one(name)
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || n < min || n > max {
		f.Fail(name, habeas.Invalid(name, "Enter a whole number from {min} to {max}.").WithCode("form.number").
			With("min", strconv.Itoa(min)).With("max", strconv.Itoa(max)))
		return 0
	}
	return n
}

// Date returns a date as <input type="date"> sends it (year-month-day), at
// midnight UTC; the zero time if the field was left empty.
func (f *Form) Date(name string) time.Time {
	v, _ := f.one(name)
	if v = strings.TrimSpace(v); v == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, v)
	if err != nil || t.Year() < 1 {
		f.Fail(name, habeas.Invalid(name, "Enter a date as year-month-day, such as {example}.").
			WithCode("form.date").With("example", "1984-05-03"))
		return time.Time{}
	}
	return t
}

// Secret returns a field sealed, the zero Value if it was left empty.
func (f *Form) Secret(name string) sealed.Value {
	v, _ := f.one(name)
	return Secret(f.ctx, v)
}

// Code returns a code of exactly digits digits, however it was grouped with
// spaces or hyphens.
func (f *Form) Code(name string, digits int) sealed.Value {
	var code sealed.Value
	_ = f.Secret(name).Use(func(typed []byte) error {
		plain := make([]byte, 0, len(typed))
		defer func() { clear(plain) }()
		for rest := typed; len(rest) > 0; {
			if after, ok := bytes.CutPrefix(rest, []byte("\u00a0")); ok {
				rest = after
				continue
			}
			if c := rest[0]; c != ' ' && c != '-' {
				plain = append(plain, c)
			}
			rest = rest[1:]
		}
		if len(plain) == digits && len(bytes.Trim(plain, "0123456789")) == 0 {
			code, _ = sealed.In(f.ctx).Seal("code", plain) // none, if no protected memory is left
		}
		return nil
	})
	if code.IsZero() {
		f.Fail(name, habeas.Invalid(name, "Enter the code of {digits} digits.").WithCode("form.code").With("digits", strconv.Itoa(digits)))
	}
	return code
}

// Parsed reads a field through parse, such as an identifier or an e-mail
// address; the zero T if it was left empty or parse refused it. What parse
// says is shown to people if it is a *habeas.Error.
func Parsed[T any](f *Form, name string, max int, parse func(string) (T, error)) T {
	var zero T
	v := f.String(name, max)
	if v == "" {
		return zero
	}
	t, err := parse(v)
	if err == nil {
		return t
	}
	var own *habeas.Error
	if !errors.As(err, &own) {
		own = habeas.Invalid(name, "This is not in the form that is expected here.")
	}
	f.Fail(name, own)
	return zero
}

func required(name string) *habeas.Error {
	return habeas.Invalid(name, "Please fill this in.").WithCode("form.required")
}

func tooLong(name string, max int) *habeas.Error {
	return habeas.Invalid(name, "This is too long: at most {max} characters.").WithCode("form.long").With("max", strconv.Itoa(max))
}

func choice(name string) *habeas.Error {
	return habeas.Invalid(name, "Choose one of the options.").WithCode("form.choice")
}

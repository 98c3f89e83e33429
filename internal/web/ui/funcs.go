package ui

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/lang"
)

// funcs are the functions of templates, in one language:
//
//	t "Sentence with {name}." "name" .Value   the sentence, translated and filled
//	rich "Read {link}." "link" (link "/x" (t "how it works"))   the same with links inside
//	plural .N "{n} person" "{n} people"       the sentence for a number
//	date, datetime, clock, day, age           3 May 2025 · with time and zone · time and
//	                                          zone · today or 3 May · 5 months ago
//	rfc3339                                   for the datetime attribute of <time>
//	number                                    12,345
//	mask                                      •••• 1984
//	icon "edit"                               a symbol of icons.svg, hidden from screen readers
//	asset "app.css"                           the address of an asset
//	dict "Text" .Text "URL" "/"               data for a small part, put together in place
func (rd *Renderer) funcs(assets *Assets, p lang.Printer) template.FuncMap {
	now := func() time.Time { return rd.cfg.Clock.Now().In(rd.cfg.Zone) }
	return template.FuncMap{
		"t":        p.T,
		"rich":     func(message string, args ...any) template.HTML { return rich(p, message, args...) },
		"link":     link,
		"plural":   p.Plural,
		"date":     func(t time.Time) string { return p.Date(t.In(rd.cfg.Zone)) },
		"datetime": func(t time.Time) string { return p.DateTime(t, rd.cfg.Zone) },
		"clock":    func(t time.Time) string { return p.Time(t.In(rd.cfg.Zone)) },
		"day":      func(t time.Time) string { return p.Ago(t, now()) },
		"age":      func(t time.Time) string { return p.Age(t, now()) },
		"rfc3339":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"number":   func(n int) string { return p.Number(int64(n)) },
		"upper":    UpperFirst,
		"mask":     Mask,
		"unmasked": unmasked,
		"short":    short,
		"dict":     dict,
		"asset":    assets.URL,
		"specimen": func() specimen { return rd.specimen(p) },
		"icon":     func(name string) (template.HTML, error) { return icon(assets, name) },
	}
}

// rich is T for a sentence with links in it: every argument but template.HTML is
// escaped, and so is the sentence.
func rich(p lang.Printer, message string, args ...any) template.HTML {
	safe := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case template.HTML:
			safe[i] = string(v)
		case string:
			safe[i] = template.HTMLEscapeString(v)
		default:
			safe[i] = v
		}
	}
	// Escaping touches no braces, so the sentence keeps its placeholders.
	escaped := lang.Printer{Lang: p.Lang}
	return template.HTML(escaped.T(template.HTMLEscapeString(p.T(message)), safe...)) //nolint:gosec // escaped above
}

// link makes a link to a page of this server; anything else leads nowhere.
func link(url, text string) template.HTML {
	if !strings.HasPrefix(url, "#") && LocalPath(url, "") != url {
		url = "#"
	}
	return template.HTML(fmt.Sprintf(`<a href="%s">%s</a>`, //nolint:gosec // escaped here
		template.HTMLEscapeString(url), template.HTMLEscapeString(text)))
}

func icon(assets *Assets, name string) (template.HTML, error) {
	if !slices.Contains(assets.icons, name) {
		return "", fmt.Errorf("no icon %q", name)
	}
	url, err := assets.URL("icons.svg")
	if err != nil {
		return "", err
	}
	return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + //nolint:gosec // both checked
		url + "#" + name + `"/></svg>`), nil
}

// Mask hides a value but for its last four characters, and all of it when that would
// leave less than half hidden: "•••• 1984". Better still, do not hand the value to a
// page that must not show it.
func Mask(value string) string {
	runes := []rune(value)
	if len(runes) < 8 {
		return "••••"
	}
	return "•••• " + strings.TrimSpace(string(runes[len(runes)-4:]))
}

// unmasked returns the part of a masked value that can be read, for screen readers.
func unmasked(masked string) string {
	return strings.Trim(masked, "• ")
}

// short cuts a hash to what the eye compares.
func short(hash string) string {
	if len(hash) <= 16 {
		return hash
	}
	return hash[:8] + "…" + hash[len(hash)-4:]
}

// UpperFirst starts a sentence with what may stand within one: "today" → "Today".
func UpperFirst(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict wants names and values in pairs")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, errors.New("dict wants a text as name")
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

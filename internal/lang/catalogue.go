package lang

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// English is the tag of the source language.
const English = "en"

//go:embed es/*.json
var files embed.FS

// Catalogue holds the translations of every language. It does not change after
// loading and is safe for concurrent use.
type Catalogue struct {
	tags     []string                     // English first, then by name
	messages map[string]map[string]string // by language tag, then by English sentence
	matcher  language.Matcher
}

// Standard returns the catalogue built into the program.
var Standard = sync.OnceValues(func() (*Catalogue, error) { return Load(files) })

// Load reads a catalogue from folders named by language tag that hold JSON files
// of one object each, English sentence to translation. It fails when a key has two
// different translations, when a placeholder is lost or invented, and when this
// package cannot write dates in the language.
func Load(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{tags: []string{English}, messages: map[string]map[string]string{}}
	dirs, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("lang: %w", err)
	}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		if _, ok := conventions[dir.Name()]; !ok {
			return nil, fmt.Errorf("lang: %s: no rules for dates and numbers", dir.Name())
		}
		messages, err := loadFolder(fsys, dir.Name())
		if err != nil {
			return nil, err
		}
		c.tags = append(c.tags, dir.Name())
		c.messages[dir.Name()] = messages
	}
	tags := make([]language.Tag, len(c.tags))
	for i, tag := range c.tags {
		tags[i] = language.Make(tag)
	}
	c.matcher = language.NewMatcher(tags)
	return c, nil
}

func loadFolder(fsys fs.FS, dir string) (map[string]string, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("lang: %w", err)
	}
	all := map[string]string{}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("lang: %w", err)
		}
		err = decode(data, func(key, value string) error {
			if old, ok := all[key]; ok && old != value {
				return fmt.Errorf("%q is translated twice, differently", key)
			}
			if !slices.Equal(placeholders(key), placeholders(value)) {
				return fmt.Errorf("%q and its translation have different placeholders", key)
			}
			all[key] = value
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("lang: %s: %w", name, err)
		}
	}
	return all, nil
}

// decode calls add for every pair of a flat JSON object. A plain json.Unmarshal
// would silently keep the last of two equal keys.
func decode(data []byte, add func(key, value string) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("want one JSON object of sentences")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		text, ok := value.(string)
		if !ok || text == "" {
			return fmt.Errorf("%q has no text", key)
		}
		if err := add(key.(string), text); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the object")
	}
	return nil
}

// placeholders lists the {names} in a sentence, sorted, each once.
func placeholders(s string) []string {
	var names []string
	for {
		_, rest, ok := strings.Cut(s, "{")
		if !ok {
			break
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			break
		}
		names, s = append(names, name), after
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Languages returns the language tags on offer, English first.
func (c *Catalogue) Languages() []string { return slices.Clone(c.tags) }

// Has reports whether the language is on offer.
func (c *Catalogue) Has(tag string) bool { return slices.Contains(c.tags, tag) }

// Match returns the language on offer that suits an Accept-Language header best,
// and English when none does or the header cannot be read.
func (c *Catalogue) Match(acceptLanguage string) string {
	if len(acceptLanguage) > 512 { // longer ones come from no browser
		return English
	}
	want, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(want) == 0 {
		return English
	}
	_, i, confidence := c.matcher.Match(want...)
	if confidence == language.No {
		return English
	}
	return c.tags[i]
}

// Printer returns a printer for the language, or for English when it is not on offer.
func (c *Catalogue) Printer(tag string) Printer {
	if !c.Has(tag) {
		tag = English
	}
	return Printer{Lang: tag, messages: c.messages[tag]}
}

// Missing returns those sentences that the language has no translation for, sorted.
func (c *Catalogue) Missing(tag string, sentences []string) []string {
	if tag == English {
		return nil
	}
	var missing []string
	for _, s := range sentences {
		if _, ok := c.messages[tag][s]; !ok {
			missing = append(missing, s)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// Mark returns the sentence unchanged. It tells the test that collects sentences
// that this one is translated later, where it is printed.
func Mark(sentence string) string { return sentence }

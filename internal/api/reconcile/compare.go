package reconcile

import (
	"math"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/match/text"
)

// verdict is what an entity says to a condition.
type verdict uint8

const (
	silent  verdict = iota // nothing is said of it
	agrees                 // it is so
	differs                // it is not so
)

// nameProperties are what a condition on the name is asked of.
var nameProperties = []string{entity.AttrName, entity.AttrAlias, entity.AttrAcronym, entity.AttrFormerName}

// key is the property that a condition is about.
func (c condition) key() string {
	if c.on == onProperty {
		return c.property
	}
	return string(c.on)
}

// of judges an entity. What may not be searched counts for nothing (ENT-4).
func (c condition) of(e entity.Entity) verdict {
	properties := []string{c.key()}
	if c.on == onName {
		properties = nameProperties
	}
	var said []string
	for _, p := range properties {
		for _, a := range valuesOf(e, p) {
			if a.Access&(entity.Unsearchable|entity.Hidden) == 0 {
				said = append(said, a.Value)
			}
		}
	}
	if len(said) == 0 {
		if c.quantifier == noneOf {
			return agrees
		}
		return silent
	}
	fulfilled := 0
	for _, v := range c.values {
		for _, s := range said {
			if c.same(v, s) {
				fulfilled++
				break
			}
		}
	}
	yes := fulfilled > 0
	switch c.quantifier {
	case allOf:
		yes = fulfilled == len(c.values)
	case noneOf:
		yes = fulfilled == 0
	case anyValue:
	}
	if yes {
		return agrees
	}
	return differs
}

// same compares a value of a condition with one of an entity.
func (c condition) same(v value, said string) bool {
	if v.id != "" {
		if id, err := entity.ParseID(v.id); err == nil {
			if other, err := entity.ParseID(said); err == nil {
				return id == other
			}
		}
		if v.id == said {
			return true
		}
	}
	switch {
	case v.text == "":
		return false
	case c.qualifier == exactMatch:
		return v.text == said
	case c.qualifier == wildcardMatch:
		return fits(text.Fold(said), v.text)
	case c.key() == entity.AttrCountry:
		code := countryOf(v.text)
		return code != "" && code == countryOf(said)
	}
	if a, err := strconv.ParseFloat(v.text, 64); err == nil {
		if b, err := strconv.ParseFloat(said, 64); err == nil {
			return math.Abs(a-b) <= 1e-6*math.Max(math.Abs(a), math.Abs(b))
		}
	}
	return alike(text.Fold(v.text), text.Fold(said))
}

// alike reports whether people take two folded texts for the same: they are, one holds the
// other's words, or they differ by a slip of the pen.
func alike(a, b string) bool {
	switch {
	case a == "" || b == "":
		return a == b
	case a == b:
		return true
	case strings.Contains(" "+b+" ", " "+a+" "):
		return true
	}
	slips := min(len(a), len(b)) / 5
	return slips > 0 && text.Distance(a, b, min(slips, 2)) <= min(slips, 2)
}

// fits reports whether a folded text is as a pattern has it, in which a star stands for anything.
func fits(folded, pattern string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = text.Fold(part)
	}
	last := len(parts) - 1
	if last == 0 {
		return folded == parts[0]
	}
	rest, ok := strings.CutPrefix(folded, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}

package api

import (
	"encoding/json"
	"strings"
)

// scimTerm is one comparison of a filter (RFC 7644, 3.4.2.2): that an attribute has a value.
type scimTerm struct {
	attr  string // in lower case, without its schema
	value any    // string, bool, json.Number or nil
}

// scimPath is what an operation of a PATCH is about (RFC 7644, 3.5.2): an attribute, those
// of its values that a filter finds, and a part of them.
type scimPath struct {
	attr  string // in lower case, without its schema
	where []scimTerm
	sub   string // in lower case; empty: all of it
}

// maxSCIMText bounds filters and paths, in bytes.
const maxSCIMText = 1024

// The schemas that attributes may be named with.
const (
	scimUserSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// parseSCIMFilter reads comparisons with “eq” that are joined by “and”: all that programs
// which provision people ask. ok is false for any other filter.
func parseSCIMFilter(text string) (terms []scimTerm, ok bool) {
	p := scimParser{text}
	if len(text) > maxSCIMText {
		return nil, false
	}
	terms, ok = p.terms()
	return terms, ok && strings.Trim(p.rest, " ") == ""
}

// parseSCIMPath reads the path of an operation.
func parseSCIMPath(text string) (path scimPath, ok bool) {
	p := scimParser{strings.Trim(text, " ")}
	if len(text) > maxSCIMText {
		return path, false
	}
	if path.attr, ok = p.attr(); !ok {
		return path, false
	}
	if p.take("[") {
		if path.where, ok = p.terms(); !ok || !p.take("]") {
			return path, false
		}
	}
	if path.where == nil {
		// A part without a filter is read as one name: name.givenName.
		path.attr, path.sub, _ = strings.Cut(path.attr, ".")
	} else if p.take(".") {
		if path.sub, ok = p.attr(); !ok || strings.Contains(path.sub, ".") {
			return path, false
		}
	}
	return path, p.rest == "" && path.attr != "" && !strings.Contains(path.sub, ".")
}

// String writes a path so that it is read as the same again.
func (p scimPath) String() string {
	out := p.attr
	if p.where != nil {
		terms := make([]string, len(p.where))
		for i, t := range p.where {
			terms[i] = t.String()
		}
		out += "[" + strings.Join(terms, " and ") + "]"
	}
	if p.sub != "" {
		out += "." + p.sub
	}
	return out
}

// String writes a term so that it is read as the same again.
func (t scimTerm) String() string {
	value, _ := json.Marshal(t.value) // a plain value always encodes
	return t.attr + " eq " + string(value)
}

// scimParser reads from the front of a text.
type scimParser struct{ rest string }

func (p *scimParser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	if ok {
		p.rest = rest
	}
	return ok
}

// space takes what separates words; it reports whether there was any.
func (p *scimParser) space() bool {
	n := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " ")
	return len(p.rest) < n
}

// attr takes the name of an attribute, with parts of it behind points and its schema before it.
func (p *scimParser) attr() (name string, ok bool) {
	foreign := p.schema()
	end := strings.IndexFunc(p.rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.' && r != '$'
	})
	if end < 0 {
		end = len(p.rest)
	}
	name, p.rest = strings.ToLower(p.rest[:end]), p.rest[end:]
	if foreign && name != "" && name[0] != '$' {
		name = "$" + name // a name that no attribute has here
	}
	ok = name != "" && name[0] != '.' && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..") && strings.Count(name, ".") <= 1
	return name, ok
}

// schema takes the schema before a name; it reports whether it is one that nobody here knows.
func (p *scimParser) schema() (foreign bool) {
	const urn = "urn:"
	if len(p.rest) < len(urn) || !strings.EqualFold(p.rest[:len(urn)], urn) {
		return false
	}
	end := strings.IndexAny(p.rest, " [")
	if end < 0 {
		end = len(p.rest)
	}
	last := strings.LastIndexByte(p.rest[:end], ':')
	foreign = !strings.EqualFold(p.rest[:last], scimUserSchema) && !strings.EqualFold(p.rest[:last], scimGroupSchema)
	p.rest = p.rest[last+1:]
	return foreign
}

// terms takes comparisons joined by “and”.
func (p *scimParser) terms() ([]scimTerm, bool) {
	var out []scimTerm
	for {
		p.space()
		t, ok := p.term()
		if !ok {
			return nil, false
		}
		out = append(out, t)
		had := p.space()
		if !had || !p.word("and") {
			return out, true
		}
	}
}

func (p *scimParser) term() (t scimTerm, ok bool) {
	if t.attr, ok = p.attr(); !ok || !p.space() || !p.word("eq") {
		return t, false
	}
	t.value, ok = p.value()
	return t, ok
}

// word takes a word in any case, and the space behind it.
func (p *scimParser) word(w string) bool {
	if len(p.rest) <= len(w) || !strings.EqualFold(p.rest[:len(w)], w) || p.rest[len(w)] != ' ' {
		return false
	}
	p.rest = p.rest[len(w):]
	return p.space()
}

// value takes a text, a truth, a number or null, as JSON writes them.
func (p *scimParser) value() (v any, ok bool) {
	end := strings.IndexAny(p.rest, " ]")
	if strings.HasPrefix(p.rest, `"`) {
		end = quotedEnd(p.rest)
	} else if end < 0 {
		end = len(p.rest)
	}
	if end <= 0 {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(p.rest[:end]))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	switch v.(type) {
	case string, bool, json.Number, nil:
	default:
		return nil, false
	}
	p.rest = p.rest[end:]
	return v, true
}

// quotedEnd is where a text in quotes ends; 0 when it does not.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

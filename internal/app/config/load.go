package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrPermission says that the file may not be read.
var ErrPermission = errors.New("the settings cannot be read by this user")

// Options say where settings come from.
type Options struct {
	File    string   // the TOML file; a missing one is all defaults
	Prefix  string   // of the variables, "HABEAS_"
	Environ []string // as os.Environ returns it
	Known   []string // variables with the prefix that are no settings
}

// Problem is what is wrong with one value.
type Problem struct {
	Key   string // "smtp.port"
	Place string // "habeas.toml, line 7", "$HABEAS_SMTP_PORT"
	Want  string // what was expected
}

// Error implements error: place, key and what was expected.
func (p Problem) Error() string {
	if p.Key == "" {
		return p.Place + ": " + p.Want
	}
	return p.Place + ": " + p.Key + ": " + p.Want
}

// Problems are everything that is wrong, in the order it was found.
type Problems []Problem

// Error implements error, one line for each.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil when there is none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Loaded says of a struct that [Load] has filled where each value came from.
type Loaded struct {
	Keys []Key
	// Unused are variables with the prefix that name no setting: likely mistyped, or
	// made by a container platform, and so no reason not to start.
	Unused []string

	file   string
	lines  map[string]int    // line of each key in the file
	env    map[string]string // key → variable that decides it
	target reflect.Value
}

// Load fills the struct that target points to. It returns [Problems] that name each
// wrong value with its place; a file that cannot be read is an error of its own.
func Load(target any, o Options) (*Loaded, error) {
	l := &Loaded{
		Keys: Keys(o.Prefix, target), file: filepath.Base(o.File),
		env: map[string]string{}, target: reflect.ValueOf(target).Elem(),
	}
	for _, k := range l.Keys {
		if k.Default == "" {
			continue
		}
		if err := k.set(l.target.FieldByIndex(k.index), k.Default); err != nil {
			return nil, fmt.Errorf("default of %s: %w", k.Name, err) // a programming error
		}
	}
	text, err := os.ReadFile(o.File)
	if errors.Is(err, fs.ErrPermission) {
		return nil, ErrPermission
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	l.lines = lines(string(text))
	problems := l.fromFile(target, string(text))
	problems = append(problems, l.fromEnvironment(o)...)
	return l, problems.Err()
}

// fromFile decodes twice: once without types, to find what is unknown whatever else is
// wrong, and once into the struct.
func (l *Loaded) fromFile(target any, text string) Problems {
	raw := map[string]any{}
	meta, err := toml.Decode(text, &raw)
	if err != nil {
		return Problems{l.decodeProblem(err)}
	}
	problems := l.unknown(meta.Keys())
	for _, k := range l.Keys {
		if v, ok := rawText(raw, k.Name); ok && len(k.Choice) > 0 && !contains(k.Choice, v) {
			problems = append(problems, Problem{Key: k.Name, Place: l.At(k.Name), Want: "expected " + k.expected()})
		}
	}
	if _, err := toml.Decode(text, target); err != nil {
		problems = append(problems, l.decodeProblem(err))
	}
	return problems
}

// rawText returns the text that a key of the file has.
func rawText(raw map[string]any, name string) (string, bool) {
	section, rest, nested := strings.Cut(name, ".")
	if !nested {
		text, ok := raw[name].(string)
		return text, ok
	}
	inner, ok := raw[section].(map[string]any)
	if !ok {
		return "", false
	}
	return rawText(inner, rest)
}

// unknown names the keys of a file that are none, a table that is unknown only once.
func (l *Loaded) unknown(keys []toml.Key) Problems {
	known := map[string]bool{}
	for _, k := range l.Keys {
		known[strings.ToLower(k.Name)] = true
		known[strings.ToLower(k.Section())] = true
		for _, m := range k.members() {
			known[strings.ToLower(m)] = true
		}
	}
	var problems Problems
	said := map[string]bool{}
	for _, key := range keys {
		name := key.String()
		if known[strings.ToLower(name)] || said[name] {
			continue
		}
		said[name] = true
		if hasParent(said, key) {
			continue
		}
		p := Problem{Place: l.At(name), Want: "there is no setting \"" + name + "\""}
		if near := l.nearest(name); near != "" {
			p.Want += "; did you mean \"" + near + "\"?"
		}
		problems = append(problems, p)
	}
	return problems
}

// mistyped is how the decoder says that a value is of another type than its field.
var mistyped = regexp.MustCompile(`^toml: line (\d+) \(last key "([^"]*)"\): incompatible types`)

// decodeProblem turns what the decoder says into words about the key.
func (l *Loaded) decodeProblem(err error) Problem {
	if m := mistyped.FindStringSubmatch(err.Error()); m != nil {
		p := Problem{Key: m[2], Place: l.file + ", line " + m[1], Want: "a value of another kind is expected"}
		if k, ok := l.key(m[2]); ok {
			p.Want = "expected " + k.expected()
		}
		return p
	}
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return Problem{Place: l.file, Want: err.Error()}
	}
	p := Problem{Place: fmt.Sprintf("%s, line %d", l.file, max(parse.Position.Line, 1)), Want: parse.Message}
	if k, ok := l.key(parse.LastKey); ok && isText(k.typ) {
		p.Key = k.Name
	}
	return p
}

// hasParent reports whether the table of a key was said to be unknown.
func hasParent(said map[string]bool, key toml.Key) bool {
	for n := 1; n < len(key); n++ {
		if said[key[:n].String()] {
			return true
		}
	}
	return false
}

func (l *Loaded) fromEnvironment(o Options) Problems {
	var problems Problems
	for _, entry := range o.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, o.Prefix) || value == "" || contains(o.Known, name) {
			continue
		}
		k, found := l.variable(name)
		if !found {
			l.Unused = append(l.Unused, name)
			continue
		}
		l.env[k.Name] = name
		if err := k.set(l.target.FieldByIndex(k.index), value); err != nil {
			problems = append(problems, Problem{Key: k.Name, Place: "$" + name, Want: err.Error()})
		}
	}
	return problems
}

func (l *Loaded) variable(name string) (Key, bool) {
	for _, k := range l.Keys {
		if k.Env == name {
			return k, true
		}
	}
	return Key{}, false
}

func (l *Loaded) key(name string) (Key, bool) {
	for _, k := range l.Keys {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

// At says where a value stands: the variable, the line of the file, or "default".
func (l *Loaded) At(key string) string {
	if name := l.env[key]; name != "" {
		return "$" + name
	}
	for name := key; name != ""; { // an inline table has the line of its own key only
		n := l.lines[name]
		if name == key && n == 0 {
			n = l.lines["["+name]
		}
		if n > 0 {
			return fmt.Sprintf("%s, line %d", l.file, n)
		}
		name = name[:max(strings.LastIndexByte(name, '.'), 0)]
	}
	return "default"
}

// Set reports whether the file or the environment names the key.
func (l *Loaded) Set(key string) bool { return l.env[key] != "" || l.lines[key] > 0 }

// Problem returns what to say about the value of a key that does not hold.
func (l *Loaded) Problem(key, want string) Problem {
	return Problem{Key: key, Place: l.At(key), Want: want}
}

// Value is a key with its present value and where that came from.
type Value struct {
	Key
	Value string `json:"value"` // "set" for a secret
	From  string `json:"from"`
}

// Values returns every key with its value. redact may shorten a value that holds a
// secret in part, such as the password of a database address; it may be nil.
func (l *Loaded) Values(redact func(key, value string) string) []Value {
	values := make([]Value, len(l.Keys))
	for i, k := range l.Keys {
		v := Value{Key: k, Value: k.show(l.target.FieldByIndex(k.index)), From: l.At(k.Name)}
		if k.Secret && v.Value != "" {
			v.Value = "set"
		} else if redact != nil {
			v.Value = redact(k.Name, v.Value)
		}
		values[i] = v
	}
	return values
}

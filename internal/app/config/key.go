package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Key is one setting as its struct describes it.
type Key struct {
	Name    string   `json:"name"`          // "smtp.port"
	Env     string   `json:"env,omitempty"` // variable that overrides it; empty for an array of tables
	Doc     string   `json:"doc"`
	Default string   `json:"default,omitempty"`
	Example string   `json:"example,omitempty"`
	Choice  []string `json:"choice,omitempty"`
	Secret  bool     `json:"secret,omitempty"`

	index []int
	typ   reflect.Type
}

// Keys describes the struct that target points to, in the order of its fields.
func Keys(prefix string, target any) []Key {
	return keysOf(prefix, "", nil, reflect.TypeOf(target).Elem())
}

func keysOf(prefix, section string, index []int, t reflect.Type) []Key {
	var keys []Key
	for i := range t.NumField() {
		f := t.Field(i)
		name, at := tomlName(f), append(append([]int(nil), index...), i)
		if name == "" {
			continue
		}
		if f.Type.Kind() == reflect.Struct && !isText(f.Type) {
			keys = append(keys, keysOf(prefix, name, at, f.Type)...)
			continue
		}
		k := Key{
			Name: name, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Example: f.Tag.Get("example"),
			Secret: f.Tag.Get("secret") == "yes", index: at, typ: f.Type,
		}
		if section != "" {
			k.Name = section + "." + name
		}
		if c := f.Tag.Get("choice"); c != "" {
			k.Choice = strings.Split(c, "|")
		}
		if !k.tables() {
			k.Env = prefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
		}
		keys = append(keys, k)
	}
	return keys
}

// Section returns the name of the table that holds the key, "" for the top.
func (k Key) Section() string {
	section, _, found := strings.Cut(k.Name, ".")
	if k.tables() {
		return k.Name
	}
	if !found {
		return ""
	}
	return section
}

// tables reports whether the key is an array of tables.
func (k Key) tables() bool {
	return k.typ.Kind() == reflect.Slice && k.typ.Elem().Kind() == reflect.Struct
}

// members are the names of what an array of tables may hold, however deep.
func (k Key) members() []string {
	if !k.tables() {
		return nil
	}
	return memberNames(k.Name, k.typ.Elem())
}

func memberNames(name string, t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if tomlName(f) == "" {
			continue
		}
		names = append(names, name+"."+tomlName(f))
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			names = append(names, memberNames(name+"."+tomlName(f), f.Type.Elem())...)
		}
	}
	return names
}

// expected says in words what a value has to be.
func (k Key) expected() string {
	var want string
	switch {
	case len(k.Choice) > 0:
		want = "one of " + strings.Join(k.Choice, ", ")
	case k.typ.Kind() == reflect.Int && !isText(k.typ):
		want = "a whole number"
	case k.typ.Kind() == reflect.Bool:
		want = "true or false"
	case k.tables():
		want = "tables [[" + k.Name + "]]"
	case k.typ.Kind() == reflect.Slice:
		want = "a list of texts"
	default:
		want = "a text"
	}
	if k.Example != "" {
		want += ", such as " + k.Example
	}
	return want
}

// set reads text, in the form of the environment, into the field.
func (k Key) set(field reflect.Value, text string) error {
	if len(k.Choice) > 0 && !contains(k.Choice, text) {
		return fmt.Errorf("expected %s", k.expected())
	}
	if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch field.Kind() {
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("expected %s", k.expected())
		}
		field.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("expected %s", k.expected())
		}
		field.SetBool(b)
	case reflect.Slice:
		var list []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		field.Set(reflect.ValueOf(list))
	default:
		field.SetString(text)
	}
	return nil
}

// show returns the value as it would stand in the environment.
func (k Key) show(field reflect.Value) string {
	if k.tables() {
		names := make([]string, field.Len())
		for i := range names {
			names[i] = fmt.Sprint(field.Index(i).FieldByName("Name"))
		}
		return strings.Join(names, ", ")
	}
	if m, ok := field.Interface().(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // what was read can be written
		return string(text)
	}
	if list, ok := field.Interface().([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(field.Interface())
}

func tomlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

package session

import (
	"maps"
	"slices"

	"github.com/habeas-data/habeas/sealed"
)

// Variables are what a flow works with, by name.
type Variables map[string]any

// Trigger notes that a flow begins another, and returns the variables that it begins with:
// for each mapping a copy of what the old flow has under From, under the name To. What
// cannot be copied (sealed values, stores, and whatever this package does not know) is
// handed over by reference, so that both flows share the instance, and the log says so
// (SLG-6). Sealed values of another session become known to this session's scrubber.
func (t *Transaction) Trigger(g Trigger, from Variables) Variables {
	to := make(Variables, len(g.Mappings))
	var shared []Mapping
	for _, m := range g.Mappings {
		v, ok := from[m.From]
		if !ok {
			continue
		}
		c, cloned := clone(v)
		if !cloned {
			shared = append(shared, m)
		}
		to[m.To] = c
	}
	if t == nil {
		return to
	}
	g.Mappings = slices.Clone(g.Mappings)
	t.add(Event{Part: InPath, Type: FlowTrigger, Trigger: &g})
	for _, m := range shared {
		t.Warn("Flow " + constant(g.Flow) + " (" + constant(g.FlowID) + "), vertex " + constant(g.Vertex) + ", mapping " +
			Mapping{constant(m.From), constant(m.To)}.String() + ": " + sealed.Warning)
	}
	for _, m := range g.Mappings {
		if v, ok := to[m.To]; ok {
			t.Set(m.To, ScopeFlow, v)
		}
	}
	return to
}

// clone copies a plain value, however deep. It reports false for anything else, which
// stays the same instance.
func clone(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool, string,
		int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return v, true
	case []byte:
		return slices.Clone(v), true
	case []string:
		return slices.Clone(v), true
	case []any:
		c := slices.Clone(v)
		for i := range c {
			e, ok := clone(c[i])
			if !ok {
				return v, false
			}
			c[i] = e
		}
		return c, true
	case map[string]any:
		c := maps.Clone(v)
		for k := range c {
			e, ok := clone(c[k])
			if !ok {
				return v, false
			}
			c[k] = e
		}
		return c, true
	}
	return v, false
}

// secrets lists the sealed values that a variable is or holds.
func secrets(v any) []sealed.Value {
	switch v := v.(type) {
	case sealed.Value:
		if !v.IsZero() {
			return []sealed.Value{v}
		}
	case interface{ Value() sealed.Value }: // an Of of any type
		return secrets(v.Value())
	case *sealed.Store:
		var all []sealed.Value
		for name := range v.Names() {
			if one, ok := v.Get(name); ok {
				all = append(all, one)
			}
		}
		return all
	case []any:
		var all []sealed.Value
		for _, one := range v {
			all = append(all, secrets(one)...)
		}
		return all
	case map[string]any:
		var all []sealed.Value
		for _, one := range v {
			all = append(all, secrets(one)...)
		}
		return all
	}
	return nil
}

package sealed

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"sync"
)

// storeClass is the name that a store goes by in every text form.
const storeClass = "SecureDataStore"

// Store holds the values of a session under names, such as the variables of a conversation
// ("UserName"). Names are constants of the program and may be logged. A Store may be used by
// several goroutines at once. It prints as its class name and an object id,
// SecureDataStore@21e5e9df, and encodes as nothing more: its guards are those of a Value.
type Store struct {
	session *Session
	id      uint32
	mu      sync.RWMutex
	values  map[string]Value
}

// Store returns the store of the session, the same one on every call.
func (s *Session) Store() *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store == nil {
		s.store = &Store{session: s, id: uint32(newID()), values: map[string]Value{}} //nolint:gosec // any 32 bits of it
	}
	return s.store
}

// Set seals b under a name, which becomes its label, clears b, and wipes the value that had
// the name before. Errors as of Session.Seal.
func (st *Store) Set(name string, b []byte) error {
	v, err := st.session.Seal(name, b)
	if err != nil {
		return err
	}
	st.put(name, v)
	return nil
}

// Get returns the value of a name, and whether there is one. It is shared, not copied.
func (st *Store) Get(name string) (Value, bool) {
	st.mu.RLock()
	defer st.mu.RUnlock()
	v, ok := st.values[name]
	return v, ok
}

// Delete wipes the value of a name.
func (st *Store) Delete(name string) {
	st.mu.Lock()
	v := st.values[name]
	delete(st.values, name)
	st.mu.Unlock()
	st.session.Forget(v)
}

// Names lists the names in use when it is called, sorted.
func (st *Store) Names() iter.Seq[string] {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return slices.Values(slices.Sorted(maps.Keys(st.values)))
}

func (st *Store) put(name string, v Value) {
	st.mu.Lock()
	before := st.values[name]
	st.values[name] = v
	st.mu.Unlock()
	st.session.Forget(before)
}

// SetOf is Store.Set for a fixed-size type. It clears *p. Errors as of SealOf.
func SetOf[T any](st *Store, name string, p *T) error {
	v, err := SealOf(st.session, name, p)
	if err != nil {
		return err
	}
	st.put(name, v.Value())
	return nil
}

// GetOf is Store.Get for a value that SetOf has set with the same type. It reports false for
// a name that holds another number of bytes.
func GetOf[T any](st *Store, name string) (Of[T], bool) {
	v, ok := st.Get(name)
	if !ok {
		return Of[T]{}, false
	}
	typed := Of[T]{guard: v.guard}
	e := v.pin()
	if e == nil {
		return typed, true // closed, as its use will tell
	}
	defer e.unpin()
	if t := reflect.TypeFor[T](); uintptr(e.slot.length()) != t.Size() || !layoutOf(t).flat {
		return Of[T]{}, false
	}
	return typed, true
}

// String is the class name and the object id.
func (st *Store) String() string { return fmt.Sprintf("%s@%08x", storeClass, st.id) }

// Format prints String, whatever the verb.
func (st *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, st.String()) }

// LogValue is String.
func (st *Store) LogValue() slog.Value { return slog.StringValue(st.String()) }

// MarshalText is String.
func (st *Store) MarshalText() ([]byte, error) { return []byte(st.String()), nil }

// MarshalYAML is String.
func (st *Store) MarshalYAML() (any, error) { return st.String(), nil }

// MarshalJSON is the untraceable object with the class name.
func (st *Store) MarshalJSON() ([]byte, error) { return Untraceable(storeClass), nil }

// MarshalBinary fails with ErrUntraceable.
func (st *Store) MarshalBinary() ([]byte, error) { return nil, ErrUntraceable }

// GobEncode fails with ErrUntraceable.
func (st *Store) GobEncode() ([]byte, error) { return nil, ErrUntraceable }

// GobDecode fails with ErrUntraceable.
func (st *Store) GobDecode([]byte) error { return ErrUntraceable }

// UnmarshalJSON fails with ErrUntraceable.
func (st *Store) UnmarshalJSON([]byte) error { return ErrUntraceable }

// UnmarshalText fails with ErrUntraceable.
func (st *Store) UnmarshalText([]byte) error { return ErrUntraceable }

// Crossing is where a sealed object goes from one flow into another: which flow is entered,
// at which vertex of it, and which variable From becomes which variable To.
type Crossing struct {
	Flow, FlowID, Vertex string
	From, To             string
}

// Mapping is the transfer as the log writes it: [a → b].
func (c Crossing) Mapping() string { return "[" + c.From + " → " + c.To + "]" }

// Warning is the sentence of the log: what crosses is not copied, and both flows share it.
const Warning = "not cloneable, transferred by reference"

// Transfer passes a Value, an Of or a Store from one flow to another and logs that it was
// passed by reference: both flows then share the instance, and the end of its session ends
// it for both (SLG-6).
func Transfer[T slog.LogValuer](ctx context.Context, log *slog.Logger, object T, c Crossing) T {
	log.LogAttrs(ctx, slog.LevelWarn, Warning,
		slog.String("flow", c.Flow), slog.String("flow_id", c.FlowID), slog.String("vertex", c.Vertex),
		slog.String("mapping", c.Mapping()), slog.Any("object", object))
	return object
}

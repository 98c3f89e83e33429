package session

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"

	"github.com/habeas-data/habeas/sealed"
)

// maxEvents bounds a transaction. The rest is counted.
const maxEvents = 500

// Transaction gathers the events of one request, until End writes them all at once. All
// methods may be called on a nil *Transaction and do nothing then, so that a flow need
// not know whether it is recorded. It may be used by several goroutines at once.
type Transaction struct {
	log *Log
	n   int

	mu        sync.Mutex
	events    []Event
	left      int
	outcome   Outcome
	reference string
	ended     bool
}

type transactionKey struct{}

// With returns a context that carries the transaction; see [From] and [Handler].
func With(ctx context.Context, t *Transaction) context.Context {
	return context.WithValue(ctx, transactionKey{}, t)
}

// From returns the transaction that ctx carries, or nil.
func From(ctx context.Context) *Transaction {
	t, _ := ctx.Value(transactionKey{}).(*Transaction)
	return t
}

// Log returns the session that the transaction belongs to; nil for a nil transaction.
func (t *Transaction) Log() *Log {
	if t == nil {
		return nil
	}
	return t.log
}

func (t *Transaction) add(e Event) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.ended:
	case len(t.events) >= maxEvents:
		t.left++
	default:
		t.events = append(t.events, e)
	}
}

// Request notes what the person wrote.
func (t *Transaction) Request(text string) {
	t.add(Event{Part: InRequest, Type: RequestText, Text: text})
}

// Input notes a parameter that came with the request: a sealed value, a store, or
// anything with a JSON form.
func (t *Transaction) Input(name string, v any) {
	t.add(Event{Part: InRequest, Type: InputParameter, Name: name, Value: jsonOf(v)})
}

// Analysis notes how the flow understood the request text. Words whose place or form
// touches what is scrubbed are written as a pseudonym in all three forms.
func (t *Transaction) Analysis(sentences ...Sentence) {
	t.add(Event{Part: InRequest, Type: Analysis, Sentences: sentences})
}

// Step notes that a place in the flow was entered; vertex is its id and may be empty.
func (t *Transaction) Step(name, vertex string) {
	e := Event{Part: InPath, Type: Step, Name: name}
	if vertex != "" {
		e.Trigger = &Trigger{Vertex: vertex}
	}
	t.add(e)
}

// Seal is Log.Seal followed by Set in the scope of the session. A nil transaction clears
// b and returns the zero Value.
func (t *Transaction) Seal(name string, b []byte) (sealed.Value, error) {
	if t == nil {
		clear(b)
		return sealed.Value{}, nil
	}
	if v, ok := t.log.Variable(name); ok && v.EqualBytes(b) { // typed again
		clear(b)
		t.set(name, ScopeSession, v, jsonOf(v))
		return v, nil
	}
	v, err := t.log.Seal(name, b)
	if err != nil {
		t.Warn("The value of " + name + " could not be sealed.")
		t.set(name, ScopeSession, v, json.RawMessage(sealed.Untraceable(constant(name))))
		return v, err
	}
	t.Set(name, ScopeSession, v)
	return v, nil
}

// Set notes that a variable got a value: its initialization, or an update if it had one.
// A sealed value or a store appears as the untraceable object and is made known to the
// scrubber; anything else appears scrubbed.
func (t *Transaction) Set(name string, scope Scope, v any) {
	if t == nil {
		return
	}
	for _, secret := range secrets(v) {
		t.log.Know(secret)
	}
	t.set(name, scope, v, jsonOf(v))
}

func (t *Transaction) set(name string, scope Scope, v any, value json.RawMessage) {
	t.add(Event{Part: InPath, Type: VariableChange, Change: t.log.changed(name, v), Name: name, Scope: scope, Value: value})
}

// Delete notes that a variable is gone.
func (t *Transaction) Delete(name string, scope Scope) {
	if t == nil {
		return
	}
	t.log.forget(name)
	t.add(Event{Part: InPath, Type: VariableChange, Change: Deletion, Name: name, Scope: scope})
}

// Output notes a text that the flow puts out on its way, such as one line of an answer.
func (t *Transaction) Output(text string) {
	t.add(Event{Part: InPath, Type: OutputText, Text: text})
}

// Warn notes something that operators should know.
func (t *Transaction) Warn(text string) {
	t.add(Event{Part: InPath, Type: Warning, Text: text})
}

// record notes a record of the server's log. From slog.LevelWarn on it is a warning.
func (t *Transaction) record(level slog.Level, text string) {
	e := Event{Part: InPath, Type: Message, Level: level.String(), Text: text}
	if level >= slog.LevelWarn {
		e.Type = Warning
	}
	t.add(e)
}

// Response notes the whole answer.
func (t *Transaction) Response(text string) {
	t.add(Event{Part: InResponse, Type: ResponseText, Text: text})
}

// Parameter notes a parameter that went out with the answer.
func (t *Transaction) Parameter(name string, v any) {
	t.add(Event{Part: InResponse, Type: OutputParameter, Name: name, Value: jsonOf(v)})
}

// Ends notes how the transaction came out. reference is what the person was asked to
// quote, or empty.
func (t *Transaction) Ends(o Outcome, reference string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outcome = o
	if reference != "" {
		t.reference = reference
	}
}

// Outcome is what Ends was told last.
func (t *Transaction) Outcome() Outcome {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.outcome
}

// End writes the transaction. Further events are dropped.
func (t *Transaction) End() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = true
	t.log.write(t, t.events)
	t.events = nil
}

// String names the transaction: session and number.
func (t *Transaction) String() string {
	if t == nil {
		return "no transaction"
	}
	return t.log.ID() + "/" + strconv.Itoa(t.n)
}

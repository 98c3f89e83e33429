package sealed

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
)

// cause is what the JSON form gives as the reason that a value cannot be shown.
const cause = "untraceable object type"

// All guards are on the value receiver, so that values and pointers are guarded alike.
// They make the output friendly; that nothing leaks where they are not called (unexported
// fields, %p, unsafe) is because a Value holds only a handle.

// Format prints the label, whatever the verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(v.Label())) }

// String is the label.
func (v Value) String() string { return v.Label() }

// GoString is the label.
func (v Value) GoString() string { return v.Label() }

// LogValue is the label.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.Label()) }

// MarshalJSON is the untraceable object.
func (v Value) MarshalJSON() ([]byte, error) { return Untraceable(v.Label()), nil }

// MarshalText is the label.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.Label()), nil }

// MarshalXML is an element with the label.
func (v Value) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(v.Label(), start)
}

// Untraceable is the JSON object that stands for something that is not shown.
func Untraceable(label string) []byte {
	b, err := json.Marshal(struct {
		Object string `json:"untraceable-object"`
		Cause  string `json:"cause"`
	}{label, cause})
	if err != nil { // a string always has a JSON form
		return []byte("null")
	}
	return b
}

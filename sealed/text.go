package sealed

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
)

// cause is what the JSON form gives as the reason that a value cannot be shown.
const cause = "untraceable object type"

// All guards are on the value receiver, so that values and pointers are guarded alike.
// They make the output friendly; that nothing leaks where they are not called (unexported
// fields, %p, unsafe) is because a value holds only a handle. There is no error method and
// no driver.Valuer on purpose: a value that passes for an error or a query argument would
// travel where nobody looks.

// Format prints the label, whatever the verb.
func (g guard) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, g.Label()) }

// String is the label.
func (g guard) String() string { return g.Label() }

// GoString is the label.
func (g guard) GoString() string { return g.Label() }

// LogValue is the label.
func (g guard) LogValue() slog.Value { return slog.StringValue(g.Label()) }

// MarshalText is the label.
func (g guard) MarshalText() ([]byte, error) { return []byte(g.Label()), nil }

// MarshalJSON is the untraceable object.
func (g guard) MarshalJSON() ([]byte, error) { return Untraceable(g.Label()), nil }

// MarshalYAML is the label, for yaml.v2, yaml.v3 and those that follow them.
func (g guard) MarshalYAML() (any, error) { return g.Label(), nil }

// MarshalXML is an element with the label.
func (g guard) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(g.Label(), start)
}

// MarshalXMLAttr is an attribute with the label.
func (g guard) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	return xml.Attr{Name: name, Value: g.Label()}, nil
}

// MarshalBinary fails with ErrUntraceable.
func (g guard) MarshalBinary() ([]byte, error) { return nil, ErrUntraceable }

// GobEncode fails with ErrUntraceable.
func (g guard) GobEncode() ([]byte, error) { return nil, ErrUntraceable }

// The readers fail as well: what they would read is a label, and reading into a handle
// that others share would change it for all.

// UnmarshalText fails with ErrUntraceable.
func (g guard) UnmarshalText([]byte) error { return ErrUntraceable }

// UnmarshalJSON fails with ErrUntraceable.
func (g guard) UnmarshalJSON([]byte) error { return ErrUntraceable }

// UnmarshalXML fails with ErrUntraceable.
func (g guard) UnmarshalXML(*xml.Decoder, xml.StartElement) error { return ErrUntraceable }

// UnmarshalBinary fails with ErrUntraceable.
func (g guard) UnmarshalBinary([]byte) error { return ErrUntraceable }

// GobDecode fails with ErrUntraceable.
func (g guard) GobDecode([]byte) error { return ErrUntraceable }

// Scan, of fmt.Scanner, fails with ErrUntraceable.
func (g guard) Scan(fmt.ScanState, rune) error { return ErrUntraceable }

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

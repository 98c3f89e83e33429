//go:build !goexperiment.jsonv2

package channels

import (
	"io"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jsonV2Checks are those of the module that becomes the standard library's second version
// of JSON, where the program is built without it.
func jsonV2Checks() []check {
	return []check{
		encodes("Marshal", func(v any) ([]byte, error) { return jsonv2.Marshal(v) }),
		encodes("Deterministic", func(v any) ([]byte, error) { return jsonv2.Marshal(v, jsonv2.Deterministic(true)) }),
		encodesTo("MarshalWrite", func(w io.Writer, v any) error { return jsonv2.MarshalWrite(w, v) }),
		encodesTo("MarshalEncode", func(w io.Writer, v any) error { return jsonv2.MarshalEncode(jsontext.NewEncoder(w), v) }),
		encodes("a caller's own function for all", func(v any) ([]byte, error) {
			return jsonv2.Marshal(v, jsonv2.WithMarshalers(jsonv2.MarshalFunc(func(v any) ([]byte, error) {
				return jsontext.AppendQuote(nil, string(memoryOf(v, true)))
			})))
		}),
	}
}

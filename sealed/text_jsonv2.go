//go:build goexperiment.jsonv2

package sealed

import "encoding/json/jsontext"

// MarshalJSONTo is the untraceable object, for encoding/json/v2.
func (g guard) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(Untraceable(g.Label()))
}

package edge

import (
	"bytes"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json"

	"github.com/habeas-data/habeas"
)

// DecodeLenient is [DecodeJSON] for a protocol of somebody else's, whose programs send
// members that nobody here knows, and names in any case (RFC 7643, section 2.1): these
// are passed over and those are understood. It takes any of the media types. Everything
// else is as strict: one value, no name twice, UTF-8, bounded in size and depth.
func DecodeLenient[T any](w http.ResponseWriter, r *http.Request, maxBytes int64, mediaTypes ...string) (T, error) {
	var v T
	var err error
	for _, mediaType := range mediaTypes {
		if err = wantBody(r, mediaType); err == nil {
			break
		}
	}
	if err != nil {
		return v, err
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readBody(w, r, maxBytes, buf); err != nil {
		return v, err
	}
	if tooDeep(buf.Bytes()) {
		return v, habeas.Invalid("", "The document nests too deeply.").WithCode("json.depth")
	}
	if err := json.Unmarshal(buf.Bytes(), &v, lenient); err != nil {
		var zero T // half a document must not be used by mistake
		return zero, explainJSON(err, buf.Bytes(), reflect.TypeFor[T]())
	}
	return v, nil
}

var lenient = json.MatchCaseInsensitiveNames(true)

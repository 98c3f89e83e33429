package edge

import (
	"bytes"
	"net/http"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// DecodeText reads the body of r, at most maxBytes, as plain text in UTF-8.
func DecodeText(w http.ResponseWriter, r *http.Request, maxBytes int64) (string, error) {
	if err := wantBody(r, "text/plain"); err != nil {
		return "", err
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readBody(w, r, maxBytes, buf); err != nil {
		return "", err
	}
	if !utf8.Valid(buf.Bytes()) {
		return "", habeas.Invalid("", "The text is not valid UTF-8.").WithCode("text.utf8")
	}
	return buf.String(), nil
}

package account

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"testing"

	"github.com/habeas-data/habeas/internal/pki/request"
)

// However a request is wrapped, the same bytes are read; and nothing that is posted breaks the reader.
func FuzzRequestIn(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n"))
	f.Add([]byte("MAA="))
	f.Fuzz(func(t *testing.T, der []byte) {
		wrapped := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
		encoded := []byte(base64.StdEncoding.EncodeToString(der) + "\r\n")
		if !bytes.Equal(requestIn(wrapped), der) || !bytes.Equal(requestIn(encoded), der) {
			t.Errorf("%x is read as something else", der)
		}
		if _, err := request.Parse(requestIn(der)); err == nil && len(der) < 200 {
			t.Errorf("%x is taken as a request", der)
		}
	})
}

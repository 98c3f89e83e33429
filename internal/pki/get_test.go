package pki

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzOCSPGet: what a path says is one request in one form, and whatever it says is answered.
func FuzzOCSPGet(f *testing.F) {
	w := newWorld(f)
	r := w.responder()
	for _, seed := range []string{"", "MAA=", "MEUwQzBBMD8wPTAJBgUrDgMCGgUABBQ=", "a//b", "MA==\n", strings.Repeat("MDAw", 2000), "%%", "=", "MAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		der, ok := DecodeOCSPGet(text)
		if ok && (base64.StdEncoding.EncodeToString(der) != text || len(der) > MaxOCSPRequest) {
			t.Errorf("%q is read as %x", text, der)
		}
		if answer, _ := r.RespondWithin(ctx, der, func() bool { return false }); len(answer) < 5 {
			t.Errorf("%q is answered by %x", text, answer)
		}
	})
}

func TestWhoMaySpendNothingGetsTheAnswerOfEverybody(t *testing.T) {
	w := newWorld(t)
	r := w.responder()
	_, cert, _ := w.person()
	never := func() bool { return false }
	ask := func(q inquiry) []byte {
		der, _ := r.RespondWithin(ctx, q.der(t), never)
		return der
	}
	ids := certIDs(t, w.identity.cert, 5, cert.SerialNumber) // SHA-256
	plain := ask(inquiry{ids: ids, version: -1})
	if len(plain) < 100 || !bytes.Equal(plain, ask(inquiry{ids: ids, version: -1, nonce: make([]byte, 32)})) {
		t.Error("a nonce beyond the measure is signed")
	}
	if got := ask(inquiry{ids: append(ids, ids...), version: -1}); !bytes.Equal(got, tryLater.der()) {
		t.Errorf("several certificates beyond the measure: %x", got)
	}
}

package escrow

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/request"
)

// vectorX is the first message of RFC 9180, A.1.1.
var vectorX = struct{ info, skEm, skRm, pkRm, enc, plain, aad, ciphertext string }{
	info:       "4f6465206f6e2061204772656369616e2055726e",
	skEm:       "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
	skRm:       "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
	pkRm:       "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
	enc:        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
	plain:      "4265617574792069732074727574682c20747275746820626561757479",
	aad:        "436f756e742d30",
	ciphertext: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
}

// Shares are sealed to X25519, as RFC 9180 says.
func TestThePageSealsToX25519(t *testing.T) {
	t.Parallel()
	v := vectorX
	message := unhex(t, v.enc+v.ciphertext)
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(unhex(t, v.skRm))
	if err != nil {
		t.Fatal(err)
	}
	r, err := hpke.NewRecipient(message[:32], key, hpke.HKDFSHA256(), hpke.AES128GCM(), unhex(t, v.info))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Open(unhex(t, v.aad), message[32:]); err != nil || !bytes.Equal(plain, unhex(t, v.plain)) {
		t.Fatalf("the vector is none: %v", err)
	}
	answers := page(
		t,
		task{Task: "open", D: unhex(t, v.skRm), Own: unhex(t, v.pkRm), Message: message, Info: unhex(t, v.info), AAD: unhex(t, v.aad)},
		task{Task: "seal", D: unhex(t, v.skEm), Own: unhex(t, v.enc), To: unhex(t, v.pkRm), Info: unhex(t, v.info), AAD: unhex(t, v.aad), Plain: unhex(t, v.plain)},
		task{Task: "open", D: unhex(t, v.skRm), Own: unhex(t, v.pkRm), Message: message, Info: unhex(t, v.info), AAD: []byte("other")},
		task{Task: "seal", To: make([]byte, 32), Plain: []byte("to a point of small order")},
	)
	for i, want := range [][]byte{unhex(t, v.plain), message} {
		if !bytes.Equal(answers[i].Bytes, want) {
			t.Errorf("%d: the page has %x, want %x (%s)", i, answers[i].Bytes, want, answers[i].Message)
		}
	}
	for i, a := range answers[2:] {
		if a.Error == "" {
			t.Errorf("%d: the page does what it must not", i)
		}
	}
}

// somebody is registered, with all that their file holds.
func somebody(t *testing.T, authority *pkitest.Authority, name, address string) (task, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := request.Make(key, dn.Subject{Name: name, Country: "ES", Username: "somebody", Email: address})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := request.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	certs, err := authority.Issue(asked)
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p := task{D: d, Own: point, Serial: hex.EncodeToString(certs[0].SerialNumber.FillBytes(make([]byte, 16)))}
	for _, c := range certs {
		p.Chain = append(p.Chain, c.Raw)
	}
	return p, key
}

// wrongShare is sealed as it has to be, and is no share of the key.
func wrongShare(t *testing.T, to []byte, aad string) []byte {
	t.Helper()
	public, err := hpke.DHKEM(ecdh.P256()).NewPublicKey(to)
	if err != nil {
		t.Fatal(err)
	}
	enc, s, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES128GCM(), []byte("habeas keepers v1"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal([]byte(aad), append([]byte{9}, make([]byte, 32)...))
	if err != nil {
		t.Fatal(err)
	}
	return append(enc, sealed...)
}

// The pages make shares for whom they can verify, give them for the right words, and open the key
// with enough of them: a wrong share beside enough right ones does no harm.
func TestThePagesOfKeyKeepersFitTogether(t *testing.T) {
	t.Parallel()
	server, err := Open(t.Context(), secrets{})
	if err != nil {
		t.Fatal(err)
	}
	authority, err := pkitest.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ask := task{Task: "keepers", To: server.Public()}
	var anas *ecdsa.PrivateKey
	for i, name := range []string{"Ana López", "Ben Frost", "Eva Novák", "Tim Hale"} {
		p, key := somebody(t, authority, name, "p"+strconv.Itoa(i)+"@example.org")
		if ask.People = append(ask.People, p); i == 0 {
			anas = key
		}
	}
	did := page(t, ask)[0]
	if want := []string{"keeper", "keeper", "keeper", "keeper", "words", "serial", "share"}; !slices.Equal(did.Said, want) {
		t.Fatalf("refused with %q, want %q: %s", did.Said, want, did.Message)
	}
	if want := []string{"Ben Frost p1@example.org", "Eva Novák p2@example.org", "Tim Hale p3@example.org"}; !slices.Equal(did.Named, want) {
		t.Errorf("shown are %q", did.Named)
	}
	if !regexp.MustCompile(`^([bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz] ?){5}$`).MatchString(did.Words) {
		t.Errorf("the words are %q", did.Words)
	}
	serial := ask.People[0].Serial
	kept, err := server.Open(did.Sealed, []byte("habeas escrow v1\ndeposit\nacc_1\n"+serial+"\nkeepers"))
	if err != nil || Fits(kept, &anas.PublicKey) || bytes.Contains(kept, ask.People[0].D) {
		t.Fatalf("the server has the key: %v", err)
	}
	given := func(need byte, of ...int) []byte {
		parts := [][]byte{[]byte("kps_1"), []byte("acc_1"), {need}}
		for _, i := range of {
			message := did.Messages[max(i, -i)-1]
			if i < 0 { // what somebody sends who has no share
				message = wrongShare(t, did.Own, "habeas keepers v1\npass\nchl_1\nkpr_"+strconv.Itoa(-i))
			}
			parts = append(parts, []byte("kpr_"+strconv.Itoa(max(i, -i))), message)
		}
		return Bundle(parts...)
	}
	join := func(g []byte) task {
		return task{Task: "joined", Kept: kept, Given: g, Serial: serial, Own: did.Own, Key: did.Key, Reset: "chl_1"}
	}
	otherReset, otherSerial := join(given(2, 1, 2)), join(given(2, 1, 2))
	otherReset.Reset, otherSerial.Serial = "chl_2", ask.People[1].Serial
	answers := page(t, join(given(2, 1, 2)), join(given(2, 3, 1)), join(given(2, 1, 2, 3)), join(given(2, -1, 2, 3)),
		join(given(2, 1)), join(given(2, -1, 2)), join(given(3, 1, 2, 3)), otherReset, otherSerial)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(anas)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if opens := i < 4; opens != bytes.Equal(a.Bytes, pkcs8) || !opens && a.Error != "joined" {
			t.Errorf("%d: opens %t, %q %s", i, !opens, a.Error, a.Message)
		}
	}
}

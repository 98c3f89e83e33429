package attrcert

import (
	"bytes"
	"crypto/elliptic"
	"math/big"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"pgregory.net/rapid"
)

// sharedWorld is made once for tests that only read.
type sharedWorld struct {
	*world
	full, small []byte
}

var shared = sync.OnceValue(func() *sharedWorld {
	w := newWorldWith(quiet{}, ecKey(elliptic.P256()))
	return &sharedWorld{
		world: w,
		full:  must(Create(w.everything(), w.holder, w.issuer, w.key)),
		small: must(Create(editor(), w.holder, w.issuer, w.key)),
	}
})

// quiet stands for a test where there is none yet.
type quiet struct{ testing.TB }

func (quiet) Helper() {}

// FuzzParse: what is read is written again octet by octet, and nothing is read that could
// be written in another way.
func FuzzParse(f *testing.F) {
	w := shared()
	f.Add(w.full)
	f.Add(w.small)
	f.Add(w.full[:len(w.full)/2])
	f.Fuzz(func(t *testing.T, der []byte) {
		before := bytes.Clone(der)
		ac, err := Parse(der)
		if !bytes.Equal(der, before) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if field(err) == "" || ac != nil {
				t.Fatalf("no error of a field: %v", err)
			}
			return
		}
		writtenAgain(t, ac, der)
		signed := bytes.Contains(w.small, ac.RawTBS) || bytes.Contains(w.full, ac.RawTBS)
		if !signed && ac.CheckSignatureFrom(w.issuer) == nil {
			t.Fatal("a forgery")
		}
	})
}

// writtenAgain writes a certificate from what was read of it.
func writtenAgain(t interface{ Fatalf(string, ...any) }, ac *AttributeCertificate, der []byte) {
	a := algorithmByID(ac.SignatureAlgorithm)
	tbs, err := ac.info(a)
	if err != nil || !bytes.Equal(tbs, ac.RawTBS) {
		t.Fatalf("acinfo is written as\n%x, was\n%x, %v", tbs, ac.RawTBS, err)
	}
	if again, err := seal(tbs, a, ac.Signature); err != nil || !bytes.Equal(again, der) {
		t.Fatalf("it is written as\n%x, was\n%x, %v", again, der, err)
	}
	// The fields that were read out of attributes write the same attributes.
	again := *ac
	again.ExtraAttributes = nil
	if err := again.encode(); err != nil {
		t.Fatalf("%v", err)
	}
	for _, mine := range again.Attributes {
		for _, was := range ac.Attributes {
			if mine.Type.Equal(was.Type) && !bytes.Equal(bytes.Join(mine.Values, nil), bytes.Join(was.Values, nil)) {
				t.Fatalf("%v is written as %x, was %x", mine.Type, mine.Values, was.Values)
			}
		}
	}
}

// names of all forms that can be written without a syntax of their own.
func anyName() *rapid.Generator[GeneralName] {
	text := rapid.StringMatching(`[a-z]{1,12}(:[a-z]{1,12})?`)
	return rapid.OneOf(
		rapid.Map(text, URIName),
		rapid.Map(text, DNSName),
		rapid.Map(text, func(s string) GeneralName { return GeneralName{EmailAddress, []byte(s)} }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 4, 4), func(b []byte) GeneralName { return GeneralName{IPAddress, b} }),
		rapid.Just(DirectoryName(shared().root.RawSubject)),
		rapid.Just(GeneralName{RegisteredID, []byte{0x2a, 3}}),
		rapid.Just(GeneralName{OtherName, unhex("06 02 2a 03 a0 02 05 00")}),
	)
}

func anyTemplate(t *rapid.T) *AttributeCertificate {
	names := rapid.SliceOfN(anyName(), 0, 3)
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) IetfValue { return IetfValue{Text: s} }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 9), func(b []byte) IetfValue { return IetfValue{Octets: b} }),
		rapid.Just(IetfValue{OID: OIDRole}),
	)
	attr := rapid.Custom(func(t *rapid.T) *IetfAttr {
		return &IetfAttr{PolicyAuthority: names.Draw(t, "authority"), Values: rapid.SliceOfN(value, 1, 4).Draw(t, "values")}
	})
	role := rapid.Custom(func(t *rapid.T) Role {
		return Role{Authority: names.Draw(t, "authority"), Name: anyName().Draw(t, "name")}
	})
	target := rapid.Custom(func(t *rapid.T) Target {
		return Target{Name: anyName().Draw(t, "name"), IsGroup: rapid.Bool().Draw(t, "group")}
	})
	length := int(end.Sub(begin) / time.Second)
	after := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }
	from := rapid.IntRange(0, length).Draw(t, "from")
	return &AttributeCertificate{
		SerialNumber:     new(big.Int).SetBytes(append([]byte{1}, rapid.SliceOfN(rapid.Byte(), 0, 19).Draw(t, "serial")...)),
		NotBefore:        after(from),
		NotAfter:         after(rapid.IntRange(from, length).Draw(t, "to")),
		Roles:            rapid.SliceOfN(role, 1, 4).Draw(t, "roles"),
		Group:            rapid.OneOf(rapid.Just[*IetfAttr](nil), attr).Draw(t, "group"),
		ChargingIdentity: rapid.OneOf(rapid.Just[*IetfAttr](nil), attr).Draw(t, "charging"),
		Targets:          rapid.OneOf(rapid.Just[[]Target](nil), rapid.SliceOfN(target, 1, 4)).Draw(t, "targets"),
		NoRevAvail:       rapid.Bool().Draw(t, "no revocation"),
	}
}

func TestWhateverIsMadeIsReadAndVerifies(t *testing.T) {
	w := shared()
	rapid.Check(t, func(t *rapid.T) {
		template := anyTemplate(t)
		der, err := Create(template, w.holder, w.issuer, w.key)
		if err != nil {
			t.Fatal(err)
		}
		ac, err := Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		writtenAgain(t, ac, der)
		if !sameFields(template, ac) {
			t.Fatalf("made of %+v\nread as %+v", template, ac)
		}
		if err := ac.CheckSignatureFrom(w.issuer); err != nil {
			t.Fatal(err)
		}
	})
}

// sameFields compares by octets: both are encoded from their fields.
func sameFields(template, ac *AttributeCertificate) bool {
	a, b := *template, *ac
	a.AuthorityKeyID = b.AuthorityKeyID
	if a.encode() != nil || b.encode() != nil || !a.NotBefore.Equal(b.NotBefore) || !a.NotAfter.Equal(b.NotAfter) {
		return false
	}
	write := func(ac *AttributeCertificate) []byte {
		out := cryptobyte.NewBuilder(ac.SerialNumber.Bytes())
		for _, attribute := range ac.Attributes {
			addAttribute(out, attribute)
		}
		for _, ext := range ac.Extensions {
			addExtension(out, ext)
		}
		return out.BytesOrPanic()
	}
	return bytes.Equal(write(&a), write(&b))
}

// What Parse accepts after a change of its octets is DER: see FuzzParse. Here octets are
// changed where a fuzzer needs long to come.
func TestWhateverIsChangedIsRefusedOrWrittenAgain(t *testing.T) {
	w := shared()
	rapid.Check(t, func(t *rapid.T) {
		der := bytes.Clone(w.full)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			der[rapid.IntRange(0, len(der)-1).Draw(t, "place")] = rapid.Byte().Draw(t, "octet")
		}
		if ac, err := Parse(der); err == nil {
			writtenAgain(t, ac, der)
		}
	})
}

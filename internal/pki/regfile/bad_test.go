package regfile

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/sealed"
)

// Proves FILE-03.
func TestAFlippedByteAnywhereIsOneIntegrityError(t *testing.T) {
	t.Parallel()
	out, _, _ := file(t, tim, phrase)
	s, password := sealed.Open(t.Context()), seal(t, phrase)
	for at := range out {
		for _, flip := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
			bad := bytes.Clone(out)
			bad[at] ^= flip
			if id, err := (opener{few}).open(s, bad, password); err != error(ErrIntegrity) || id != nil { //nolint:errorlint // the very same
				t.Fatalf("byte %d of %d xor %d: %v", at, len(out), flip, err)
			}
		}
	}
	for _, wrong := range []string{"", phrase + " ", strings.ToUpper(phrase), phrase + "\x00", strings.Repeat("x", 1000)} {
		if id, err := opened(t, out, wrong); err != error(ErrIntegrity) || id != nil { //nolint:errorlint // the very same
			t.Errorf("with another password: %v", err)
		}
	}
	if v, err := ReviewFile(out, seal(t, "another")); !errors.Is(err, ErrIntegrity) || v.Subject != (dn.Subject{}) || v.Serial != "" {
		t.Errorf("the review shows something: %v", err)
	}
}

func TestAPartOfAFileOrMoreThanItIsOneIntegrityError(t *testing.T) {
	out, _, _ := file(t, tim, phrase)
	for n := range out {
		if _, err := opened(t, out[:n], phrase); !errors.Is(err, ErrIntegrity) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	for _, more := range [][]byte{{0}, {0, 0}, {5, 0}, out} {
		if _, err := opened(t, append(bytes.Clone(out), more...), phrase); !errors.Is(err, ErrIntegrity) {
			t.Errorf("%d bytes more: %v", len(more), err)
		}
	}
	if _, err := opened(t, make([]byte, MaxLen+1), phrase); habeas.KindOf(err) != habeas.KindTooLarge {
		t.Errorf("a very long file: %v", err)
	}
}

// forge is a file whose integrity is right and whose content is anything.
func forge(t *testing.T, content func(m maker, r *room, h digest) []byte) (out []byte) {
	t.Helper()
	err := work(seal(t, phrase), func(r *room, h digest) error {
		out = maker{few}.protect(r, h, content(maker{few}, r, h))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatDoesNotBelongInAFileIsRefusedWhole(t *testing.T) {
	key, chain := registered(t, tim)
	other, foreign := registered(t, tim)
	plain := func(bags ...[]byte) []byte {
		return der.Sequence(oidData, der.Explicit(0, der.Octets(der.Sequence(bags...))))
	}
	bagOf := func(raw []byte) []byte {
		return der.Sequence(oidCertBag, der.Explicit(0, der.Sequence(oidX509, der.Explicit(0, der.Octets(raw)))))
	}
	keyBag := func(m maker, r *room, h digest, k Key) []byte {
		p, err := k.pkcs8(r)
		if err != nil {
			t.Fatal(err)
		}
		e := m.seal(r, h, p)
		return der.Sequence(oidShroudedKey, der.Explicit(0, der.Sequence(e.algorithm, der.Octets(e.text))))
	}
	textBag := func(m maker, r *room, h digest, text []byte) []byte {
		e := m.seal(r, h, text)
		return der.Sequence(oidShroudedKey, der.Explicit(0, der.Sequence(e.algorithm, der.Octets(e.text))))
	}
	whole := func(certs []*x509.Certificate, keys ...Key) func(maker, *room, digest) []byte {
		return func(m maker, r *room, h digest) []byte {
			var bags [][]byte
			for _, c := range certs {
				bags = append(bags, bagOf(c.Raw))
			}
			for _, k := range keys {
				bags = append(bags, keyBag(m, r, h, k))
			}
			return der.Sequence(plain(bags...))
		}
	}
	if _, err := opened(t, forge(t, whole(chain, key)), phrase); err != nil {
		t.Fatalf("what is right is refused, so this test proves nothing: %v", err)
	}
	nested := func(m maker, r *room, h digest) []byte {
		in := der.Sequence(keyBag(m, r, h, key))
		for range 1000 {
			in = der.Sequence(der.Sequence(der.OID(1, 2, 840, 113549, 1, 12, 10, 1, 6), der.Explicit(0, in)))
		}
		return der.Sequence(der.Sequence(oidData, der.Explicit(0, der.Octets(in))))
	}
	huge := func(n int) func(maker, *room, digest) []byte {
		return func(m maker, r *room, h digest) []byte {
			right := whole(chain, key)(m, r, h)
			return bytes.Replace(right, der.Integer(few), der.Integer(n), 1) // lengths no longer fit where n is long
		}
	}
	for name, content := range map[string]func(maker, *room, digest) []byte{
		"nothing":                nil,
		"two keys":               whole(chain, key, other),
		"one key twice":          whole(chain, key, key),
		"no key":                 whole(chain),
		"no certificate":         whole(nil, key),
		"missing chain":          whole(chain[:1], key),
		"missing root":           whole(chain[:2], key),
		"missing middle":         whole([]*x509.Certificate{chain[0], chain[2]}, key),
		"somebody's certificate": whole(foreign, key),
		"a certificate more":     whole(append(chain[:3:3], foreign[2]), key),
		"a certificate twice":    whole(append(chain[:3:3], chain[2]), key),
		"bags in bags":           nested,
		"many iterations":        huge(100),
		"a key of zero": func(m maker, r *room, h digest) []byte {
			p, _ := key.pkcs8(r)
			clear(p[len(beforeScalar):][:scalarLen])
			return der.Sequence(plain(bagOf(chain[0].Raw), bagOf(chain[1].Raw), bagOf(chain[2].Raw), textBag(m, r, h, p)))
		},
		"a key that is none": func(m maker, r *room, h digest) []byte {
			return der.Sequence(plain(bagOf(chain[0].Raw), textBag(m, r, h, []byte("no key"))))
		},
		"a key in the clear": func(_ maker, r *room, _ digest) []byte {
			p, _ := key.pkcs8(r)
			return der.Sequence(plain(bagOf(chain[0].Raw), der.Sequence(der.OID(1, 2, 840, 113549, 1, 12, 10, 1, 1), der.Explicit(0, p))))
		},
		"a certificate that is none": func(m maker, r *room, h digest) []byte {
			return der.Sequence(plain(bagOf([]byte{0x30, 0}), keyBag(m, r, h, key)))
		},
		"open lengths": func(m maker, r *room, h digest) []byte {
			return append(append([]byte{0x30, 0x80}, whole(chain, key)(m, r, h)[4:]...), 0, 0)
		},
		"more than the content": func(m maker, r *room, h digest) []byte { return append(whole(chain, key)(m, r, h), 5, 0) },
	} {
		if content == nil {
			content = func(maker, *room, digest) []byte { return nil }
		}
		bad, s, password := forge(t, content), sealed.Open(t.Context()), seal(t, phrase)
		before := sealed.Report().Values
		id, err := opener{few}.open(s, bad, password)
		if left := sealed.Report().Values - before; left != 0 {
			t.Errorf("%s: %d values are left in the session", name, left)
		}
		if name == "many iterations" { // they change the key, so the text is another one
			if err == nil {
				t.Errorf("%s: no error", name)
			}
			continue
		}
		if !errors.Is(err, errContent) || id != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFileAsksForNoMoreThanItsShareOfWork(t *testing.T) {
	out, _, _ := file(t, tim, phrase)
	n := len(der.Integer(few))
	for _, times := range []int{MaxIterations + 1, 1<<31 - 1} {
		mac := append(bytes.Clone(out[:len(out)-n]), der.Integer(times)...)
		fixed := relength(t, mac, len(der.Integer(times))-n)
		if e, err := parse(fixed); !errors.Is(err, ErrIntegrity) {
			t.Errorf("%d iterations for integrity: %v, %d", times, err, e.iterations)
		}
	}
	for times, want := range map[int]error{MaxIterations + 1: errContent, 0: errContent, few: nil} {
		kdf := der.Sequence(oidPBKDF2, der.Sequence(der.Octets(make([]byte, 16)), der.Integer(times), der.Sequence(oidHMACSHA256, der.Null())))
		all := der.Sequence(oidPBES2, der.Sequence(kdf, der.Sequence(oidAES256, der.Octets(make([]byte, 16)))))
		if _, err := parsePBES2(all[2:]); !errors.Is(err, want) {
			t.Errorf("%d iterations for a key: %v", times, err)
		}
	}
	c := contents{left: few - 1}
	kdf := der.Sequence(oidPBKDF2, der.Sequence(der.Octets(make([]byte, 16)), der.Integer(few), der.Sequence(oidHMACSHA256, der.Null())))
	all := der.Sequence(oidPBES2, der.Sequence(kdf, der.Sequence(oidAES256, der.Octets(make([]byte, 16)))))
	if _, err := c.open(all[2:], make([]byte, 16), make([]byte, 16)); !errors.Is(err, errContent) {
		t.Errorf("more than is left: %v", err)
	}
}

// relength adds to the lengths of the file and of its last part, which is short.
func relength(t *testing.T, file []byte, more int) []byte {
	t.Helper()
	n := int(file[2])<<8 + int(file[3]) + more
	file[2], file[3] = byte(n>>8), byte(n)
	at := bytes.LastIndex(file, append([]byte{0x30, 0x31, 0x30, 0x0d}, oidSHA256...))
	if file[1] != 0x82 || at < 2 {
		t.Fatal("the file has another form")
	}
	file[at-1] += byte(more)
	return file
}

func FuzzOpen(f *testing.F) {
	out, _, _ := file(f, tim, phrase)
	f.Add(out)
	f.Add(out[:100])
	f.Add([]byte{0x30, 0x80, 0, 0})
	s, password := sealed.Open(f.Context()), seal(f, phrase)
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := parse(data); err == nil && e.iterations > 1000 {
			return // right, and slow
		}
		id, err := opener{few}.open(s, data, password)
		if (err == nil) != (id != nil) || err == nil && (id.Subject != tim || !complete(id.Chain)) { // each worker has a key of its own
			t.Errorf("opens with something else, or fails and yields something: %v", err)
		}
	})
}

// FuzzContent reads what integrity has proved: anything may stand there.
func FuzzContent(f *testing.F) {
	out, _, _ := file(f, tim, phrase)
	e, err := parse(out)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.content)
	f.Fuzz(func(_ *testing.T, data []byte) {
		all, _ := parts(data)
		for _, p := range all {
			_, _ = parsePBES2(p.algorithm)
			found, _ := bags(p.data)
			c := new(contents)
			for _, b := range found {
				_ = c.add(b)
			}
		}
		_, _ = bags(data)
		_, _ = parsePBES2(data)
		_, _ = scalarOf(data)
	})
}

func BenchmarkMake(b *testing.B) {
	key, chain := registered(b, tim)
	password := seal(b, phrase)
	for b.Loop() {
		if _, err := Make(key, chain, password); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	key, chain := registered(b, tim)
	password := seal(b, phrase)
	out, err := Make(key, chain, password)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := sealed.Open(b.Context())
		if _, err := Open(s, out, password); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

package attrcert

import (
	"crypto/elliptic"
	"testing"
)

func BenchmarkCreate(b *testing.B) {
	for name, w := range map[string]*world{"P-256": newWorldWith(b, ecKey(elliptic.P256())), "Ed25519": newWorldWith(b, edKey())} {
		b.Run(name, func(b *testing.B) {
			template := editor()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Create(template, w.holder, w.issuer, w.key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, der := range map[string][]byte{"role": shared().small, "everything": shared().full} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(der)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(der); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerify verifies two signatures: that of the certificate and that of its issuer's.
func BenchmarkVerify(b *testing.B) {
	for name, w := range map[string]*world{"P-256": newWorldWith(b, ecKey(elliptic.P256())), "Ed25519": newWorldWith(b, edKey())} {
		ac, options := w.create(b, editor()), w.options()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := ac.Verify(options); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

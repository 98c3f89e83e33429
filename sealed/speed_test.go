package sealed_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// result keeps the compiler from dropping what is measured.
var result string

func work(plain []byte) error {
	if len(plain) == 0 {
		return sealed.ErrOpaque
	}
	return nil
}

// Proves SEAL-A5.
func TestReadingAndLoggingAllocateNothing(t *testing.T) {
	s := open(t)
	v, w := seal(t, s, "sign-in code", secret), seal(t, s, "user name", secret)
	born := sealed.Date{Year: 1815, Month: 12, Day: 10}
	of, err := sealed.SealOf(s, "date of birth", &born)
	if err != nil {
		t.Fatal(err)
	}
	ctx, log := t.Context(), slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // the handler's work is what is measured
	same := []byte(secret)
	for name, f := range map[string]func(){
		"Label": func() { result = v.Label() },
		"Equal": func() {
			if !v.Equal(w) || !v.EqualBytes(same) {
				t.Error("not equal")
			}
		},
		"Use": func() {
			if err := v.Use(work); err != nil {
				t.Error(err)
			}
		},
		"Of.Use": func() {
			if err := of.Use(func(d *sealed.Date) error { born.Year = d.Year; return nil }); err != nil {
				t.Error(err)
			}
		},
		"LogAttrs": func() { log.LogAttrs(ctx, slog.LevelInfo, "m", slog.Any("code", v), slog.Any("born", of)) },
		"Info":     func() { log.Info("m", "code", v, "user", w) },
	} {
		if usesHeap[name] {
			continue
		}
		if got := testing.AllocsPerRun(200, f); got != 0 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
}

func BenchmarkLog(b *testing.B) {
	ctx, log := context.Background(), slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // the handler's work is what is measured
	v, w := seal(b, open(b), "sign-in code", "123456789012"), seal(b, open(b), "user name", "judeobscu")
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		x, y := "123456789012", "judeobscu"
		for b.Loop() {
			log.LogAttrs(ctx, slog.LevelInfo, "message", slog.String("code", x), slog.String("user", y))
		}
	})
	b.Run("plain-any", func(b *testing.B) {
		b.ReportAllocs()
		x, y := "123456789012", "judeobscu"
		for b.Loop() {
			log.LogAttrs(ctx, slog.LevelInfo, "message", slog.Any("code", x), slog.Any("user", y))
		}
	})
	b.Run("sealed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			log.LogAttrs(ctx, slog.LevelInfo, "message", slog.Any("code", v), slog.Any("user", w))
		}
	})
}

func BenchmarkValue(b *testing.B) {
	s := open(b)
	v, w := seal(b, s, "sign-in code", secret), seal(b, s, "user name", secret)
	b.Run("Label", func(b *testing.B) {
		for b.Loop() {
			result = v.Label()
		}
	})
	b.Run("Use", func(b *testing.B) {
		for b.Loop() {
			_ = v.Use(work)
		}
	})
	b.Run("UseParallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			mine := seal(b, s, "sign-in code", secret)
			for pb.Next() {
				_ = mine.Use(work)
			}
		})
	})
	b.Run("Equal", func(b *testing.B) {
		for b.Loop() {
			v.Equal(w)
		}
	})
	buf := make([]byte, 20)
	b.Run("SealForget", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x, err := s.Seal("sign-in code", buf)
			if err != nil {
				b.Fatal(err)
			}
			s.Forget(x)
		}
	})
}

func BenchmarkSession(b *testing.B) {
	for name, run := range map[string]func(*testing.B, func()){
		"one": func(b *testing.B, f func()) {
			for b.Loop() {
				f()
			}
		},
		"parallel": func(b *testing.B, f func()) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					f()
				}
			})
		},
	} {
		b.Run(name+"/10values", func(b *testing.B) {
			b.ReportAllocs()
			run(b, func() {
				var buf [20]byte
				s := sealed.Open(context.Background())
				for range 10 {
					if _, err := s.Seal("sign-in code", buf[:]); err != nil {
						b.Error(err)
					}
				}
				s.Close()
			})
		})
	}
}

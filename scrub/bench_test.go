package scrub

import (
	"io"
	"strings"
	"testing"
)

// The engine alone: nothing is found, and no finder costs time.
func BenchmarkWriterWithoutFinders(b *testing.B) {
	s := New()
	s.finders = nil
	text := []byte(strings.Repeat("2026-05-01T10:00:00Z INFO request served path=/api/v1/parties status=200\n", 100_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w := s.NewWriter(io.Discard, Options{})
		for i := 0; i < len(text); i += 32 << 10 {
			if _, err := w.Write(text[i:min(i+32<<10, len(text))]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// One place in a hundred bytes, with a finder that costs next to nothing; what is encoded
// is looked for, too.
func BenchmarkWriterManyFound(b *testing.B) {
	s := newQuick()
	text := []byte(strings.Repeat("2026-05-01T10:00:00Z INFO request served path=/api/v1/parties by=secret status=200 and so on\n", 100_000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w := s.NewWriter(io.Discard, Options{})
		if _, err := w.Write(text); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendNothingFound(b *testing.B) {
	s := New()
	s.finders = nil
	line := []byte("request served path=/api/v1/parties status=200 in 3.1ms")
	buf := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.Append(buf[:0], line)
	}
}

// BenchmarkLog is a log as servers write it, with something to be found in every fifth line,
// and all finders.
func BenchmarkLog(b *testing.B) {
	s := newReal(b)
	text := []byte(strings.Repeat(`2026-05-09T10:00:00.123Z INFO request served method=GET path=/api/v1/parties/9f3b2c7a11d04e58 status=200 took=731us bytes=51233
2026-05-09T10:00:00.125Z DEBUG cache hit key=party/51f00b2e generation=17 shard=3
{"time":"2026-05-09T10:00:00.129Z","level":"INFO","msg":"order placed","order":481516,"request":"b7d10c55a24f91e3","retries":0}
2026-05-09T10:00:01.004Z INFO the worker has finished its round and will look for further jobs in about ten seconds
2026-05-09T10:00:01.007Z INFO mail queued to=jude.fawley@example.org template=welcome attempts=1
`, 4000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w := s.NewWriter(io.Discard, Options{})
		if _, err := w.Write(text); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

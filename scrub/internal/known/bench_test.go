package known

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/sealed"
)

// syllables make names that look like names.
var syllables = strings.Fields("an ber ca del el fro gus ha in jo ka lin mar no ol per qui ra son ti ul ver wen xa yo zel bach ström ñez ova")

func name(r *rand.Rand) string {
	part := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		s := b.String()
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return part(2+r.IntN(2)) + " " + part(2+r.IntN(3))
}

// matcher knows n invented names.
func matcher(t testing.TB, n int) *Matcher {
	m, session := New(), sealed.Open(context.Background())
	t.Cleanup(func() { m.Close(); session.Close() })
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for range n {
		add(t, m, session, name(r))
	}
	return m
}

func add(t testing.TB, m *Matcher, session *sealed.Session, value string) {
	t.Helper()
	v, err := session.Seal("name", []byte(value))
	if err == nil {
		err = m.Add("name", v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// texts are samples of what is scrubbed, without any known value.
func texts() map[string]string {
	r := rand.New(rand.NewPCG(7, 7))
	words := strings.Fields("the request for a booking of this room was sent after noon and the server answered that nothing is free until friday which nobody had expected although it happens every summer")
	pick := func() string { return words[r.IntN(len(words))] }
	var log, json, prose, base strings.Builder
	for log.Len() < 1<<18 {
		fmt.Fprintf(&log, "2026-11-23T08:%02d:%02d.%03dZ INFO http: request method=GET path=/api/v1/%s/%d status=200 id=%08x-%04x duration=%d.%02dms msg=\"%s %s %s\"\n",
			r.IntN(60), r.IntN(60), r.IntN(1000), pick(), r.IntN(1e6), r.Uint32(), r.IntN(1<<16), r.IntN(100), r.IntN(100), pick(), pick(), pick())
		fmt.Fprintf(&json, `{"time":"2026-11-23T08:%02d:%02d","level":"INFO","userId":%d,"requestPath":"/api/%s","message":"%s %s, %s","ok":true}`+"\n",
			r.IntN(60), r.IntN(60), r.IntN(1e6), pick(), pick(), pick(), pick())
		for range 30 {
			prose.WriteString(pick() + " ")
		}
		prose.WriteString("\n")
		for range 3 {
			base.WriteString("data: ")
			for range 500 {
				base.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[r.IntN(64)])
			}
			base.WriteString("\n")
		}
	}
	return map[string]string{"log": log.String(), "json": json.String(), "prose": prose.String(), "base64": base.String()}
}

func BenchmarkFind(b *testing.B) {
	samples := texts()
	for _, n := range []int{0, 100, 10_000, 100_000} {
		m := matcher(b, n)
		for _, kind := range []string{"log", "json", "prose", "base64"} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				text := []byte(samples[kind])
				w := span.Window{Text: text, To: len(text), Begins: true, Ends: true}
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				found := 0
				var dst []span.Span
				for b.Loop() {
					dst = m.Find(dst[:0], w)
					found = len(dst)
				}
				b.ReportMetric(float64(found), "spans")
			})
		}
	}
}

package scan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// corpus makes about n bytes of one kind of text.
func corpus(n int, line func(r *rand.Rand) string) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(line(r))
	}
	return b.Bytes()
}

var prose = strings.Fields(`It was the best of times and the worst of them for those who had called
	the office to ask when the parcel with the new lamp would be delivered to the house near the
	river, because nobody had answered, and the second letter came back unopened.`)

func word7(r *rand.Rand) string { return prose[r.IntN(len(prose))] }

var corpora = map[string]func(r *rand.Rand) string{
	"log": func(r *rand.Rand) string {
		return fmt.Sprintf("2026-11-23T08:%02d:%02d.%03dZ INFO server/handler.go:%d request served method=GET path=/api/v1/parties/%s status=%d bytes=%d duration=%.3fms\n",
			r.IntN(60), r.IntN(60), r.IntN(1000), r.IntN(900), word7(r), 200+r.IntN(5), r.IntN(100000), r.Float64()*100)
	},
	"access": func(r *rand.Rand) string {
		return fmt.Sprintf("192.0.2.%d - - [23/Nov/2026:08:%02d:%02d +0000] \"GET /%s/%d HTTP/1.1\" 200 %d \"-\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0\"\n",
			r.IntN(256), r.IntN(60), r.IntN(60), word7(r), r.IntN(1000), r.IntN(100000))
	},
	"json": func(r *rand.Rand) string {
		return fmt.Sprintf("{\"id\":%d,\"created\":\"2026-11-23T08:%02d:%02dZ\",\"title\":\"%s %s %s\",\"uuid\":\"550e8400-e29b-41d4-a716-%012d\",\"tags\":[\"%s\",\"%s\"],\"active\":true}\n",
			r.IntN(1<<30), r.IntN(60), r.IntN(60), word7(r), word7(r), word7(r), r.IntN(1<<40), word7(r), word7(r))
	},
	"prose": func(r *rand.Rand) string { return word7(r) + " " },
	"numbers": func(r *rand.Rand) string {
		return fmt.Sprintf("%d %d,%d\t%.4f\n", r.IntN(1000), r.IntN(100000), r.IntN(1<<40), r.Float64()*1e4)
	},
	"dense": func(r *rand.Rand) string {
		return fmt.Sprintf("%s@example.org; +4930%07d; 780-%d-%d; 192.0.2.%d; 4111 1111 1111 1111\n", word7(r), r.IntN(1e7), 200+r.IntN(700), 1000+r.IntN(9000), r.IntN(256))
	},
	"all@":     func(*rand.Rand) string { return "@" },
	"a@a@":     func(*rand.Rand) string { return "a@" },
	"a.a.@":    func(*rand.Rand) string { return "a.a.a.a.a.a.a.a.a.a.a.a@" },
	"all9":     func(*rand.Rand) string { return "9" },
	"9-9-":     func(*rand.Rand) string { return "9-" },
	"4111 ":    func(*rand.Rand) string { return "4111 " },
	"07700 ":   func(*rand.Rand) string { return "07700 900" },
	"all+":     func(*rand.Rand) string { return "+" },
	"+1+1":     func(*rand.Rand) string { return "+1" },
	"+49 30 ":  func(*rand.Rand) string { return "+49 30 1 " },
	"all:":     func(*rand.Rand) string { return ":" },
	"a:a:":     func(*rand.Rand) string { return "a:" },
	"password": func(*rand.Rand) string { return "password=" },
	"born":     func(*rand.Rand) string { return "born " },
	"eyJ":      func(*rand.Rand) string { return "eyJ." },
	"-----":    func(*rand.Rand) string { return "-----BEGIN PRIVATE KEY-----" },
	"quotes":   func(*rand.Rand) string { return "\"@" },
	"open":     func(*rand.Rand) string { return "⟦" },
	"letters":  func(*rand.Rand) string { return "a" },
	"base64": func(r *rand.Rand) string {
		return string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[r.IntN(64)])
	},
	"hexdump": func(r *rand.Rand) string { return fmt.Sprintf("%02x ", r.IntN(256)) },
}

func BenchmarkFind(b *testing.B) {
	s := New(Options{})
	for _, name := range []string{
		"log", "access", "json", "prose", "numbers", "dense", "all@", "a@a@", "a.a.@", "all9", "9-9-", "4111 ", "07700 ", "all+", "+1+1",
		"+49 30 ", "all:", "a:a:", "password", "born", "eyJ", "-----", "quotes", "open", "letters", "base64", "hexdump",
	} {
		text := corpus(1<<20, corpora[name])
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var spans []span.Span
			for b.Loop() {
				spans = s.Find(spans[:0], span.Window{Text: text, To: len(text), Begins: true, Ends: true})
			}
		})
	}
}

// BenchmarkTable is a loop that looks every byte up and does nothing: what the machine can.
func BenchmarkTable(b *testing.B) {
	text := corpus(1<<20, corpora["log"])
	b.SetBytes(int64(len(text)))
	n := 0
	for b.Loop() {
		for _, c := range text {
			if starts[c] == sign {
				n++
			}
		}
	}
}

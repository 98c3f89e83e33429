package session

import (
	"testing"

	"github.com/habeas-data/habeas"
)

// BenchmarkTransaction is a step of a flow as the server records it: a route, two typed
// fields, a place reached, an answer.
func BenchmarkTransaction(b *testing.B) {
	j, err := OpenJournal(b.TempDir(), habeas.SystemClock{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = j.Close() })
	step := func(l *Log) {
		tx := l.Begin()
		tx.Request("POST /join")
		for _, name := range []string{"address", "again"} {
			if _, err := tx.Seal(name, []byte("wilhelmina.quistgaard@letters.example")); err != nil {
				b.Fatal(err)
			}
		}
		tx.Step("code asked for", "")
		tx.Response("go to /code")
		tx.End()
	}
	b.Run("session of one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l := Open(b.Context(), Options{Flow: "claim", Sink: j, Clock: habeas.SystemClock{}})
			step(l)
			l.Close(Completed)
		}
	})
	b.Run("unrecorded", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var tx *Transaction
			tx.Request("POST /join")
			tx.Step("code asked for", "")
			tx.End()
		}
	})
}

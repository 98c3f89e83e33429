package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// BenchmarkBackup measures a backup beside an open server, a restore and doctor on
// both engines. HABEAS_BENCH_PARTIES says over how many parties (1,000).
func BenchmarkBackup(b *testing.B) {
	parties := 1000
	if n, err := strconv.Atoi(os.Getenv("HABEAS_BENCH_PARTIES")); err == nil {
		parties = n
	}
	for _, e := range []engine{onSQLite, onPostgres} {
		w, v := newWorldAt(b, e.place(b)), newVault(b)
		bookings := w.connect("City Bookings")
		for i := range parties {
			in := party.Assertion{Values: person("Somebody", fmt.Sprint("Number", i), "1984-05-03"), Email: w.address(fmt.Sprintf("p%d@example.org", i)), HasEmail: true}
			must(w.Systems.Records().FindOrCreate(w.ctx(), bookings.actor, in))(b)
		}
		w.ok(w.Ledger.Publish(w.ctx()))
		made := w.backup(v)
		rate := func(b *testing.B) {
			b.ReportMetric(float64(parties)*float64(b.N)/b.Elapsed().Seconds(), "parties/s")
		}
		b.Run(string(e)+"/backup", func(b *testing.B) {
			for b.Loop() {
				w.backup(v)
			}
			rate(b)
		})
		b.Run(string(e)+"/restore", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				o := w.restoring(v, made, e.place(b))
				b.StartTimer()
				must(app.Restore(w.ctx(), o))(b)
				w.ok(os.RemoveAll(filepath.Dir(o.Dir)))
			}
			rate(b)
		})
		b.Run(string(e)+"/doctor", func(b *testing.B) {
			for b.Loop() {
				w.examined()
			}
			rate(b)
		})
	}
}

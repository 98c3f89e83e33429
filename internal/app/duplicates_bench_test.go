package app_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	town "github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/internal/party"
)

// columns are where the columns of an invented row belong.
var columns = [][2]string{
	{"identity", "given_name"},
	{"identity", "family_name"},
	{"identity", "birth_date"},
	{"identity", "gender"},
	{"contact", "email"},
	{"phone", "number"},
	{"address", "street"},
	{"address", "postcode"},
	{"address", "city"},
}

// BenchmarkDuplicates measures what staff and administrators wait for: a search through
// all records, with reading and decrypting them; a look at one by the index in memory;
// and a page with a pair. One record in twenty is there twice. HABEAS_BENCH_PARTIES says
// over how many records (20,000).
func BenchmarkDuplicates(b *testing.B) {
	parties := 20_000
	if n, err := strconv.Atoi(os.Getenv("HABEAS_BENCH_PARTIES")); err == nil {
		parties = n
	}
	w := newWorld(b)
	populate(w, parties)
	w.Finder.Settle()
	nora := w.staffBrowser("nora@example.org")
	nora.post("/staff/purpose", "purpose", "question", "to", "/staff/duplicates")
	b.ResetTimer()
	for b.Loop() {
		begin, worked := time.Now(), processor()
		got, err := w.Duplicates.Search(w.ctx())
		w.ok(err)
		b.ReportMetric(time.Since(begin).Seconds(), "s/search")
		b.ReportMetric((processor() - worked).Seconds(), "cpu-s/search")
		b.ReportMetric(float64(got.All)/time.Since(begin).Seconds(), "records/s")
		b.ReportMetric(float64(got.Found), "pairs")
		begin, worked = time.Now(), processor()
		n := 0
		for _, err := range w.Duplicates.Subjects(w.ctx(), party.Person) {
			w.ok(err)
			n++
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/reading")
		b.ReportMetric((processor() - worked).Seconds(), "cpu-s/reading")
		all := must(w.DB.Records().PartiesAfter(w.ctx(), party.Person, habeas.PartyID{}, 1000))(w)
		var similar, pages []time.Duration
		for _, p := range all {
			said := must(w.DB.Records().Statements(w.ctx(), p.ID))(w)
			begin := time.Now()
			w.Finder.Like(said[0].Values, 8)
			similar = append(similar, time.Since(begin))
		}
		for range 200 {
			begin := time.Now()
			p := nora.get("/staff/duplicates")
			pages = append(pages, time.Since(begin))
			if !strings.Contains(p.text, `data-key="1"`) {
				b.Fatal("no pair waits")
			}
		}
		slices.Sort(similar)
		slices.Sort(pages)
		b.ReportMetric(float64(similar[len(similar)/2].Microseconds()), "µs-median/similar")
		b.ReportMetric(float64(pages[len(pages)/2].Microseconds()), "µs-median/page")
		b.ReportMetric(float64(pages[len(pages)*99/100].Microseconds()), "µs-p99/page")
	}
}

// processor is how long this process has had the processors.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it does not fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// populate enters invented people.
func populate(w *world, n int) {
	w.Helper()
	set := town.New(7, n-n/20, town.Profile{Typo: .05, Missing: .1, Nick: .05, Dates: .02})
	row := func(i int) []string {
		if i < n-n/20 {
			return set.Row(i)
		}
		return set.Another(i - (n - n/20))
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				v := party.Values{}
				for at, text := range row(i) {
					if at >= len(columns) {
						continue
					}
					one := party.Values{columns[at][0]: {columns[at][1]: text}}
					if _, err := w.Schemas.Clean(one); err == nil { // what nobody could enter is left out
						v.Put(columns[at][0], columns[at][1], text)
					}
				}
				in := party.Assertion{Source: party.Source{Kind: party.FromSystem, System: habeas.SystemID{1}}, ExternalID: fmt.Sprint(i), Values: v}
				if _, err := w.Records.FindOrCreate(w.ctx(), in); err != nil {
					w.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

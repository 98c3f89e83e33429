package reconcile_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api/reconcile/reconciletest"
	"github.com/habeas-data/habeas/internal/edge"
)

// BenchmarkBatchOfTen measures what the API adds to the search: HTTP/1.1 over loopback, a form of
// ten queries, conditions on country and place in half of them, over a registry of a dozen.
func BenchmarkBatchOfTen(b *testing.B) {
	server := reconciletest.Serve(b, reconciletest.New(b), edge.NewBuckets(habeas.SystemClock{}, 1e9, 1e9, 64))
	var queries []string
	for i, name := range []string{"University of Cambridge", "Universitey of Oxford", "Cambridge", "Cairo University", "Anglia Polytechnic"} {
		key := string(rune('a' + i))
		queries = append(queries, `"`+key+`0":{"query":"`+name+`"}`,
			`"`+key+`1":{"query":"`+name+`","limit":3,"properties":[{"pid":"country","v":"GB"},{"pid":"place","v":"Cambridge"}]}`)
	}
	form := url.Values{"queries": {"{" + strings.Join(queries, ",") + "}"}}.Encode()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := http.Post(server+"/reconcile", "application/x-www-form-urlencoded", strings.NewReader(form))
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
				b.Error(res.Status, err)
			}
			res.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "batches/s")
}

package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// callers is how many keep-alive connections call at a time.
const callers = 64

// BenchmarkFindOrCreateHTTP measures the whole server: HTTP/1.1 over loopback, token,
// strict JSON, key creation, sealing, durable commit of rows and ledger leaf. Nine in
// ten addresses are new; each call carries five fields. With HABEAS_BENCH_PARTIES=n
// the store holds n parties before the clock starts; HABEAS_BENCH_ENGINE=postgres puts
// it on a PostgreSQL as durable as in production.
func BenchmarkFindOrCreateHTTP(b *testing.B) {
	dsn := ""
	if os.Getenv("HABEAS_BENCH_ENGINE") == "postgres" {
		dsn = pgtest.Start(b).Database(b)
	}
	w := openOn(b, newRing(b), party.DefaultSchemas(), b.TempDir(), dsn)
	fill(b, w)
	w.systems = app.NewSystems(app.SystemsDeps{DB: w.db, Keys: w.keys, Schemas: w.schemas, Clock: habeas.SystemClock{}})
	w.serve(habeas.SystemClock{})
	s := w.connect("City Bookings")
	var next atomic.Int64
	latency := make([][]time.Duration, callers)
	b.ResetTimer()
	start := time.Now()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			conn := dial(b, s)
			defer conn.Close()
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				began := time.Now()
				if err := conn.call(n); err != nil {
					b.Error(err)
					return
				}
				latency[c] = append(latency[c], time.Since(began))
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	b.StopTimer()
	all := slices.Concat(latency...)
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/took.Seconds(), "req/s")
	b.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1000, "p99-ms")
}

// fill puts parties into the store as an import would, before anything is measured.
func fill(b *testing.B, w *world) {
	n, _ := strconv.Atoi(os.Getenv("HABEAS_BENCH_PARTIES"))
	if b.N == 1 { // the first round only finds out that the benchmark works
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 * callers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				a, err := email.Parse(fmt.Sprintf("earlier%d@example.org", i))
				if err != nil {
					b.Error(err)
					return
				}
				said, err := party.Prepare(party.Assertion{
					Actor: habeas.Server, Source: party.Source{Kind: party.FromImport}, Email: a, HasEmail: true,
					Values: party.Values{"identity": {"given_name": "Ada", "family_name": "Okoye"}},
				}, w.schemas, w.keys, time.Now())
				if err != nil {
					b.Error(err)
					return
				}
				if err := w.db.Do(w.ctx(), said); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// caller speaks just enough HTTP/1.1, so that the machine works for the server.
type caller struct {
	net.Conn
	in   *bufio.Reader
	head string
	out  bytes.Buffer
}

func dial(b *testing.B, s *system) *caller {
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	host := strings.TrimPrefix(s.server.URL, "http://")
	return &caller{Conn: conn, in: bufio.NewReader(conn), head: "POST " + findOrCreate + " HTTP/1.1\r\nHost: " + host +
		"\r\nAuthorization: Bearer " + s.token + "\r\nContent-Type: application/json\r\nContent-Length: "}
}

func (c *caller) call(n int64) error {
	if n%10 == 0 {
		n /= 2 // somebody from before
	}
	body := fmt.Sprintf(`{"email":"guest%d@example.org","fields":{"identity":{"given_name":"Nora","family_name":"Quill%d",`+
		`"birth_date":"1984-05-03"},"phone":{"number":"+34 600 %06d"},"address":{"city":"Girona"}},"ticket":{"id":"T-%d","title":"Guided tour"}}`,
		n, n, n%1000000, n)
	c.out.Reset()
	c.out.WriteString(c.head)
	c.out.WriteString(strconv.Itoa(len(body)))
	c.out.WriteString("\r\n\r\n")
	c.out.WriteString(body)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return err
	}
	status, length := "", 0
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if status == "" {
			status = string(line)
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	answer := make([]byte, length)
	if _, err := c.in.Read(answer); err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") {
		return fmt.Errorf("%s%s", strings.TrimSpace(status), answer)
	}
	return nil
}

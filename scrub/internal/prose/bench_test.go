package prose_test

import (
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

const logText = `2026-11-23T07:59:49.123Z INFO [http-nio-8080-exec-4] c.e.billing.InvoiceController - request finished method=GET path=/api/v1/orders/100482 status=200 duration_ms=14 trace_id=4bf92f3577b34da6a3ce929d0e0e4736
2026-11-23T07:59:49.130Z DEBUG [scheduler-2] c.e.jobs.CleanupJob - removed 12 expired sessions in 3ms
192.0.2.7 - - [23/Nov/2026:08:01:02 +0000] "GET /static/app.js?v=3.2.1 HTTP/2.0" 200 5120 "-" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/133.0"
{"time":"2026-11-23T08:01:03Z","level":"warn","msg":"slow query","service":"catalog","table":"orders","rows":1200,"duration":"2.3s","request_id":"6f1c2d3e-9a7b-4c5d-8e9f-0a1b2c3d4e5f"}
level=info ts=2026-11-23T08:01:04Z caller=compact.go:519 component=tsdb msg="write block" mint=1763884800000 maxt=1763892000000 duration=1.35s
Nov 23 08:01:05 web1 kernel: [12345.678901] usb 1-1: new high-speed USB device number 5 using xhci_hcd
I1123 08:01:02.123456       1 controller.go:42] successfully reconciled deployment web/frontend in 42ms
2026-11-23 08:01:06,001 ERROR connection to 10.1.2.3:5432 refused, retrying in 5s (attempt 3 of 10)
`

const denseText = `Yesterday Aurelia Brandt called from Graz about the order that Piotr Wiśniewski had placed in March. She said that the parcel had been sent to 48 Larkspur Avenue, although the customer had moved in the meantime. We told her that the carrier had tried twice and left a note each time. According to the driver, nobody was at home on Tuesday, and on Wednesday a neighbour refused to take it. The warehouse in Linz has the parcel now, and Meera will send it again as soon as the new address is known.
`

func bench(b *testing.B, text string) {
	data := []byte(strings.Repeat(text, 1<<20/len(text)))
	f := prose.New()
	var out []span.Span
	w := span.Window{Text: data, To: len(data), Begins: true, Ends: true}
	out = f.Find(out[:0], w)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		out = f.Find(out[:0], w)
	}
}

func BenchmarkLog(b *testing.B) { bench(b, logText) }

func BenchmarkProse(b *testing.B) { bench(b, denseText) }

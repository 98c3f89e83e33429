package corpus

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A negative looks like personal data and is none.
type negative struct {
	class string
	draw  func(dice) string
	in    []string // what it stands in; % is its place
}

var negatives = []negative{
	{"uuid", dice.uuid, []string{"request_id=%", `{"id":"%"}`, "GET /api/v1/orders/% 200", "%"}},
	{"version", func(d dice) string {
		return pick(d, []string{"v", ""}) + fmt.Sprintf("%d.%d.%d", d.IntN(30), d.IntN(40), d.IntN(90)) + pick(d, []string{"", "-rc.1", "+build.512", "-beta.2"})
	}, []string{"upgraded to %", `"version":"%"`, "npm install pkg@%", "release % is out"}},
	{"version_of_four", func(d dice) string {
		return fmt.Sprintf("%d.%d.%d.%d", 1+d.IntN(30), d.IntN(9), d.IntN(60), d.IntN(40))
	}, []string{"version %", "version=%", `"version":"%"`, "Version: % (stable)", "firmware v%"}},
	{"browser", func(d dice) string {
		return fmt.Sprintf("%d.0.%d.%d", 100+d.IntN(40), 4000+d.IntN(2999), d.IntN(200))
	}, []string{"Chrome/% Safari/537.36", "Edg/%"}},
	{"timestamp", func(d dice) string {
		return time.Unix(1_700_000_000+d.Int64N(1e8), d.Int64N(1e9)).UTC().Format(pick(d, []string{
			time.RFC3339, time.RFC3339Nano, "2006-01-02 15:04:05", "20060102T150405Z", "20060102150405", time.RFC1123, "2006-01-02", "02.01.2006 15:04",
		}))
	}, []string{"ts=%", "created at %", `{"time":"%"}`, "expires %", "% started"}},
	{"unix_time", func(d dice) string {
		n := 1_700_000_000 + d.Int64N(1e8)
		return strconv.FormatInt(pick(d, []int64{n, n*1000 + d.Int64N(1000), n*1_000_000 + d.Int64N(1e6)}), 10)
	}, []string{`"ts":%`, "exp=%", "timestamp %", "lastModified: %"}},
	{"order_number", func(d dice) string {
		return d.pattern(pick(d, []string{"#########", "##########", "47########", "AB-#######", "#-########"}))
	}, []string{
		"order %", "Bestellung Nr. %", `"orderId":%`, "Your order no. % has shipped", "tracking order=%",
	}},
	{"invoice_number", func(d dice) string {
		return d.pattern(pick(d, []string{"RE-2024-######", "INV-########", "2024/##/####", "R##########"}))
	}, []string{"invoice %", "Rechnung %", `"invoice":"%"`, "Facture n° %"}},
	{"hash", func(d dice) string { return d.letters(pick(d, []int{32, 40, 64, 128}), lowHex) }, []string{"md5 %", "sha256:%", `"digest":"%"`, "ETag: \"%\"", "checksum=%"}},
	{"integrity", func(d dice) string { return base64.StdEncoding.EncodeToString([]byte(d.letters(64, alnum))) }, []string{`"integrity": "sha512-%"`, `integrity="sha512-%"`}},
	{"git_sha", func(d dice) string { return d.letters(pick(d, []int{7, 8, 40}), lowHex) }, []string{"commit %", "merge % into main", "HEAD is now at %", "index %..e69de29 100644"}},
	{"trace_id", func(d dice) string { return d.letters(32, lowHex) }, []string{"trace_id=%", `"traceId":"%"`, "traceparent: 00-%-00f067aa0ba902b7-01"}},
	{"not_luhn", func(d dice) string {
		s := d.pattern(pick(d, []string{"4##############", "51#############", "6011###########"}))
		s += strconv.Itoa((luhn(s) + 1 + d.IntN(8)) % 10)
		return pick(d, []string{s, s[:4] + " " + s[4:8] + " " + s[8:12] + " " + s[12:]})
	}, []string{"serial %", "meter %", `{"part":"%"}`, "batch no. % released"}},
	{"not_mod97", func(d dice) string {
		s := strings.ReplaceAll(d.iban("DE##################"), " ", "")
		return s[:3] + string('0'+(s[3]-'0'+1)%10) + s[4:] // one digit is wrong
	}, []string{"article %", "part number %", `"ref":"%"`}},
	{"money", func(d dice) string {
		return fmt.Sprintf(pick(d, []string{"%d,%03d,%03d.%02d USD", "%d.%03d.%03d,%02d EUR", "€ %d %03d %03d,%02d"}), 1+d.IntN(90), d.IntN(1000), d.IntN(1000), d.IntN(100))
	}, []string{"total %", "balance of %", "Summe: %"}},
	{"coordinates", func(d dice) string {
		return fmt.Sprintf("%d.%06d, %d.%06d", d.IntN(80), d.IntN(1e6), d.IntN(170), d.IntN(1e6))
	}, []string{"at %", `"position":[%]`, "geo:%"}},
	{"duration", func(d dice) string {
		return time.Duration(d.Int64N(1e13)).String()
	}, []string{"took %", "elapsed=%", "uptime %"}},
	{"isbn", func(d dice) string {
		s := d.pattern("9783########")
		sum := 0
		for i := range s {
			sum += int(s[i]-'0') * (1 + 2*(i%2))
		}
		s += strconv.Itoa((10 - sum%10) % 10)
		return pick(d, []string{s, s[:3] + "-" + s[3:4] + "-" + s[4:7] + "-" + s[7:12] + "-" + s[12:]})
	}, []string{"ISBN %", "ISBN: %", "the book (ISBN %) is on loan"}},
	{"oid", func(d dice) string {
		return fmt.Sprintf("1.3.6.1.4.1.%d.%d.%d", d.IntN(40_000), d.IntN(30), d.IntN(300))
	}, []string{"OID %", "extension % is critical"}},
	{"range", func(d dice) string { return fmt.Sprintf("%d-%d", 1000+d.IntN(1000), 2000+d.IntN(8000)) }, []string{"pages %", "ports %", "bytes %/10240"}},
	{"clock", func(d dice) string { return fmt.Sprintf("%02d:%02d:%02d", d.IntN(24), d.IntN(60), d.IntN(60)) }, []string{"at %", "% UTC", "from % until midnight"}},
	{"octets", func(d dice) string {
		s := d.letters(8, lowHex)
		return s[:2] + ":" + s[2:4] + ":" + s[4:6] + ":" + s[6:]
	}, []string{"bytes %", "serial %"}},
	{"asset", func(d dice) string {
		return pick(d, []string{"logo@2x.png", "icon@3x.webp", "react@18.2.0", "core@latest", "bg@1.5x.jpg"})
	}, []string{"GET /img/% 304", "resolved %"}},
	{"ssh_fingerprint", func(d dice) string { return "SHA256:" + d.letters(43, alnum) }, []string{"ED25519 key fingerprint is %", "RSA %"}},
	{
		"product", fixed("ThinkPad X1 Carbon Gen 9", "Galaxy S24 Ultra", "Windows Server 2022", "PostgreSQL 16.3", "Visual Studio Code", "Red Hat Enterprise Linux 9",
			"Google Cloud Storage", "Apache Tomcat", "Spring Boot", "Internet Explorer", "Jenkins Pipeline", "Mercedes Sprinter 316", "Black Friday Sale"),
		[]string{"bought a %", "running on %", `"product":"%"`, "% is supported"},
	},
	{
		"class_name", fixed("org.springframework.boot.SpringApplication", "com.example.billing.InvoiceService$Proxy12", "java.lang.NullPointerException",
			"System.Collections.Generic.Dictionary", "std::vector<int>", "UserRepositoryImpl", "AbstractSingletonProxyFactoryBean", "Illuminate\\Database\\Eloquent\\Model",
			"net/http.HandlerFunc.ServeHTTP"),
		[]string{"at %", "caught %", "class % not found", "% - initialized"},
	},
	{
		"log_prose", fixed("Connection refused by upstream", "Starting Application Context", "Access Denied for resource", "Session Expired, Please Log In", "Request Timeout",
			"Unknown Host Exception", "Background Job Finished", "Read Only File System", "Garbage Collection Paused", "New Relic Agent Started", "User Not Found",
			"Internal Server Error", "Bad Gateway", "Lock Wait Timeout Exceeded"),
		[]string{"%", "INFO %", "error: %", `"msg":"%"`},
	},
	{
		"calendar", fixed("Sunday", "Monday morning", "Friday, April 4", "May 2024", "June and August", "Wednesday 12 March", "next Tuesday", "Easter Monday"),
		[]string{"see you on %", "closed on %", "due %", "% is fine"},
	},
	{
		"town", fixed("New York", "San Francisco", "Santa Barbara", "St. Petersburg", "Paris", "Florence", "Victoria", "Charlotte", "Den Haag", "Bad Homburg", "Los Angeles", "Georgia"),
		[]string{"the office in %", "flights to %", `"city":"%"`, "weather in % today"},
	},
	{
		"word_name", fixed("Will the job restart", "Mark all as read", "Grant access", "Bill to date", "Rose by ten percent", "Chase the ticket", "Hope this helps", "Jack plug",
			"Frank answer", "Summer release", "Art and design", "Max retries reached", "Rich text", "Guy line", "Grace period", "Sandy soil", "Dean's list", "Rob the cache", "Drew attention"),
		[]string{"%", "note: %", "% was logged", `"hint":"%"`},
	},
	{"code_of_letters", dice.codeOfLetters, []string{"Started Session % of User root.", "app[%]: done", "span_id=% took=3ms", `"request_id":"%"`, "order %"}},
}

// codeOfLetters is a number or an identifier that is letters when its digits are read as hex.
func (d dice) codeOfLetters() string {
	var b strings.Builder
	switch d.IntN(3) {
	case 0: // decimal
		for range 4 + d.IntN(2) {
			b.WriteString(pick(d, []string{"4", "5", "6", "7"}) + strconv.Itoa(d.IntN(10)))
		}
	case 1:
		fmt.Fprintf(&b, "%x%02x", pick(d, []string{"#", "&", "+", "|"}), d.letters(3, alnum))
		b.WriteString(d.uuid()[8:])
	default:
		fmt.Fprintf(&b, "%x%x%x", d.letters(3, lower), pick(d, []string{"!", "$", "~", "^"}), d.letters(4, alnum))
	}
	return b.String()
}

func fixed(all ...string) func(dice) string { return func(d dice) string { return pick(d, all) } }

// Negatives are n lines in which nothing is to be replaced. Each has one label: where it
// stands what looks like personal data, with its class and no kind.
func Negatives(seed uint64, n int) []Text {
	d := newDice(seed, Open, streamNegatives)
	out := make([]Text, n)
	for i := range out {
		hard := negatives[i%len(negatives)]
		var p page
		for j, around := range strings.SplitN(pick(d, hard.in), "%", 2) {
			if j == 1 {
				p.mark(Label{Class: hard.class, Value: hard.draw(d)}, nil)
			}
			p.write(around)
		}
		p.write("\n")
		out[i] = p.Text
	}
	return out
}

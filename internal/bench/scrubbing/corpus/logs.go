package corpus

import (
	"iter"
	"strings"
	"time"
)

// logLine is a line of some program's log. Plain ones carry nothing personal.
type logLine struct {
	template
	json  bool
	plain bool
}

// logForms are lines as the common programs write them: every second one that names
// people belongs to the held part.
var logForms = []string{
	// log/slog, text
	`time=«iso» level=INFO msg="signed in" user="«name»" email=«email» ip=«ip» took=«ms»`,
	`time=«iso» level=WARN msg="mail bounced" to=«email» host=«host» status=550 attempt=«n»`,
	`time=«iso» level=INFO msg="address changed" party=«uuid» street="«street»" by="«name2»"`,
	`time=«iso» level=DEBUG msg="sms sent" phone="«phone»" provider=eu-1 trace_id=«trace»`,
	// log/slog, JSON
	`J{"time":"«iso»","level":"INFO","msg":"order placed","order":"«order»","customer":{"name":"«name»","email":"«email»"},"total":«money»}`,
	`J{"time":"«iso»","level":"ERROR","msg":"payment declined","card":"«card»","trace_id":"«trace»","ms":«n»}`,
	`J{"time":"«iso»","level":"INFO","msg":"profile saved","birth_date":"«born»","phone":"«phone»","remote_addr":"«ip»"}`,
	`J{"time":"«iso»","level":"WARN","msg":"token rejected","token":"«key»","client_ip":"«ip6»","request_id":"«uuid»"}`,
	`J{"time":"«iso»","level":"INFO","msg":"transfer to «iban» for «name» queued","amount":«money»,"currency":"EUR"}`,
	// nginx, Apache
	`«ip» - - [«clf»] "GET «path» HTTP/1.1" «status» «big» "-" "«agent»"`,
	`«ip» - - [«clf»] "GET /search?q=«u:name»&page=2 HTTP/2.0" «status» «big» "https://www.example.org/" "«agent»"`,
	`«ip6» - - [«clf»] "POST /api/v1/sessions HTTP/1.1" «status» «n» "-" "«agent»"`,
	`«ip» - «login» [«clf»] "GET /unsubscribe?mail=«u:email»&id=«order» HTTP/1.1" «status» «big» "-" "«agent»"`,
	// Java
	`«time» «level» [http-nio-8080-exec-«n»] «class» - Created customer «name» <«email»> with order «order»`,
	`«time» WARN  [main] «class» - Login failed for user «email» from «ip»`,
	`«time» «level» [scheduler-«n»] «class» - Sending reminder to «name2», phone «phone»`,
	`«time» ERROR [http-nio-8080-exec-«n»] «class» - Duplicate entry '«email»' for key 'users.email'`,
	// syslog
	`«stamp» «host» sshd[«big»]: Accepted publickey for deploy from «ip» port 52114 ssh2`,
	`«stamp» «host» postfix/smtp[«big»]: 4F2C91A: to=<«email»>, relay=mx.example.net[«ip»]:25, delay=0.«n», status=sent (250 2.0.0 Ok)`,
	`«stamp» «host» dhcpd[«n»]: DHCPACK on «ip» to «mac» via eth0`,
	`«stamp» «host» app[«big»]: contact card updated: «name», «street», tel «phone»`,
	`<34>1 «iso» «host» billing «big» ID47 - SEPA mandate for «iban» signed`,
	`«stamp» «host» kernel: [«big».«n»] wlan0: authenticate with «mac» (try 1/3)`,
	// logfmt
	`at=info method=POST path=«path» host=app.example.net request_id=«uuid» fwd="«ip»" dyno=web.1 service=«ms» status=«status»`,
	`ts=«iso» level=error caller=gateway.go:64 msg="charge failed" pan=«card» amount=«money» order=«order»`,
	`ts=«iso» level=info caller=handler.go:118 msg="guest registered" guest="«name»" dob=«born» lang=en`,
	`ts=«iso» level=debug caller=client.go:31 msg="calling upstream" authorization="Bearer «jwt»" took=«ms»`,
	`ts=«iso» level=warn caller=db.go:12 msg="cannot connect" dsn="postgres://app:«u:secret»@db-01.internal:5432/app?sslmode=disable"`,
	`ts=«iso» level=info msg="tax form received, «idname» «id»" name="«name»"`,
	`ts=«iso» level=debug msg="config loaded" api_key=«key» region=eu-central-1`,
	// other programs
	`[«iso»] «level» worker#«n»: dear «given», your code was sent to «phone»`,
	`[«iso»] INFO crm: note added for «name»: moved to «street», «place»`,
}

var plainForms = []string{
	`time=«iso» level=«level» msg="«said»" trace_id=«trace» span_id=«span» took=«ms»`,
	`J{"time":"«iso»","level":"«level»","msg":"«said»","request_id":"«uuid»","ms":«n»,"version":"v«version»"}`,
	`«time» «level» [http-nio-8080-exec-«n»] «class» - «said»`,
	`«stamp» «host» systemd[1]: Started Session «big» of User root.`,
	`«stamp» «host» app[«big»]: «said»`,
	`ts=«iso» level=«level» caller=server.go:«n» msg="«said»" order=«order» status=«status» dur=«ms»`,
	`[«iso»] «level» worker#«n»: «said»`,
}

func logTemplates(part Part) (personal, plain []logLine) {
	read := func(all []string, isPlain bool) (out []logLine) {
		for _, s := range all {
			s, isJSON := strings.CutPrefix(s, "J")
			out = append(out, logLine{template: parse(s), json: isJSON, plain: isPlain})
		}
		return out
	}
	return read(of(part, logForms), false), read(plainForms, true)
}

// Logs are n lines of a log to which all programs write. Three in ten name somebody.
func Logs(seed uint64, part Part, n int) Text {
	var all page
	count := 0
	for line := range LogLines(seed, part) {
		if count++; count > n {
			break
		}
		at := len(all.Body)
		all.write(string(line.Body))
		for _, l := range line.Labels {
			l.Start, l.End = l.Start+at, l.End+at
			all.Labels = append(all.Labels, l)
		}
	}
	return all.Text
}

// LogLines are the lines of such a log, one after another without end. A Text is good
// until the next one.
func LogLines(seed uint64, part Part) iter.Seq[Text] {
	return func(yield func(Text) bool) {
		d := newDice(seed, part, streamLogs)
		who := people(seed, part, 500)
		personal, plain := logTemplates(part)
		s := scene{dice: d, now: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)}
		var p page
		for {
			line := pick(d, plain)
			if d.percent(30) {
				line = pick(d, personal)
			}
			s.a, s.b = &who[d.IntN(len(who))], &who[d.IntN(len(who))]
			s.now = s.now.Add(time.Duration(d.IntN(900)) * time.Millisecond)
			p.Body, p.Labels = p.Body[:0], p.Labels[:0]
			p.escape = nil
			if line.json {
				p.escape = jsonEscape
			}
			s.render(&p, line.template)
			p.write("\n")
			if !yield(p.Text) {
				return
			}
		}
	}
}

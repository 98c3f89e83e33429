package corpus

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

var jsonForms = parseAll([]string{
	`{"id":"«uuid»","customer":{"firstName":"«given»","lastName":"«family»","email":"«email»","phone":"«phone»"},"items":[{"sku":"TX-«n»","price":«money»}],"created":"«iso»"}`,
	`{"user":{"full_name":"«name»","date_of_birth":"«born»","address":{"street":"«street»","city_line":"«place»"}},"version":"«version»","roles":["editor"]}`,
	`{"event":"payment","pan":"«card»","holder":"«name»","amount":«money»,"orderNumber":"«order»","trace":"«trace»","ip":"«ip»"}`,
	`{"device":{"mac":"«mac»","ip":"«ip6»","firmware":"«version»"},"owner":"«email»","lastSeen":"«iso»"}`,
	`{"account":{"iban":"«iban»","owner":{"name":"«name»"},"taxId":{"«idname»":"«id»"}},"currency":"EUR","balance":«money»}`,
	`{"service":"mailer","config":{"apiKey":"«key»","password":"«secret»","endpoint":"https://api.example.org/v1","timeout_ms":«n»}}`,
	`[{"from":"«name»","to":"«name2»","text":"Hi «given2», call me at «phone» when you are back. «given»"},{"day":"«day»","count":«n»}]`,
	`{"message":"Delivery for «name», «street», «place» could not be completed","code":«n»,"requestId":"«uuid»"}`,
	`{"type":"registration","birthDate":"«birth»","contact":"«phone»","mail":"«email»","locale":"en","referrer":"https://www.example.org/?page=«n»"}`,
	`{"log":"connection from «ip» closed","ts":«big»,"headers":{"Authorization":"Bearer «jwt»","X-Request-Id":"«uuid»"}}`,
})

var xmlForms = parseAll([]string{
	`<order number="«order»"><customer><givenName>«given»</givenName><familyName>«family»</familyName><eMail>«email»</eMail></customer><total currency="EUR">«money»</total></order>`,
	`<person id="«uuid»"><name>«name»</name><born>«born»</born><address><street>«street»</street><locality>«place»</locality></address></person>`,
	`<payment><cardNumber>«card»</cardNumber><reference>RF «order»</reference><iban>«iban»</iban><created>«iso»</created></payment>`,
	`<lease><hardware>«mac»</hardware><address family="6">«ip6»</address><address family="4">«ip»</address><seconds>«n»</seconds></lease>`,
	`<note lang="en"><to>«name2»</to><from>«name»</from><body>Dear «given2», my new number is «phone». Best, «given»</body></note>`,
	`<employee><taxId type="«idname»">«id»</taxId><contact kind="phone" value="«phone»"/><contact kind="mail" value="«email»"/><grade>«n»</grade></employee>`,
	`<settings version="«version»"><token>«key»</token><password>«secret»</password><host>«host»</host><retry after="«ms»"/></settings>`,
	`<guest birthDate="«birth»" name="«name»"><room>«n»</room><arrival day="«day»"/></guest>`,
})

var mailForms = parseAll([]string{
	"From: «name» <«email»>\nTo: «name2» <«email2»>\nDate: «date»\nSubject: Order «order»\nMessage-ID: <«msgid»>\n\nHi «given2»,\n\nthe parcel goes to «street», «place». You can reach me at «phone».\n\nKind regards\n«name»\n",
	"From: \"«name»\" <«email»>\nTo: «desk»\nSubject: Refund\nDate: «date»\n\nHello,\n\nplease send the money to «iban». My date of birth is «birth», the order was «order» of «day».\n\n«name»\n«street»\n«place»\nTel. «phone»\n",
	"To: «email2»\nFrom: «email»\nSubject: Re: Access\nDate: «date»\n\n> On «day» «name2» wrote:\n> is the server at «ip» yours?\n\nYes. The key is «key», please delete this mail.\n\n-- \n«name»\n",
	"Received: from mx.example.net ([«ip»]) by mail.example.org with ESMTPS id 4XyZ«n»; «date»\nFrom: «name» <«email»>\nTo: «email2»\nSubject: Your booking «order»\n\nDear «name2»,\n\nyour card «card» was charged «money» EUR. Room «n», check-in on «day».\n\nYours sincerely,\n«name»\n",
	"From: «name» <«email»>\nTo: «name2» <«email2»>\nSubject: Documents\nDate: «date»\n\n«given2»,\n\n«idname»: «id»\nIBAN: «iban»\nPhone: «phone»\n\nCheers\n«given»\n",
	"From: Jobs <«desk»>\nTo: «name» <«email»>\nSubject: Interview\nDate: «date»\n\nDear Ms «family»,\n\nwe look forward to meeting you on «day» at 10:30. Mr «family2» will call you on «phone».\n\nVersion «version» of the form is attached.\n",
})

// JSON are n documents, one a line; every second one escapes all that is not ASCII.
func JSON(seed uint64, part Part, n int) []Text {
	return documents(seed, part, streamJSON, jsonForms, n, func(i int) func(string) string {
		if i%2 == 0 {
			return jsonEscape
		}
		return jsonASCII
	})
}

// XML are n documents; every third one writes what is not ASCII as numbers.
func XML(seed uint64, part Part, n int) []Text {
	return documents(seed, part, streamXML, xmlForms, n, func(i int) func(string) string {
		if i%3 != 0 {
			return xmlEscape
		}
		return xmlASCII
	})
}

// Mails are n messages with their headers.
func Mails(seed uint64, part Part, n int) []Text {
	return documents(seed, part, streamMails, mailForms, n, func(int) func(string) string { return nil })
}

func documents(seed uint64, part Part, stream uint64, forms []template, n int, escape func(int) func(string) string) []Text {
	d := newDice(seed, part, stream)
	who := people(seed, part, n)
	forms = of(part, forms)
	out := make([]Text, n)
	for i := range out {
		s := scene{dice: d, a: &who[i], b: &who[d.IntN(n)], now: time.Date(2025, 3, 1, 9, d.IntN(600), d.IntN(60), 0, time.UTC)}
		p := page{escape: escape(i)}
		s.render(&p, pick(d, forms))
		out[i] = p.Text
	}
	return out
}

// jsonASCII is jsonEscape with everything outside ASCII as \u.
func jsonASCII(s string) string {
	var b strings.Builder
	for _, r := range jsonEscape(s) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			b.WriteString(jsonUnit(r))
		}
	}
	return b.String()
}

// jsonUnit writes a rune by its number, as two beyond the first plane (RFC 8259 §7).
func jsonUnit(r rune) string {
	if r > 0xffff {
		r -= 0x10000
		return fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

var xmlSpecial = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

func xmlEscape(s string) string { return xmlSpecial.Replace(s) }

func xmlASCII(s string) string {
	var b strings.Builder
	for _, r := range xmlEscape(s) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

// jsonEscape writes what stands between the quotes of a JSON string.
func jsonEscape(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

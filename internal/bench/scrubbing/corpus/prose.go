package corpus

import (
	"time"
)

// proseForms are what people say and write about people, by language. Every second one
// belongs to the held part.
var proseForms = map[string][]string{
	"en": {
		"«name» moved to «street», «place» last spring.",
		"Agent: May I have your full name, please?\nCaller: It's «name».\nAgent: And your date of birth?\nCaller: «birth».",
		"Please call «given» back on «phone» before noon.",
		"Yesterday I met «name2» at the library; «given2» asked about the new opening hours.",
		"My «idname» is «id», and my e-mail is «email».",
		"Mr. «family» paid with card «card» and left at «street».",
		"I live at «street» in «place». You can text me: «phone».",
		"Caller: I was born on «birth», the account is «iban».\nAgent: Thank you, Mrs «family».",
		"According to Dr. «family», the patient «name2» should come back on «day».",
		"«name» and «name2» will give the talk together.",
		"Send the contract to «email» and a copy to «email2», says «given».",
		"The technician saw «mac» and «ip» in the list, said «name».",
	},
	"de": {
		"«name» wohnt seit März in der «street», «place».",
		"Bitte rufen Sie Herrn «family» unter «phone» zurück.",
		"Sehr geehrte Frau «family», Ihre «idname» lautet «id».",
		"Ich heiße «name», geboren am «birth», und erreiche Sie leider nicht.",
		"Gestern hat «name2» die Rechnung überwiesen, IBAN «iban».",
		"Meine neue Adresse: «street», «place». E-Mail: «email».",
		"Laut «name» war die Karte «card» gesperrt.",
		"Grüße von «given» und «given2», Tel. «phone».",
	},
	"fr": {
		"«name» habite au «street», «place».",
		"Bonjour, je m'appelle «name» et mon numéro est le «phone».",
		"Madame «family» est née le «birth» et son «idname» est «id».",
		"Merci d'écrire à «email» ou d'appeler «given» au «phone».",
		"Le virement vers «iban» a été demandé par «name».",
		"M. «family» a déménagé : «street», «place».",
	},
	"es": {
		"«name» vive en «street», «place».",
		"Hola, me llamo «name» y mi teléfono es «phone».",
		"El señor «family» nació el «birth», «idname» «id».",
		"Escribe a «email» o llama a «given» al «phone».",
		"La transferencia a «iban» la pidió «name».",
		"La señora «family» se mudó a «street», «place».",
	},
	"it": {
		"«name» abita in «street», «place».",
		"Buongiorno, mi chiamo «name», il mio numero è «phone».",
		"La signora «family» è nata il «birth», «idname» «id».",
		"Scrivi a «email» oppure chiama «given» al «phone».",
		"Il bonifico su «iban» è di «name».",
		"Il signor «family» si è trasferito in «street», «place».",
	},
	"pl": {
		"«name» mieszka przy «street», «place».",
		"Nazywam się «name», mój telefon to «phone».",
		"Pani «family», urodzona «birth», «idname» «id».",
		"Proszę pisać na «email» albo dzwonić: «phone».",
		"Przelew na konto «iban» zlecił pan «family».",
	},
	"fi": {
		"«name» asuu osoitteessa «street», «place».",
		"Nimeni on «name», puhelin «phone».",
		"Rouva «family», syntynyt «birth», «idname» «id».",
		"Sähköposti: «email», puh. «phone».",
	},
	"ru": {
		"«name» живёт по адресу: «street», «place».",
		"Меня зовут «name», мой телефон «phone».",
		"Г-жа «family», дата рождения: «birth», «idname» «id».",
		"Пишите на «email» или звоните: «phone».",
	},
	"ja": {
		"「«name»」様のご住所は«place»«street»です。",
		"お名前：«name»、電話番号：«phone»",
		"生年月日：«birth»、«idname»：«id»",
		"メール：«email»、担当：«name»さん",
	},
}

// fillers are sentences about nobody that stand between the others. Some words in them are
// names elsewhere. Every second one belongs to the held part.
var fillers = []string{
	"The meeting starts at nine and the agenda is in the wiki.", "Sunday was warm, and the market in April is always full.",
	"Please restart the service after the update to version 2.4.1.", "Der Bericht für das zweite Quartal ist fertig.",
	"Le rapport sera publié en juin.", "El informe estará listo en mayo.", "We will paint the hall green and rose this year.",
	"Will the order arrive before Friday?", "Grace and patience are virtues, and so is hope.", "The Paris office opens in August.",
	"Invoice 2024-00817 over 1,249.00 EUR is due in 14 days.", "Wir fahren im Sommer nach Florenz und Verona.",
	"Our library lends books, maps and tools.", "The new printer is on the second floor, next to the kitchen.",
	"Die Rechnung liegt dem Schreiben bei.", "Bitte beachten Sie die geänderten Öffnungszeiten.",
	"La reunión empieza a las diez.", "Merci de votre patience et à bientôt.", "La biblioteca resta chiusa il lunedì.",
	"Faktura jest w załączniku.", "Tickets for the Spring Concert are sold out.", "The Data Protection Officer answers within a month.",
	"Kokous alkaa kello yhdeksän.", "Собрание начинается в девять часов.", "Customer Service is closed on Bank Holidays.",
	"Das Projekt läuft seit dem Herbst.", "The train from Victoria to Oxford was late again.", "Nothing has changed since March.",
	"Thank you for calling, how may I help you?", "Your reference number is 4711-08-15.", "Les archives de la ville gardent ces registres.",
	"The committee met twice and agreed on the budget.", "El pedido salió ayer del almacén.", "Il treno per Firenze parte dal binario 4.",
	"Rain is expected in the north, sun in the south.", "Ask the helpdesk for a new badge.",
}

// Prose are n texts: a sentence or two about people, in their language, among others.
func Prose(seed uint64, part Part, n int) []Text {
	d := newDice(seed, part, streamProse)
	who := people(seed, part, n)
	forms := map[string][]template{}
	for language, all := range proseForms {
		forms[language] = of(part, parseAll(all))
	}
	between := of(part, fillers)
	out := make([]Text, n)
	for i := range out {
		a := &who[i]
		speak := forms[a.Language]
		if speak == nil { // a guest from the demo
			speak = forms["en"]
		}
		s := scene{dice: d, a: a, b: &who[d.IntN(n)], now: time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)}
		var p page
		if d.percent(50) {
			p.write(pick(d, between) + " ")
		}
		s.render(&p, pick(d, speak))
		if d.percent(60) {
			p.write(" " + pick(d, between))
		}
		p.write("\n")
		out[i] = p.Text
	}
	return out
}

package scan

import "strings"

// flag is what a word says about the value near it.
type flag uint32

const (
	aPhone   flag = 1 << iota // phone, mobile, fax
	aCall                     // call, ring: of telephones in a sentence
	aCount                    // order, invoice, ticket, amount: a number that is about a thing
	aCard                     // card, visa
	aTax                      // names of national numbers: SSN, NIF, Steuer-ID
	aPaper                    // passport, licence: any form is believed
	aVersion                  // version, release
	aBirth                    // born, DOB
	aSecret                   // password, secret: the value is one whatever it looks like
	aToken                    // token, session: the value is one if it looks like it
	aKey                      // key: a token if the word before says which kind
	aKeyKind                  // api, access, private
	aBank                     // account, IBAN
	aHealth                   // NHS, Medicare
	anID                      // id: a thing, unless the word before says which
	anINN                     // the Russian taxpayer number
	aNone                     // number, no., is: says nothing, and costs no distance
)

// vocabulary lists the words by what they say. Letters beyond ASCII are written in lower
// case, and with a capital where a word begins with one.
var vocabulary = map[flag]string{
	aPhone: `phone phones telephone telephones tel tél tele fon mobile mob cell cellphone cellular
		fax telefax sms whatsapp landline hotline helpline voicemail msisdn handset telefon telefono
		teléfono telefonnummer mobil handy rufnummer móvil movil celular téléphone telephonenumber
		cellulare telefone telemóvel telemovel telefoon telefoonnummer mobiel gsm mobiltelefon
		mobilnummer tlf 電話 電話番号 携帯 携帯電話 携帯番号 komórka komorka komórkowy puhelin телефон тел моб phonenumber phonenumbers
		Téléphone Tél`,
	aCall: `call calls called calling ring rang dial dialed contact texted telegram callback
		answering answer reach reachable reached pager caller callee messages message extension anrufen
		ruf llamar llame llámame llamada portable appeler appelez appel chiamare chiama chiamami ligar
		ligue bellen bel dzwonić`,
	aCount: `order orders invoice invoices ticket tickets ref reference references case tracking receipt
		transaction txn uuid guid serial sku isbn issn ean upc gtin barcode model part batch lot
		build rev revision commit epoch timestamp ts time times date datetime unix created updated expires exp expiry iat nbf level status pid tid line lines bytes size offset seq sequence
		index row rows count total amount price balance po item items product article booking
		reservation confirmation claim policy incident bug issue pr request trace span session job task
		process thread zip postal postcode plz lat lon lng latitude longitude coordinates coords hash
		checksum digest sha md5 crc port page pages chapter section figure quantity qty user uid gid
		customer client shipment parcel consignment waybill awb usd eur gbp chf jpy cost paid subtotal
		sum elapsed duration latency took ms ns rssi memory mem kb mb gb block sector frame packet
		bestellnummer bestellung rechnung rechnungsnummer auftrag auftragsnummer kundennummer
		vorgangsnummer aktenzeichen artikelnummer seriennummer sendungsnummer betrag commande facture
		dossier montant colis pedido pedidos factura importe albarán ordine fattura importo encomenda
		fatura valor bestelling bestelnummer factuur factuurnummer bedrag zamówienie zamowienie faktura
		fakturanummer ordernummer ordrenummer belopp kwota заказ счет счёт`,
	aCard: `card cards creditcard visa mastercard amex maestro cc pan debit karte kreditkarte
		kartennummer tarjeta carte cartão cartao carta kaart karta kort discover jcb diners`,
	aTax: `ssn social security itin ein tin sin nino nin insurance tax taxpayer vat ust ustid ustidnr
		steuer steuernummer steueridentifikationsnummer steuerid idnr identifikationsnummer siren siret
		tva nir insee sécu secu sociale numsecu dni nie nif cif codice fiscale codicefiscale iva nipc
		contribuinte contribuyente bsn burgerservicenummer rijksregisternummer rijksregister niss nrn
		pesel personnummer fødselsnummer fodselsnummer fødselsnr cpr cprnummer hetu henkilötunnus ahv
		avs sozialversicherungsnummer svnr svnummer sozialversicherung cpf cnpj curp rfc aadhaar aadhar
		uidai pan idnumber tfn abn national nationalid citizen identity personal personalausweis
		ausweis ausweisnummer dowód nip regon 個人番号 マイナンバー`,
	anINN: `инн ИНН Инн`,
	aPaper: `passport passports passeport pasaporte passaporto reisepass passaporte paspoort paszport
		licence license führerschein fuhrerschein rijbewijs`,
	aHealth:  `nhs medicare medicaid health healthcare patient mrn krankenversichertennummer`,
	aVersion: `version versions ver release section sections chapter clause paragraph appendix rfc sec upgrade upgraded downgrade oid firmware v semver kernel`,
	aBirth: `birth birthday birthdate dob born bday geboren geb geburtsdatum geburtstag geburt né née
		naissance nacimiento nacido nacida nació nascita nato nata nascido nascida nascimento
		geboortedatum urodzony urodzona urodzenia født født fødselsdato född födelsedatum syntynyt
		родился родилась рождения dateofbirth d.o.b Né Née 生年月日 誕生日`,
	aSecret: `password passwords passwd pwd passphrase secret passcode credential credentials contraseña
		contrasena passwort kennwort parole senha wachtwoord hasło haslo lösenord adgangskode salasana
		пароль motdepasse pgpassword mysqlpwd apikey secretkey accesskey privatekey
		clientsecret authtoken accesstoken refreshtoken idtoken bearertoken`,
	aToken:   `token authorization auth bearer session sessionid sid jsessionid phpsessid csrf xsrf jwt otp cookie signature sig clave jeton sas`,
	aKey:     `key`,
	aKeyKind: `api access secret private encryption signing master auth account storage service shared subscription license admin app deploy ssh`,
	anID:     `id ids`,
	aBank:    `iban account konto compte cuenta conto conta rekening konto bank bic`,
	aNone:    `number numbers no nr num nummer numero número numéro numer номер is the my our his her your at on to from and or for of a an it this that value`,
}

// words finds a word by the hash of its letters from the last to the first, for that is
// how words are read from a number back.
var words = func() map[uint32]flag {
	m := map[uint32]flag{}
	for f, list := range vocabulary {
		for _, w := range strings.Fields(list) {
			h := uint32(wordSeed)
			for i := len(w) - 1; i >= 0; i-- {
				h = wordHash(h, w[i])
			}
			m[h] |= f
		}
	}
	return m
}()

// lexicon is words as a table that is read without a function call.
var lexicon = func() (t [4096]struct {
	hash uint32
	flag flag
},
) {
	for h, f := range words {
		i := h % uint32(len(t))
		for t[i].flag != 0 {
			i = (i + 1) % uint32(len(t))
		}
		t[i].hash, t[i].flag = h, f
	}
	return t
}()

const wordSeed = 2166136261

func wordHash(h uint32, c byte) uint32 { return (h ^ uint32(c)) * 16777619 }

// flags is what the word with a hash says.
func flags(h uint32) flag {
	for i := h % uint32(len(lexicon)); lexicon[i].flag != 0; i = (i + 1) % uint32(len(lexicon)) {
		if lexicon[i].hash == h {
			return lexicon[i].flag
		}
	}
	return 0
}

// lastWord reads the word that ends at i: its start and what it says. Words end at what is
// no letter and where a capital follows a small letter (phoneNumber).
func lastWord(t []byte, i, limit int) (start int, f flag) {
	h := uint32(wordSeed)
	limit = max(limit, 0)
	for i > limit {
		c := t[i-1]
		if props[c]&(isLetter|isHigh) == 0 || props[c]&isHigh != 0 && ideographicMark(t, i) {
			break
		}
		h = wordHash(h, fold(c))
		i--
		if props[c]&isUpper != 0 && i > limit && props[t[i-1]]&isLower != 0 {
			break
		}
	}
	return i, flags(h)
}

// ideographicMark says whether a mark of punctuation as Chinese and Japanese text has them
// ends at i, or a pseudonym.
func ideographicMark(t []byte, i int) bool {
	if i < 3 {
		return false
	}
	switch a, b, c := t[i-3], t[i-2], t[i-1]; a {
	case 0xE3: // U+3000 to U+303F
		return b == 0x80
	case 0xEF: // full-width forms: ！ to ／, ： to ＠
		return b == 0xBC && (c >= 0x81 && c <= 0x8F || c >= 0x9A && c <= 0xA0)
	case close[0]:
		return b == close[1] && c == close[2]
	}
	return false
}

// How far words are asked.
const (
	nearBytes = 40  // a label stands this near
	farBytes  = 200 // a sentence speaks of telephones this far
)

// context is what the words before a place say.
type context struct {
	at   int
	near flag // the nearest word that says something, within nearBytes
	wall bool // a pseudonym hides what stood near
}

// before reads the words near before i. It is asked several times about one place.
func (p *pass) before(i int) *context {
	c := &p.context
	if c.at != i {
		c.at = i
		c.near, c.wall = nearest(p.t, i)
	}
	return c
}

// nearest is what the nearest word before i says that says something.
func nearest(t []byte, i int) (f flag, wall bool) {
	from, limit := max(0, i-farBytes), i-nearBytes
	thing := false
	for j := i; j > from && j > limit; {
		if props[t[j-1]]&(isLetter|isHigh) == 0 {
			j--
			continue
		}
		if t[j-1] == close[2] && j >= 3 && hasPrefix(t, j-3, close) {
			return 0, true
		}
		if props[t[j-1]]&isHigh != 0 && ideographicMark(t, j) {
			j -= 3
			continue
		}
		start, f := lastWord(t, j, from)
		if start < limit {
			break
		}
		switch {
		case f&aNone != 0:
			limit -= j - start + 1
		case f == anID:
			thing = true
		case f != 0:
			return f, false
		case thing:
			return aCount, false // user id
		}
		j = start
	}
	if thing {
		return aCount, false
	}
	return 0, false
}

// speaksOfPhones says whether one of the words up to farBytes before i is about telephones.
// What was asked before is not asked again.
func (p *pass) speaksOfPhones(i int) bool {
	t, from := p.t, max(0, i-farBytes)
	limit := from
	if from >= p.quietFrom && i >= p.quietTo {
		limit = max(from, p.quietTo)
	}
	for j := i; j > limit; {
		if props[t[j-1]]&(isLetter|isHigh) == 0 {
			j--
			continue
		}
		if t[j-1] == close[2] && j >= 3 && hasPrefix(t, j-3, close) {
			return false // what is behind was other text once
		}
		if props[t[j-1]]&isHigh != 0 && ideographicMark(t, j) {
			j -= 3
			continue
		}
		start, g := lastWord(t, j, limit)
		if g&aPhone != 0 {
			return true
		}
		j = start
	}
	p.quietFrom, p.quietTo = from, i
	return false
}

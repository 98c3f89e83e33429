package email

import (
	"strings"
	"unicode"
)

// undotted are the mail providers that deliver t.im@ and tim@ to one mailbox, each with
// the domain under which it does. Google says so of its own mail
// (https://support.google.com/mail/answer/7436150); the others deliver them to two people.
var undotted = map[string]string{"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}

// PlusBase returns what is left of an address without its +tag and, where the provider
// is known to deliver so, without the dots before the @. Two addresses with one base may
// belong to one person, so staff see them side by side as a suggestion. They are never
// the same identity: a provider may deliver tim+a@ and tim@ to different people, so a
// claim must compare [Address.Key] (PTY-A16). The base begins with "base:", which no key
// can, so the two cannot be confused in a store. ok is false where nothing is left.
func PlusBase(a Address) (key string, ok bool) {
	local, domain, _ := strings.Cut(a.key, "@")
	local, _, _ = strings.Cut(local, "+")
	if one, known := undotted[domain]; known {
		local, domain = strings.ReplaceAll(local, ".", ""), one
	}
	if local == "" {
		return "", false
	}
	return "base:" + local + "@" + domain, true
}

// Shared reports whether the local part names a role rather than a person, as
// in info@, sales.team@ or kontakt-berlin@. Whoever reads such a mailbox today
// need not be the person on the record, so a claim by it goes to human review
// (PTY-A34). It is a guess by name: it misses roles in other words, and now and
// then suspects somebody called Team.
func Shared(a Address) bool {
	local, _, _ := strings.Cut(a.key, "@")
	local, _, _ = strings.Cut(local, "+")
	if isRole(local) {
		return true
	}
	words := strings.FieldsFunc(local, isASCIIPunct)
	return len(words) > 0 && (isRole(words[0]) || isRole(words[len(words)-1]))
}

// isRole looks a word up, without a number at its end (office2).
func isRole(word string) bool {
	return roles[strings.TrimRightFunc(word, unicode.IsDigit)]
}

var roles = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(roleWords) {
		m[word] = true
	}
	return m
}()

// roleWords are in lower case: the names RFC 2142 reserves, then common words
// for offices, teams and households by language.
const roleWords = `
abuse hostmaster noc postmaster security usenet webmaster www ftp news uucp info marketing sales support
root admin administrator administration sysadmin mailer-daemon noreply no-reply donotreply do-not-reply bounce bounces
mail email e-mail post inbox mailbox postbox helpdesk help service services hello hi contact contactus enquiries enquiry inquiries
inquiry feedback office reception frontdesk desk team staff crew group all everyone members membership
accounts accounting accountspayable billing finance invoice invoices payments payroll purchasing procurement orders order shop store
booking bookings reservation reservations tickets events press media pr hr jobs careers recruiting recruitment legal privacy
dpo gdpr compliance it ict tech technical dev ops webteam customerservice customercare customers clients secretary secretariat
director board chair treasurer committee registrar admissions library school family household home parish church club
kontakt buero büro sekretariat verwaltung geschaeftsstelle geschäftsstelle geschaeftsfuehrung geschäftsführung vorstand
verein familie fam empfang zentrale rezeption anfrage anfragen bestellung bestellungen rechnung rechnungen buchhaltung
vertrieb einkauf personal bewerbung presse datenschutz kundenservice kundendienst poststelle praxis kanzlei gemeinde pfarramt
pfarrbuero pfarrbüro schule kasse kassier mitglieder anmeldung
bureau accueil secretariat secrétariat direction famille contacts equipe équipe boutique commande commandes
facturation comptabilite comptabilité mairie ecole école adhesion adhésion
contacto informacion información oficina secretaria secretaría equipo familia ventas atencion atención administracion
administración recepcion recepción reservas pedidos facturacion facturación soporte ayuda prensa empleo tienda
contato informacoes informações escritorio escritório equipa equipe vendas atendimento suporte financeiro secretaria
contatto contatti informazioni ufficio segreteria famiglia squadra vendite amministrazione assistenza prenotazioni ordini
fatture scuola parrocchia comune
receptie administratie klantenservice secretariaat familie gezin bestuur verkoop boekhouding inschrijving
kundtjanst kundtjänst kansli expedition styrelsen medlem foreningen föreningen kundeservice kontor posten firmapost salg
toimisto asiakaspalvelu myynti tiedotus
biuro sekretariat rodzina sklep zamowienia zamówienia ksiegowosc księgowość sprzedaz sprzedaż obsluga obsługa redakcja
kancelar kancelář podatelna objednavky objednávky fakturace prodej rodina skola škola urad úřad
iroda ugyfelszolgalat ügyfélszolgálat titkarsag titkárság csalad család
bilgi iletisim iletişim destek satis satış muhasebe
инфо контакт контакты офис почта продажи поддержка секретарь бухгалтерия семья приемная приёмная школа
офіс пошта пiдтримка підтримка
`

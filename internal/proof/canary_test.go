package proof_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/servertest"
	"github.com/habeas-data/habeas/sealed/canary"
)

// The canaries: no word of them stands anywhere by chance. Values of a few letters,
// such as a country, cannot be told from noise in bytes; cells of the database are
// compared with them one by one instead.
var (
	// apiPerson has a value for every field of every built-in data set.
	apiPerson = map[string]map[string]string{
		"identity": {
			"title": "Hofrätin-Zwirbel", "given_name": "Zdzisława", "family_name": "Brzęczyszczykiewicz", "birth_date": "1937-11-29",
			"birth_place": "Szczebrzeszyn-Łękołody", "gender": "zweigeistig-plural", "occupation": "Orgelpfeifenstimmerin",
		},
		"contact":      {"email": "Zdzislawa.Brzeczy+orgel@kanarienhaus.example.org", "language": "gsw-x-lisbetli"},
		"phone":        {"number": "+48 608 555 01 97"},
		"address":      {"street": "Xylophongässchen 4711b", "postcode": "QZ-98431-77", "city": "Großquakenbrück", "country": "LI"},
		"organisation": {"name": "Zitherfreunde Quaddelbach", "legal_form": "Genossenschäftchen", "website": "https://zitherquaddel.example.org/saiten", "city": "Quaddelbachtal", "country": "LI"},
		"membership":   {"number": "MBR-77310-XKQ", "since": "1991-02-17", "level": "Ehrenpaukistin"},
		"profile":      {"headline": "Flüsterkreiselkunde", "about": "Wurlitzerwickelei seit Urgroßmutters Zeiten.\nZweite Zeile: Drehleierkuren.", "subjects": "Theremintupfen, Nasenflötenbau"},
	}
	apiOrganisation = map[string]map[string]string{
		"organisation": {
			"name": "Blasmusikverein Würmchenstein", "legal_form": "Altrechtlicher Bläserbund", "website": "https://wuermchenstein-blech.example.org/posaunen",
			"city": "Hinterwürmlingen", "country": "LI",
		},
		"contact": {"email": "Kassierin@wuermchenstein-blech.example.org"},
	}
	apiTicket  = map[string]any{"id": "TCK-20990417-ZZY", "version": 3, "title": "Kuckucksuhrenseminar für Fortgeschrittene", "starts": "2031-08-23T07:09:00Z"}
	apiOwnID   = "EXT-quarkstrudel-0815"
	apiRequest = "IDEM-knoedelwurf-4242"

	staffPerson = map[string]string{
		"identity.given_name": "Ægidius", "identity.family_name": "Þorvaldsfjörðurson", "identity.birth_date": "1943-07-18",
		"phone.number": "+354 555 8812 04", "address.city": "Kirkjubæjarklaustursveit", "membership.number": "KIRK-00417-BQ",
		"contact.language": "is-x-torffrid",
		"profile.headline": "Lundaflöjtespillari", "profile.subjects": "Rímnakveðskapur", "profile.about": "Eldgosafræðikver frá ömmu.",
	}
	staffOrg = map[string]string{
		"organisation.name": "Krydderkompagniet Grønsløs", "organisation.website": "https://krydderkompagniet.example.net/kardemomme",
		"organisation.city": "Grønsløsevigen",
	}
	staffPersonMail = "aegidius.thorvaldsfjord@lundakoffort.example.net"
	staffOrgMail    = "kontoret@krydderkompagniet.example.net"
	replacedMail    = "aegidius.rettilega@saelgaetishus.example.net"
	amended         = map[string]string{"street": "Óðinsgötuhlaðið 88", "postcode": "IS-88190-QW", "city": "Vopnafjarðarhöll", "country": "FO"}

	accepted  = map[string]string{"contact.language": "rm-x-surmiran", "profile.headline": "Drehleierdoktorin"}
	corrected = map[string]string{"street": "Zwetschgenknödelsteig 9", "postcode": "PQ-55123-ZZ", "city": "Unterzwetschgenau", "country": "SM"}

	accountName   = "Frau Zirbelnusskuchen"
	secondAddress = "zirbelnuss.zweitpost@kringelkasten.example.org"
	passkeyName   = "Taschenfernsprecher Quietschgrün"
	wrongNumber   = "FALSCH-99887-WX"
	adminMail     = "Hausmeisterin.Quengelbert@amtsstube.example.org"
	staffMail     = "Sachbearbeiter.Troedelheinz@amtsstube.example.org"
	nobodyMail    = "niemand.unbekannt-knispel@nirgendheim.example.org"

	bulkPerson = map[string]map[string]string{
		"identity": {"given_name": "Guðfinnúlfur", "family_name": "Quastenflosserström", "birth_date": "1929-10-24"},
		"contact":  {"email": "Gudfinnulfur.Quastenfloss@glockenspielhof.example.org"},
		"phone":    {"number": "+46 70 555 90 21 44"},
		"address":  {"street": "Kvastfeningsgränden 31", "city": "Sköldpaddsvikens by"},
	}
	bulkOwnID, bulkKey = "EXT-wolpertinger-2718", "IDEM-germknoedel-3141"
	bulkBad            = "Rhabarberbarbarabar"
	readPerson         = map[string]map[string]string{
		"identity": {"family_name": "Nähmaschinenöhrlein"},
		"contact":  {"email": "oehrlein@naehkaestchen.example.net"},
	}
	// What a system tries out is kept nowhere.
	triedPerson = map[string]map[string]string{
		"identity": {"given_name": "Probierosław", "family_name": "Sandkastenburger"},
		"contact":  {"email": "sandkastenburger@probebuehne.example.net"},
	}
	triedTicket = map[string]any{"id": "TRY-zitteraal-55901", "title": "Schnupperstunde im Nasenflötenkreis"}
	holdReason  = "Wegen der Quetschkommodenklage gegen die Sippe Flohzirkuswitz."
	refusal     = "Der Drehorgelprozess vor dem Schnürsenkelgericht dauert an."
	newMain     = "Neue.Hauptpost+zirbel@umzugskarton.example.com"

	importHeader = "external_id,first_name,last_name,email,date_of_birth,street,city,phone,membership_number\n"
	importRow    = []string{"CSV-9911-quetschkommode", "Příběnka", "Čtvrtníčková", "pribenka.ctvrtnickova@houslekrabice.example.org", "1951-03-31", "Nábřežíčko 77/4421", "Vratislavovičky", "+420 555 771 003", "CZK-44120-PRB"}
	importBad    = []string{"CSV-9912-flaschenzug", "Ölöwüsz", "Hözzátörtönök", "keine adresse@@kaputtnik", "1951-02-31", "Fölösleges utcácska 6", "Bökönybögyháza", "+36 555 190 2247", "HUF-77018-OLW"}
)

// canaries collects what must not be found.
type canaries struct {
	*searcher
	short map[string]string // value → name: too short for bytes
	all   map[string]string // value → name: what was entered about people

	secrets canary.Set // of those, what the memory of a server must not show either
}

// token adds a secret.
func (c *canaries) token(name, value string) {
	c.searcher.token(name, value)
	c.secrets.Token(name, value)
}

func newCanaries() *canaries {
	c := &canaries{searcher: newSearcher(), short: map[string]string{}, all: map[string]string{}}
	for name, sets := range map[string]map[string]map[string]string{
		"person of the API": apiPerson, "organisation of the API": apiOrganisation, "person in bulk": bulkPerson, "person who is read": readPerson,
	} {
		for set, fields := range sets {
			c.values(name+" "+set, fields)
		}
	}
	for set, fields := range triedPerson {
		for field, v := range fields {
			c.word("person tried out "+set+" "+field, v)
		}
	}
	for name, fields := range map[string]map[string]string{
		"person of staff": staffPerson, "organisation of staff": staffOrg, "amended": amended, "accepted": accepted, "corrected": corrected,
	} {
		c.values(name, fields)
	}
	for i, v := range importRow {
		c.value("import "+strings.Split(importHeader, ",")[i], v)
	}
	for i, v := range importBad {
		c.word("rejected row "+strings.Split(importHeader, ",")[i], v)
	}
	c.word("ticket id", apiTicket["id"].(string))
	c.word("ticket title", apiTicket["title"].(string))
	c.word("ticket start", apiTicket["starts"].(string))
	for name, v := range map[string]string{
		"external id": apiOwnID, "idempotency key": apiRequest, "account name": accountName, "second address": secondAddress,
		"passkey name": passkeyName, "wrong membership number": wrongNumber, "administrator": adminMail, "staff": staffMail,
		"address of nobody": nobodyMail, "mail of a staff entry": staffPersonMail, "mail of an organisation": staffOrgMail,
		"external id in bulk": bulkOwnID, "idempotency key in bulk": bulkKey, "wrong value in bulk": bulkBad,
		"ticket tried out": triedTicket["id"].(string), "its title": triedTicket["title"].(string),
		"reason to keep": holdReason, "reason to refuse": refusal, "new main address": newMain,
		"address put in place": replacedMail, "master password": servertest.MasterPassword,
	} {
		c.word(name, v)
	}
	c.secrets.Text("master password", servertest.MasterPassword)
	c.secrets.Text("wrong membership number", wrongNumber) // nobody's, so it came as a proof alone
	return c
}

// values adds values that the server keeps.
func (c *canaries) values(name string, fields map[string]string) {
	for field, v := range fields {
		c.value(name+" "+field, v)
	}
}

func (c *canaries) value(name, v string) {
	c.all[v] = name
	c.word(name, v)
}

// word adds a text, an address also in the forms that it is looked up by.
func (c *canaries) word(name, v string) {
	if len(v) < prefixLen {
		c.short[strings.ToLower(v)] = name
		return
	}
	c.text(name, v)
	if local, _, ok := strings.Cut(v, "@"); ok {
		c.text(name, servertest.Stored(v))
		c.text(name, local)
	}
}

// cookies adds the secrets that a browser holds.
func (c *canaries) cookies(b *browser) {
	for _, cookie := range b.Client.Jar.Cookies(b.W.URL()) {
		if len(cookie.Value) >= 22 { // 16 bytes in base64; the others are preferences
			c.token("cookie "+cookie.Name, cookie.Value)
		}
	}
}

// files reads every file below the directories. What a running server takes away
// meanwhile is left out.
func files(t testing.TB, dirs ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil || !d.Type().IsRegular():
				return err
			}
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			rel, _ := filepath.Rel(dir, path)
			out[rel] = data
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// nowhere fails the test for each canary in the files and the log.
func (c *canaries) nowhere(t testing.TB, when string, found map[string][]byte) {
	t.Helper()
	total := 0
	searched := map[[32]byte]bool{} // the databases of PostgreSQL begin as copies of one
	for name, data := range found {
		total += len(data)
		if sum := sha256.Sum256(data); !searched[sum] {
			searched[sum] = true
			used := len(bytes.TrimRight(data, "\x00")) // behind it is room for what is to come
			for _, what := range c.find(data[:min(used+2, len(data))]) {
				t.Errorf("%s, %s: %s", when, name, what)
			}
		}
	}
	t.Logf("%s: %d bytes in %d files searched for %d patterns", when, total, len(found), c.set.Patterns())
}

// held is every text that the server can read with its keys.
func held(w *world) []byte {
	w.Helper()
	var all bytes.Buffer
	w.Must(w.DB.Records().Each(w.Context(), func(_ party.Party, s party.Statement) {
		for _, fields := range s.Values {
			for _, text := range fields {
				all.WriteString(text + "\n")
			}
		}
		all.WriteString(s.External + "\n" + s.Occ.Ref + "\n" + s.Occ.Title + "\n")
	}))
	return all.Bytes()
}

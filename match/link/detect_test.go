package link_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/match/link"
)

// people are rows about invented people, several of whom stand twice, with the columns
// that are asked for.
func people(n int, seed uint64, columns ...string) [][]string {
	r := rand.New(rand.NewPCG(seed, 4))
	pick := func(s string) string { w := strings.Fields(s); return w[r.IntN(len(w))] }
	rows := make([][]string, n)
	for i := range rows {
		who := r.IntN(n)
		p := rand.New(rand.NewPCG(seed, uint64(who)))
		given := strings.Fields("anna jonas peter maria xaver luis quirin wanda ilse tom emma zita paul otto")[p.IntN(14)]
		family := pick("Ber Hof Lin Stein Wal Kra Mor Sut") + pick("ge ma de rü da me to le") + pick("r n ck l ff ling berg s")
		place := strings.Fields("Altdorf Brunnen Castrop Delft Evora Fulda Gent Hamm Ilmenau Jever Kiel Lund Metz Namur Olten Pirna Quedlin Riesa Siena Trier")[p.IntN(20)]
		for _, c := range columns {
			v := ""
			switch c {
			case "given":
				v = given
			case "family":
				v = family
			case "full":
				v = given + " " + family
			case "date":
				v = fmt.Sprintf("%02d.%02d.%d", 1+p.IntN(28), 1+p.IntN(12), 1930+p.IntN(80))
			case "compact":
				v = fmt.Sprintf("%d%02d%02d", 1930+p.IntN(80), 1+p.IntN(12), 1+p.IntN(28))
			case "mail":
				v = fmt.Sprintf("%s%d@%s", given, p.IntN(900), pick("example.org mail.example"))
			case "phone":
				v = fmt.Sprintf("+49 %d/%d", 30+p.IntN(900), 100_000+p.IntN(900_000))
			case "postcode":
				v = fmt.Sprintf("%05d", 1000+p.IntN(400)*97)
			case "uk":
				v = fmt.Sprintf("%s%d %d%s", strings.Fields("tq ex sw n bs")[p.IntN(5)], 1+p.IntN(29), p.IntN(10), strings.Fields("ab df xy lm")[p.IntN(4)])
			case "place":
				v = place
			case "street":
				v = fmt.Sprintf("%sstraße %d", strings.Fields("Haupt Bahnhof Garten Linden Schul Berg")[p.IntN(6)], 1+p.IntN(120))
			case "number":
				v = fmt.Sprint(1 + p.IntN(12)*p.IntN(30))
			case "gender":
				v = strings.Fields("m w d")[p.IntN(3)]
			case "member":
				v = fmt.Sprintf("M-%06d", p.IntN(1_000_000))
			case "firm":
				v = family + " " + strings.Fields("GmbH Ltd Verein Restaurant Hotel Kliniken")[p.IntN(6)]
			case "counter":
				v = fmt.Sprint(i + 1)
			case "cluster":
				v = fmt.Sprint(who)
			case "copy":
				v = fmt.Sprintf("rec-%d-dup-%d", who, i)
			case "half":
				v = []string{"old", "new"}[i*2/n]
			case "perhalf":
				v = fmt.Sprint(i % ((n + 1) / 2))
			case "same":
				v = "x"
			case "note":
				v = strings.Repeat(pick("called wrote paid came left")+" ", 9)
			case "road":
				v = family + " " + strings.Fields("Road Street Lane Close View")[p.IntN(5)]
			case "year":
				v = fmt.Sprint(1930 + p.IntN(80))
			case "month":
				v = fmt.Sprint(1 + p.IntN(12))
			case "price":
				v = fmt.Sprintf("%d.%02d", p.IntN(300), p.IntN(100))
			case "title":
				v = fmt.Sprintf("On the %s of %s and %s in large %s systems for %s", place, family, given, place, family)
			case "written":
				v = fmt.Sprintf("2024-0%d-1%d 10:0%d:00", 1+r.IntN(9), r.IntN(10), r.IntN(10))
			}
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

func TestColumnsAreUnderstood(t *testing.T) {
	for name, want := range map[string]string{
		"English":           "rec_id:counter:row_id first_name:given:given_name Surname:family:family_name dob:compact:date eMail:mail:email tel:phone:phone zip:postcode:postcode suburb:place:place address_1:street:street street_number:number:house_number sex:gender:category",
		"German":            "Lfd.Nr.:counter:row_id Vorname:given:given_name Nachname:family:family_name Geburtsdatum:date:date E-Mail-Adresse:mail:email Telefonnummer:phone:phone PLZ:postcode:postcode Wohnort:place:place Straße:street:street Hausnr.:number:house_number Anrede:gender:category Mitgliedsnummer:member:identifier",
		"Spanish":           "nombre:given:given_name apellidos:family:family_name fecha_de_nacimiento:date:date Correo_electrónico:mail:email teléfono:phone:phone Código_postal:postcode:postcode ciudad:place:place dirección:street:street sexo:gender:category",
		"French":            "Prénom:given:given_name Nom_de_famille:family:family_name Date_de_naissance:date:date courriel:mail:email téléphone:phone:phone code_postal:postcode:postcode ville:place:place rue:street:street civilité:gender:category",
		"run together":      "FirstName:given:given_name lastName:family:family_name BirthDate:date:date PhoneNumber1:phone:phone EMailAddress:mail:email postcode2:uk:postcode streetName:street:street",
		"French names":      "prénom:given:given_name nom:family:family_name",
		"no names":          "col1:counter:row_id col2:given:given_name col3:family:family_name col4:date:date col5:mail:email col6:phone:phone col7:uk:postcode col8:place:category col9:street:street col10:gender:category",
		"misleading":        "email:given:given_name phone:mail:email date:gender:category city:date:date",
		"whole name":        "name:full:full_name dob:date:date",
		"organisations":     "name:firm:organisation city:place:place",
		"the answer":        "cluster_id:cluster:ignore ENTITY_ID:cluster:ignore label:gender:ignore person_id:cluster:ignore surname:family:family_name",
		"numbers of copies": "rec_id:copy:row_id cluster:cluster:ignore surname:family:family_name",
		"copies, no names":  "a1:family:place a2:copy:row_id a3:cluster:ignore",
		"streets":           "a1:counter:row_id a2:family:place a3:road:street",
		"two lists":         "source:half:source id:perhalf:row_id company:firm:organisation",
		"nothing in it":     "surname:family:family_name note:none:ignore constant:same:ignore created_at:written:ignore",
		"said twice":        "first:given:given_name last:family:family_name name:full:ignore full_name:full:ignore surname_again:family:ignore",
		"free text":         "surname:family:family_name remarks:note:text",
		"two row numbers":   "id:counter:row_id uid:counter:ignore surname:family:family_name",
		"Italian":           "nome:given:given_name cognome:family:family_name data_di_nascita:date:date città:place:place indirizzo:street:street",
		"German names":      "Name:family:family_name Vorname:given:given_name",
		"one column of all": "nombre:full:full_name fecha:date:date",
		"voters":            "voter_reg_num:counter:row_id midl_name:given:given_name last_name:family:family_name house_num:number:house_number res_city_desc:place:place zip_code:postcode:postcode sex_code:gender:category birth_year:year:date",
		"parts of a date":   "fname_c1:given:given_name lname_c1:family:family_name by:year:date bm:month:category bd:month:category identity:cluster:ignore",
		"things":            "id:counter:row_id title:title:text authors:full:full_name price:price:text year:year:date",
		"of the company":    "company_name:firm:organisation company_email:mail:email company_city:place:place",
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(4) {
				var header, columns, kinds []string
				for _, c := range strings.Fields(want) {
					part := strings.Split(c, ":")
					header, columns, kinds = append(header, strings.ReplaceAll(part[0], "_", []string{"_", " ", "-", "."}[seed])), append(columns, part[1]), append(kinds, part[2])
				}
				for i, f := range link.Detect(header, people(600, seed, columns...)) {
					if string(f.Kind) != kinds[i] {
						t.Errorf("%s is %s (%s), want %s", f.Name, f.Kind, f.Why, kinds[i])
					}
					if f.Why == "" || f.Name != header[i] {
						t.Errorf("%+v", f)
					}
				}
			}
		})
	}
}

func TestDetectBearsAnyTable(t *testing.T) {
	for name, sample := range map[string][][]string{
		"no rows": nil, "short rows": {{"a"}, {}, {"b", "c"}}, "one row": {{"1", "x", "2024-01-01"}},
		"odd values": {{"\xff\xfe", strings.Repeat("é", 5000), "\x00"}, {"", "-", "n/a"}, {"٣٤", "语", "."}},
	} {
		if got := link.Detect([]string{"", "name", "\xff"}, sample); len(got) != 3 {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := link.Detect(nil, [][]string{{"x"}}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("name", "Ada Poe", "1.2.1990")
	f.Add("dob", "2nd May 1990", "-")
	f.Add("tel", "+49 (30) 12-34 x5", "a@b.c")
	f.Fuzz(func(t *testing.T, name, a, b string) {
		for _, field := range link.Detect([]string{name, b}, [][]string{{a, b}, {b, a}, {a, a}}) {
			if field.Kind == "" || field.Why == "" {
				t.Fatalf("%+v", field)
			}
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	columns := strings.Fields("counter given family date mail phone postcode place street number gender member")
	sample := people(5000, 1, columns...)
	for b.Loop() {
		link.Detect(columns, sample)
	}
}

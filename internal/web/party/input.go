package party

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// maxRecordForm is more than any record form sends, in bytes.
const maxRecordForm = 64 << 10

// autofill are the HTML autofill tokens by which a browser fills in what its owner
// typed elsewhere (WCAG 1.3.5).
var autofill = map[string]string{
	"identity.title": "honorific-prefix", "identity.given_name": "given-name", "identity.family_name": "family-name",
	"identity.birth_date": "bday", "contact.email": "email", "contact.language": "language", "phone.number": "tel",
	"address.street": "street-address", "address.postcode": "postal-code", "address.city": "address-level2",
	"address.country": "country", "organisation.name": "organization", "organisation.website": "url",
}

// fieldControl makes the control for one field. Its name is "set.field", as the
// domain names faults. own says that the reader fills in data about themselves.
func fieldControl(p lang.Printer, set string, f party.FieldSchema, value string, own bool) ui.Control {
	c := ui.Control{Name: set + "." + f.Name, Label: p.T(f.Label), Value: value, Optional: true, Autocomplete: "off"}
	if own {
		c.Autocomplete = autofill[c.Name]
	}
	switch f.Type {
	case party.Date:
		c.Kind = ui.ControlDate
	case party.Email:
		c.Kind = ui.ControlEmail
	case party.Phone:
		c.Kind = ui.ControlTel
	case party.LongText:
		c.Kind = ui.ControlTextarea
	case party.URL:
		c.Kind, c.InputMode, c.Hint = ui.ControlText, "url", p.T("A full web address, such as https://example.org")
	case party.Country:
		c.Kind, c.Options = ui.ControlSelect, countryOptions(p, value)
	case party.Language:
		c.Kind, c.Options = ui.ControlSelect, languageOptions(p, value)
	case party.Text, party.Number:
	}
	return c
}

// countries are the officially assigned codes of ISO 3166-1 alpha-2.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE " +
	"GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP " +
	"KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF " +
	"NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN " +
	"SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"

// languages are those offered in a list; a record may hold others.
const languages = "ar bg ca cs da de el en es et eu fa fi fr gl he hi hr hu it ja ko lt lv nl no pl pt ro ru sk sl sq sr sv tr uk ur zh"

func countryOptions(p lang.Printer, value string) []ui.Option {
	names := display.Regions(language.Make(p.Lang))
	return options(strings.Fields(countries), value, func(code string) string {
		region, err := language.ParseRegion(code)
		if err != nil {
			return code
		}
		return names.Name(region)
	})
}

func languageOptions(p lang.Printer, value string) []ui.Option {
	names := display.Languages(language.Make(p.Lang))
	return options(strings.Fields(languages), value, func(code string) string {
		tag, err := language.Parse(code)
		if err != nil {
			return code
		}
		return ui.UpperFirst(names.Name(tag))
	})
}

// options sorts codes by their names, after an empty first line, and keeps a value
// that is none of them.
func options(codes []string, value string, name func(string) string) []ui.Option {
	if value != "" && !slices.Contains(codes, value) {
		codes = append(codes, value)
	}
	out := make([]ui.Option, 0, len(codes)+1)
	for _, c := range codes {
		text := name(c)
		if text == "" {
			text = c
		}
		out = append(out, ui.Option{Value: c, Text: text})
	}
	slices.SortFunc(out, func(a, b ui.Option) int { return strings.Compare(plain(a.Text), plain(b.Text)) })
	return slices.Insert(out, 0, ui.Option{})
}

// plain sorts Åland and Österreich where their readers look for them.
func plain(s string) string { return party.Normalise(s) }

// readSet takes the fields of a data set out of a form; those that were not offered
// are left out.
func readSet(f *edge.Form, set party.SetSchema, into party.Values) {
	for _, fs := range set.Fields {
		name := set.Name + "." + fs.Name
		if f.TypedAll(name) != nil {
			into.Put(set.Name, fs.Name, f.Text(name, 5000))
		}
	}
}

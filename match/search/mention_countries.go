package search

import (
	"slices"
	"strings"
)

// countryNames are how countries are called in addresses, folded: in English, by
// themselves, and in the languages in which addresses are often written.
const countryNames = `
AD andorra
AE united arab emirates|uae|emirates
AF afghanistan
AG antigua and barbuda
AL albania
AM armenia
AO angola
AR argentina|argentine
AT austria|osterreich|oesterreich
AU australia
AZ azerbaijan
BA bosnia and herzegovina|bosnia
BB barbados
BD bangladesh
BE belgium|belgique|belgie|belgien
BF burkina faso
BG bulgaria
BH bahrain
BI burundi
BJ benin
BN brunei|brunei darussalam
BO bolivia
BR brazil|brasil|bresil
BS bahamas
BT bhutan
BW botswana
BY belarus
BZ belize
CA canada
CD democratic republic of the congo|dr congo|congo
CF central african republic
CG congo|republic of congo|republic of the congo
CH switzerland|schweiz|suisse|svizzera|suiza
CI cote divoire|ivory coast
CL chile
CM cameroon|cameroun
CN 中国|china|pr china|peoples republic of china|p r china|prc|chine|cn
CO colombia
CR costa rica
CU cuba
CV cabo verde|cape verde
CY cyprus
CZ czech republic|czechia|ceska republika|cesko
DE germany|deutschland|allemagne|alemania|fed rep ger|federal republic of germany
DJ djibouti
DK denmark|danmark
DO dominican republic
DZ algeria|algerie
EC ecuador
EE estonia|eesti
EG egypt
ER eritrea
ES spain|espana|espagne|spanien
ET ethiopia
FI finland|suomi
FJ fiji
FR france|frankreich|francia
GA gabon
GB united kingdom|uk|u k|great britain|england|scotland|wales|northern ireland|gb
GE georgia|republic of georgia
GH ghana
GL greenland
GM gambia|the gambia
GN guinea
GR greece|hellas
GT guatemala
GY guyana
HK hong kong|hong kong sar|hongkong
HN honduras
HR croatia|hrvatska
HT haiti
HU hungary|magyarorszag
ID indonesia
IE ireland|republic of ireland|eire
IL israel
IN india
IQ iraq
IR iran|islamic republic of iran|ir iran|i r iran
IS iceland|island
IT italy|italia|italie|italien
JM jamaica
JO jordan
JP 日本|japan|japon|nippon
KE kenya
KG kyrgyzstan|kyrgyz republic
KH cambodia
KR 대한민국|한국|south korea|korea|republic of korea|rep of korea|s korea
KP north korea|dpr korea|democratic peoples republic of korea
KW kuwait
KZ kazakhstan
LA laos|lao pdr
LB lebanon|liban
LI liechtenstein
LK sri lanka
LR liberia
LS lesotho
LT lithuania|lietuva
LU luxembourg|luxemburg
LV latvia|latvija
LY libya
MA morocco|maroc
MC monaco
MD moldova|republic of moldova
ME montenegro
MG madagascar
MK macedonia|north macedonia
ML mali
MM myanmar|burma
MN mongolia
MO macau|macao|macau sar|macao sar
MR mauritania
MT malta
MU mauritius
MV maldives
MW malawi
MX mexico|mexique
MY malaysia
MZ mozambique|mocambique
NA namibia
NC new caledonia
NE niger
NG nigeria
NI nicaragua
NL netherlands|the netherlands|holland|nederland|pays bas|niederlande
NO norway|norge
NP nepal
NZ new zealand|aotearoa
OM oman|sultanate of oman
PA panama
PE peru
PG papua new guinea
PH philippines|the philippines
PK pakistan
PL poland|polska|pologne|polen
PR puerto rico
PS palestine|state of palestine|palestinian territories
PT portugal
PY paraguay
QA qatar
RE reunion|la reunion
RO romania|roumanie
RS serbia|srbija
RU россия|russia|russian federation|rossiya
RW rwanda
SA saudi arabia|kingdom of saudi arabia|ksa
SD sudan
SE sweden|sverige
SG singapore
SI slovenia|slovenija
SK slovakia|slovak republic|slovensko
SL sierra leone
SN senegal
SO somalia
SS south sudan
SV el salvador
SY syria|syrian arab republic
SZ eswatini|swaziland
TD chad
TG togo
TH thailand
TJ tajikistan
TM turkmenistan
TN tunisia|tunisie
TR turkey|turkiye
TT trinidad and tobago
TW 台湾|台灣|taiwan|taiwan roc|republic of china|roc|r o c
TZ tanzania
UA украіна|ukraine
UG uganda
US usa|united states|united states of america|us|u s a|u s|estados unidos|etats unis
UY uruguay
UZ uzbekistan
VA vatican|vatican city
VE venezuela
VN vietnam|viet nam
XK kosovo
YE yemen
ZA south africa|republic of south africa|rsa
ZM zambia
ZW zimbabwe
`

// regionNames are regions that stand in addresses where the country is taken for granted.
const regionNames = `
US alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin|wyoming|washington dc|district of columbia
CA ontario|quebec|british columbia|alberta|manitoba|saskatchewan|nova scotia|new brunswick|newfoundland
AU new south wales|nsw|victoria|queensland|south australia|western australia|tasmania
`

// regionCodes are their abbreviations. They count in capitals at the end of an address
// line, or before a postcode.
const regionCodes = `
US AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC
CA ON QC BC AB MB SK NS NB NL
AU NSW VIC QLD WA SA TAS ACT
BR SP RJ MG RS SC PR DF CE
`

// country is a code as countryCode packs it.
type country = uint16

// countrySet is a few countries.
type countrySet struct {
	codes [8]country
	n     int
}

func (s *countrySet) add(codes []country) {
	for _, c := range codes {
		if !s.has(c) && s.n < len(s.codes) {
			s.codes[s.n] = c
			s.n++
		}
	}
}

func (s *countrySet) has(c country) bool { return slices.Contains(s.codes[:s.n], c) }

// partOf says which places with a code of their own are often written as another
// country.
var partOf = map[country]country{}

var (
	countriesCalled = map[string][]country{} // by a name of a country or region
	countriesCoded  = map[string][]country{} // by the abbreviation of a region
	ownNames        = map[string]country{}   // of countries only
)

func init() {
	for line := range strings.Lines(countryNames + regionNames) {
		if len(line) < 4 {
			continue
		}
		c := country(countryCode(line[:2]))
		for name := range strings.SplitSeq(strings.TrimSpace(line[3:]), "|") {
			countriesCalled[name] = append(countriesCalled[name], c)
		}
	}
	for line := range strings.Lines(countryNames) {
		if len(line) > 3 {
			for name := range strings.SplitSeq(strings.TrimSpace(line[3:]), "|") {
				ownNames[name] = country(countryCode(line[:2]))
			}
		}
	}
	for line := range strings.Lines(regionCodes) {
		f := strings.Fields(line)
		for _, code := range f[min(1, len(f)):] {
			code = strings.ToLower(code)
			countriesCoded[code] = append(countriesCoded[code], country(countryCode(f[0])))
		}
	}
	for _, p := range []string{"HKCN", "MOCN", "PRUS", "GUUS", "REFR", "GPFR", "MQFR", "GFFR", "NCFR", "PFFR", "GLDK", "FODK"} {
		partOf[country(countryCode(p[:2]))] = country(countryCode(p[2:]))
	}
}

// findCountries finds what the text says about countries, and marks the words that do.
func (t *mentionText) findCountries() {
	var room [64]byte
	for i := 0; i < len(t.words); i++ {
		phrase, best := room[:0], 0
		for n := 1; n <= countryPhraseWords && i+n <= len(t.words); n++ {
			if n > 1 {
				if t.starts(i + n - 1) {
					break
				}
				phrase = append(phrase, ' ')
			}
			phrase = append(phrase, t.words[i+n-1].fold...)
			if codes := countriesCalled[string(phrase)]; codes != nil && t.saysCountry(i, n) {
				t.countries.add(codes)
				best = n
			}
		}
		if best == 0 && t.isRegionCode(i) {
			t.countries.add(countriesCoded[string(t.words[i].fold)])
			best = 1
		}
		address := t.starts(i) || i > 0 && digit(t.words[i-1].fold)
		for k := range best {
			t.words[i+k].country, t.words[i+k].address = true, address
		}
		i += max(best-1, 0)
	}
}

// saysCountry says whether a country's name of n words at i is there to say it: it ends
// a part of the address, and is not only the end of another name.
func (t *mentionText) saysCountry(i, n int) bool {
	if !t.starts(i + n) {
		return false
	}
	if t.starts(i) {
		return n > 1 || len(t.words[i].fold) > 2 || t.words[i].capitals
	}
	before := string(t.words[i-1].fold)
	return len(t.words[i].fold) > 2 && before != "of" && before != "new"
}

// isRegionCode says whether word i abbreviates a region: MA 02139.
func (t *mentionText) isRegionCode(i int) bool {
	w := &t.words[i]
	return w.capitals && len(w.fold) <= 3 && countriesCoded[string(w.fold)] != nil && t.starts(i) &&
		(t.starts(i+1) || digit(t.words[i+1].fold))
}

func digit(word []byte) bool { return word[0] >= '0' && word[0] <= '9' }

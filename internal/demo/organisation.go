package demo

import (
	"slices"
	"strconv"
	"strings"
)

// orgKinds name what the lines of an orgNames list are, in order.
var orgKinds = []string{
	"sports club", "music school", "charity", "museum", "library", "community centre", "theatre", "choir",
}

// orgNames are the names of organisations in one language: a full and a short
// form for each of orgKinds, in which {x} is one of the invented words and
// {year} a year of foundation.
type orgNames struct {
	language string
	forms    string // "Full form|Short form", one for each kind
	words    string
}

var orgTables = []orgNames{
	{
		"en", `{x} Athletic Club {year}|{x} AC, {x} School of Music|{x} Music, The {x} Trust|{x} Trust, {x} Museum|The {x},
		{x} Public Library|{x} Library, {x} Community Centre|{x} Centre, {x} Playhouse|The {x}, {x} & District Singers|{x} Singers`,
		`Marlowick, Thornmere, Silverbeck, Oakhaven, Wrenfield, Larkstone, Foxhollow, Brackenby, Kestrelmoor, Ashwater, Hollowell, Pennyroyal, Quillcote, Saltmarrow`,
	},
	{
		"de", `Turnverein {x} {year}|TV {x}, Musikschule {x}|MS {x}, Förderkreis {x}|FK {x}, Museum Haus {x}|Haus {x},
		Stadtteilbücherei {x}|Bücherei {x}, Bürgerhaus {x}|BH {x}, Theater am {x}|TA {x}, Gesangverein Eintracht {x}|GV {x}`,
		`Silberlinde, Nordwind, Eulenbrück, Rabenau-Süd, Mühlgrund, Kranichfels, Sonnenrain, Weidenhöfle, Bärenquell, Morgenröte, Fliederstein, Hirschbühl`,
	},
	{
		"fr", `Union sportive {x}|US {x}, École de musique {x}|EM {x}, Les Amis de {x}|Amis {x}, Musée de {x}|Musée {x},
		Médiathèque {x}|Média {x}, Maison de quartier {x}|MQ {x}, Théâtre de {x}|Th. {x}, Chœur {x}|Ch. {x}`,
		`Valbruyère, Montferrin, Clairépine, Rochebelette, Sablenuit, Beauvallonet, Grand-Tilleul, Étangbleu, Hautecombière`,
	},
	{
		"it", `Polisportiva {x}|Pol. {x}, Scuola di musica {x}|SM {x}, Amici di {x}|Amici {x}, Museo di {x}|Museo {x},
		Biblioteca {x}|Bibl. {x}, Centro civico {x}|CC {x}, Teatro {x}|T. {x}, Corale {x}|Cor. {x}`,
		`Montesereno, Valdirose, Acquachiara, Pietraluna, Borgo Ginestra, Colle Civetta, Fontegrigia, Roccanoce`,
	},
	{
		"es", `Club Deportivo {x}|CD {x}, Escuela de Música {x}|EM {x}, Fundación {x}|F. {x}, Museo de {x}|Museo {x},
		Biblioteca {x}|Bib. {x}, Centro Cívico {x}|CC {x}, Teatro {x}|T. {x}, Coral {x}|C. {x}`,
		`Valdelirio, Fuentemirlo, Almendral Alto, Peñagrulla, Riolunas, Montejazmín, Aguasonora, Campoluz, Villacigüeña, Olmosverdes`,
	},
	{
		"nl", `Sportvereniging {x}|SV {x}, Muziekschool {x}|MS {x}, Vrienden van {x}|Vr. {x}, Museum {x}|Mus. {x},
		Bibliotheek {x}|Bieb {x}, Buurthuis {x}|BH {x}, Schouwburg {x}|SB {x}, Zangkoor {x}|Koor {x}`,
		`Reigersdam, Wilgenmeer, Zilverduin, Kievitsoord, Molenhaag, Otterbroek`,
	},
	{
		"sv", `{x} Idrottsförening|{x} IF, {x} Musikskola|{x} MS, Föreningen {x}|Fören. {x}, {x} Museum|Mus. {x},
		{x} Bibliotek|Bibl. {x}, {x} Folkets Hus|{x} FH, {x} Teater|Teater {x}, {x} Kammarkör|{x} KK`,
		`Björkåsen, Tranviken, Ljungmåla, Älvhamra, Stenrosby, Rävåker`,
	},
	{
		"pl", `Klub Sportowy {x}|KS {x}, Szkoła Muzyczna {x}|SM {x}, Fundacja {x}|F. {x}, Muzeum {x}|Muz. {x},
		Biblioteka {x}|Bibl. {x}, Dom Kultury {x}|DK {x}, Teatr {x}|T. {x}, Chór {x}|Ch. {x}`,
		`Srebrna Lipa, Żurawinka, Białobrzeg, Wilczy Młyn, Sowia Góra, Złotokłos, Modrzewie`,
	},
	{
		"el", `Athlitikos Syllogos {x}|AS {x}, Odeio {x}|Od. {x}, Filoi {x}|F. {x}, Mouseio {x}|Mous. {x},
		Vivliothiki {x}|Vivl. {x}, Steki {x}|St. {x}, Theatro {x}|Th. {x}, Chorodia {x}|Ch. {x}`,
		`Asimenia Elia, Thalassopetra, Galazio Fos, Anemomylos Vorras, Pelargos`,
	},
	{
		"tr", `{x} Spor Kulübü|{x} SK, {x} Müzik Okulu|{x} MO, {x} Yardımlaşma Derneği|{x} YD, {x} Müzesi|Müze {x},
		{x} Kütüphanesi|Ktp. {x}, {x} Kültür Merkezi|{x} KM, {x} Tiyatrosu|{x} Tiy., {x} Korosu|Koro {x}`,
		`Gümüşçınar, Leylekpınar, Mavitepe, Yıldızkaya, Kuzeyrüzgârı, Ihlamurdere`,
	},
	{
		"vi", `Câu lạc bộ Thể thao {x}|CLB {x}, Trường Âm nhạc {x}|ÂN {x}, Quỹ {x}|Q. {x}, Bảo tàng {x}|BT {x},
		Thư viện {x}|TV {x}, Nhà Văn hóa {x}|NVH {x}, Nhà hát {x}|NH {x}, Hợp xướng {x}|HX {x}`,
		`Sen Bạc, Gió Bắc, Đồi Trăng, Suối Ngọc, Cò Trắng`,
	},
	{
		"ja", `{x} Sports Club|{x} SC, {x} Ongaku Kyoshitsu|{x} OK, {x} no Kai|{x} Kai, {x} Hakubutsukan|{x} Haku,
		{x} Toshokan|{x} Tosho, {x} Kominkan|{x} Komin, {x} Gekijo|{x} Geki, {x} Gasshodan|{x} Gassho`,
		`Ginnoki, Tsurumidai, Aoshigure, Hoshimachi, Yukiyanagi, Kazenooka`,
	},
}

func makeOrganisations(seed uint64, want int) []Organisation {
	c := &census{dice: newDice(seed, stageOrganisations), mailboxes: map[string]bool{}, phones: map[string]bool{}}
	out := make([]Organisation, 0, max(want, 0))
	taken := map[string]bool{}
	for i := range want {
		o := c.organisation(taken)
		o.Index = i
		out = append(out, o)
	}
	return out
}

// organisation invents one whose name nobody has yet: with its city added if
// the invented words of the language run out, then with a number.
func (c *census) organisation(taken map[string]bool) Organisation {
	home := c.locale()
	table := orgTables[max(slices.IndexFunc(orgTables, func(t orgNames) bool { return t.language == home.language }), 0)]
	o := Organisation{Language: home.language, Address: c.address(home), Phone: c.phone(home), LegalForm: pick(c.dice, home.legal)}
	kind := c.IntN(len(orgKinds))
	fill := strings.NewReplacer("{x}", pick(c.dice, list(table.words)), "{year}", strconv.Itoa(1861+c.IntN(140)))
	full, short, _ := strings.Cut(list(table.forms)[kind], "|")
	o.Kind, o.Name = orgKinds[kind], fill.Replace(full)
	if taken[o.Name] {
		o.Name += " " + o.Address.City
	}
	for n, name := 2, o.Name; taken[o.Name]; n++ {
		o.Name = name + " " + strconv.Itoa(n)
	}
	taken[o.Name] = true
	host := slug(o.Name, o.Language) + ".example"
	o.Website, o.Email = "https://"+host, "info@"+host
	o.Spellings = c.spellings(o, fill.Replace(short))
	return o
}

// spellings lists how others write the name; one organisation in three is
// written in one way only.
func (c *census) spellings(o Organisation, short string) []string {
	out := []string{o.Name}
	if c.percent(33) {
		return out
	}
	others := []string{
		short, o.Name + " " + o.LegalForm, o.Name + " (" + o.Address.City + ")", fold(o.Name), strings.ToUpper(o.Name),
		strings.ReplaceAll(o.Name, " & ", " and "), slip(c.dice, o.Name),
	}
	c.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for _, s := range others[:2+c.IntN(3)] {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

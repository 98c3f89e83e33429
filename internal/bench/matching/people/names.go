package people

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"
)

// culture is how people of one part of the world are named.
type culture struct {
	share          float64 // of all households
	female, male   string
	first, second  string // parts of family names; every first goes with every second
	family         string // family names as they are
	joined         float64
	doubleBarrel   float64 // share with two family names
	femaleEnding   string  // replaces the last letter of a man's family name, where it is a consonant or i
	middle         float64 // share with a second given name
	emailFirstRune bool    // addresses often begin with the initial
}

// The lists are short; what makes names as unequal as they are is how often each is
// drawn (zipf) and that family names are put together of parts.
var cultures = []culture{
	{
		share: 0.46, middle: 0.18, doubleBarrel: 0.03, joined: 0.62, emailFirstRune: true,
		female: `olivia amelia isla ava mia grace emily sophie jessica charlotte emma lucy hannah rebecca sarah laura katherine
			elizabeth margaret susan deborah patricia christine jennifer victoria alexandra samantha nicole rachel helen joanne
			theresa angela donna karen barbara dorothy florence evelyn harriet beatrice eleanor abigail megan bethany chloe
			zoe natalie danielle stephanie caroline frances geraldine philippa rosemary imogen penelope heather tabitha winifred`,
		male: `oliver george harry noah jack leo arthur oscar charlie william thomas james john robert michael david richard
			joseph daniel matthew anthony mark paul steven andrew kenneth edward brian ronald timothy jeffrey gary nicholas
			jonathan stephen christopher peter benjamin samuel gregory patrick alexander frederick lawrence raymond dennis
			gerald douglas henry walter harold albert ernest stanley leonard clifford neil graham stuart malcolm alistair rupert`,
		first: `ash black brad brook burn carl clay cran dal den eas fair farn gold green hals ham hart hather haw hay hazel
			hol horn hunt kings kirk lang lin lock mar mel mid moor morn nether new nor oak over pem pres rad raven red
			ross row rut sand sel shel sher short sil south spen stan stam stock summer sutt swan thorn tun under
			wake wal war wat web wel west whit wick wil win wood worth wyn`,
		second: `ford ton ley field worth wood well brook burn by den dale gate ham head hill holme house hurst land lock man
			mere more port ridge sey shaw side stead stone ter thorpe wick win wright`,
		family: `smith jones taylor brown williams wilson johnson davies robinson wright thompson evans walker white roberts
			green hall clarke jackson harris cooper king lee martin morris turner hill ward moore clark baker harrison
			morgan young allen mitchell james anderson phillips bell parker davis bennett miller cook shaw cox richards
			marshall collins foster simpson murray graham stewart macdonald campbell reid ross hamilton obrien oconnor
			murphy kelly walsh byrne ryan doyle mccarthy mclaughlin gallagher kavanagh fitzgerald`,
	},
	{
		share: 0.14, doubleBarrel: 0.7, joined: 0.25,
		female: `maria carmen ana isabel laura cristina marta sara paula lucia elena pilar rosa dolores mercedes teresa
			angeles raquel silvia beatriz alicia rocio julia irene patricia nuria ines alba noelia yolanda gabriela valentina
			camila mariana daniela ximena guadalupe josefina consuelo`,
		male: `antonio jose manuel francisco juan david javier daniel carlos jesus alejandro miguel rafael pedro pablo
			angel sergio fernando jorge luis alberto alvaro diego adrian raul ivan enrique ramon vicente joaquin andres
			santiago eduardo mateo emilio gonzalo hector ruben ignacio salvador`,
		first: `agui alca alda alma ara arre ben ber bar cal cama can car casta cer cor domi esco este fer flo fuen gal
			gamb gar her hino igle jara lar lede lla mal mari mede mon mora mu nava oli ort pala pera que ram riba rio sala
			sana san sera soto tor ura val vega villa ybar zamo zara`,
		second: `da dero do guer la lez llo lar mo mez nero nar no no ra res rez ro rra rral s sco ta to valle vera yo za zar`,
		family: `garcia rodriguez gonzalez fernandez lopez martinez sanchez perez gomez martin jimenez ruiz hernandez diaz
			moreno alvarez romero alonso gutierrez navarro torres dominguez vazquez ramos gil ramirez serrano blanco molina
			morales suarez ortega delgado castro ortiz rubio marin sanz iglesias medina garrido cortes castillo`,
	},
	{
		share: 0.13, joined: 0.55, doubleBarrel: 0.05,
		female: `anna marie sophie lena lea laura julia katharina sabine petra monika ursula ingrid helga renate gisela
			claudia birgit andrea susanne heike anja nicole stefanie melanie johanna charlotte greta frieda mathilde lieselotte
			hannelore annegret wilhelmine`,
		male: `peter michael thomas andreas wolfgang klaus jürgen günter stefan christian uwe werner hans dieter manfred
			frank bernd ralf holger matthias sebastian florian tobias lukas jonas felix maximilian moritz friedrich karl
			heinrich gerhard ulrich jörg`,
		first: `acker alt berg birk blum brand brei buch busch dorn eber eich eisen engel erl falk feld fisch frank fried
			gold gross grün haber hart hein held herz hoch holz hof jung kalten kirch klein köst kraut küh land lang leh
			licht linden löw mai mann meier mittel mühl neu nieder ober oster pfei rei rich rosen roth sand schä schön
			schu schwarz sieg som stein stern strauss tal vogel wag wald weber wein weiss wil winter wolf zimmer`,
		second: `auer bach baum baumer beck berg berger brecht brand burg dorf er feld felder haus hauser heim heimer hof
			hofer hold holz horst ke kamp lein ler mann mayer meier müller ner ner rath schmidt stedt stein steiner stock tal thal`,
		family: `müller schmidt schneider fischer weber meyer wagner becker schulz hoffmann schäfer koch bauer richter klein
			wolf schröder neumann schwarz zimmermann braun krüger hofmann hartmann lange schmitt werner krause meier lehmann`,
	},
	{
		share: 0.11, joined: 0.7, femaleEnding: "a",
		female: `anna maria katarzyna małgorzata agnieszka barbara ewa krystyna elżbieta zofia jana eva hana lenka kateřina
			lucie olga natalia tatiana svetlana irina ludmila jelena ivana marija milena oksana yulia`,
		male: `piotr krzysztof andrzej tomasz jan paweł marcin michał jakub adam jiří pavel martin petr miroslav tomáš
			alexander sergei dmitri vladimir ivan nikolai mikhail igor oleg marko luka stefan bogdan yaroslav`,
		first: `adam andr anton bar bed bel bog bor bud cer char chmel czar dab dan dobr dom drag dvor fed fil gaj gor grab
			gran hol hor hrad iv jan jas jur kac kal kar klim kol kop kor kos kov kow koz krav krol kub kuc kuz las leb les
			lew lis luk mal mar mat mazur mil mor mos nov now ol pav paw pet piet pol pop pros rad rog rom rud rut sav
			sob sok sow stan step sud svob tich tom turn urb vas ves vin vlas voj wal wis woj zah zaj zal zel zim`,
		second: `ak akov an anek ansky ar czyk ec ecki ek enko ev evic ewski icki ik in inski ko kov kowski osz ov ovic owicz
			owski sky uk ycki yn`,
	},
	{
		share: 0.08, joined: 0.6,
		female: `priya anjali sunita pooja neha kavita deepa lakshmi meera aisha fatima zainab shreya divya radha sita gita
			nisha rekha shalini ananya ishita padma usha`,
		male: `rahul amit sanjay vijay raj anil suresh ramesh arjun vikram rohan karthik mohammed imran ali hassan ravi
			sunil manoj dinesh prakash ganesh krishna naveen`,
		first: `agar acha ban bhar bhat chak chat chau das desh dhar gang ghosh gup jag jai kam kap khan kri kul lal mah
			mal man meh mis mukh nag nar nath pan pat pra pur raj ram rao sax sen shar shek shri sing sin som sri sub sund
			tal tiw tri upa var ven vish`,
		second: `al ani ar arya bhai charya dev dhury eja endra esh gar hra il ji ka kar kumar la maran mal mani moorthy na
			nath pathi prasad raman rai shan swamy ta thi vedi wal wala war`,
		family: `kumar singh sharma patel khan gupta reddy rao nair iyer das shah joshi verma mehta ahmed hussain begum`,
	},
	{
		share: 0.08,
		female: `mei li xiu ying fang min jing yan hua lan na xia hong yun qing thi linh huong lan mai anh thu yuki sakura
			haruka keiko ji-woo soo-min min-ji`,
		male: `wei jun ming lei qiang tao hao jie bin peng gang feng chao van minh duc tuan hung nam hiroshi takeshi kenji
			daiki min-jun ji-hoon sung-ho`,
		family: `wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo nguyen tran le pham hoang
			phan vu dang bui do ngo duong kim lee park choi jung kang cho yoon jang sato suzuki takahashi tanaka watanabe ito
			yamamoto nakamura kobayashi kato yoshida yamada sasaki matsumoto inoue kimura hayashi shimizu`,
	},
}

// common holds a culture's names in the order of how often they are drawn.
type common struct {
	given  [2][]string // female, male
	family []string
}

var lists = sync.OnceValue(func() []common {
	all := make([]common, len(cultures))
	for i, c := range cultures {
		r := rand.New(rand.NewPCG(uint64(i), 7)) // the order of parts must not be the order of names
		all[i].given = [2][]string{strings.Fields(c.female), strings.Fields(c.male)}
		var put []string
		for _, a := range strings.Fields(c.first) {
			for _, b := range strings.Fields(c.second) {
				put = append(put, a+b)
			}
		}
		r.Shuffle(len(put), func(x, y int) { put[x], put[y] = put[y], put[x] })
		all[i].family = append(strings.Fields(c.family), put...)
	}
	return all
})

// zipf draws an index below n so that the k-th is drawn about as often as 1/(k+q):
// names, cities and providers are spread like that. A larger q flattens the top.
func zipf(r *rand.Rand, n int, q float64) int {
	k := q*math.Exp(r.Float64()*math.Log((float64(n)+q)/q)) - q
	return min(int(k), n-1)
}

// nicknames are what people with these names are called, and write.
var nicknames = map[string][]string{
	"elizabeth": {"liz", "beth", "betty", "lizzie"}, "margaret": {"maggie", "peggy", "meg"}, "katherine": {"kate", "kathy", "katie"},
	"susan": {"sue", "susie"}, "deborah": {"debbie", "deb"}, "patricia": {"pat", "trish", "patty"}, "christine": {"chris", "tina"},
	"jennifer": {"jen", "jenny"}, "victoria": {"vicky", "tori"}, "alexandra": {"alex", "sandra"}, "samantha": {"sam"},
	"rebecca": {"becky", "becca"}, "theresa": {"terry", "tess"}, "barbara": {"barb"}, "dorothy": {"dot", "dolly"},
	"eleanor": {"ellie", "nell"}, "abigail": {"abby"}, "stephanie": {"steph"}, "frances": {"fran"}, "philippa": {"pippa"},
	"penelope": {"penny"}, "william": {"bill", "will", "billy"}, "thomas": {"tom", "tommy"}, "james": {"jim", "jimmy", "jamie"},
	"robert": {"bob", "rob", "bobby"}, "michael": {"mike", "mick"}, "david": {"dave"}, "richard": {"rick", "dick", "richie"},
	"joseph": {"joe"}, "daniel": {"dan", "danny"}, "matthew": {"matt"}, "anthony": {"tony"}, "steven": {"steve"},
	"andrew": {"andy", "drew"}, "kenneth": {"ken"}, "edward": {"ed", "ted", "eddie"}, "ronald": {"ron"}, "timothy": {"tim"},
	"jeffrey": {"jeff"}, "nicholas": {"nick"}, "jonathan": {"jon"}, "stephen": {"steve"}, "christopher": {"chris", "kit"},
	"benjamin": {"ben"}, "samuel": {"sam"}, "gregory": {"greg"}, "patrick": {"pat", "paddy"}, "alexander": {"alex", "sandy"},
	"frederick": {"fred"}, "lawrence": {"larry"}, "raymond": {"ray"}, "gerald": {"gerry"}, "douglas": {"doug"},
	"henry": {"harry", "hank"}, "walter": {"walt"}, "albert": {"al", "bert"}, "leonard": {"len", "lenny"}, "francisco": {"paco"},
	"jose": {"pepe"}, "maria": {"mari"}, "dolores": {"lola"}, "mercedes": {"merche"}, "jesus": {"chus"}, "katharina": {"kathi"},
	"johanna": {"hanna"}, "maximilian": {"max"}, "sebastian": {"basti"}, "małgorzata": {"gosia"}, "katarzyna": {"kasia"},
	"krzysztof": {"krzys"}, "dmitri": {"dima"}, "mikhail": {"misha"}, "tatiana": {"tanya"}, "natalia": {"natasha"},
}

package search

import (
	"math"
	"strings"
)

// The vocabulary of names of organisations. Words of one line mean the same, the first
// being what the others are abbreviations, inflections or translations of. They say
// little about which organisation is meant, whatever their frequency in an index is, so
// that their weight has a bound for each list.

// institutionWords are what institutions are: nearly every name has one.
//
//nolint:misspell // most of it is not English
const institutionWords = `
university univ uni universitat universite universidad universidade universita universiteit universitet universitetet universiti universitas univerzita univerzitet uniwersytet universitesi universitatea universitatis universities universitaria universitario universitaire universitaires universitarie univerza sveuciliste yliopisto egyetem ulikool universitate unibertsitatea universitats университет університет daigaku daxue
institute institut instituto istituto inst institutet institutes instituut instytut institutul ustav enstitusu instituts institutt institucion институт інститут institutions institution instituttet intezet
hospital hosp hospitals hopital hopitaux hospitalier hospitaliere ospedale ospedali ospedaliera ospedaliero krankenhaus klinikum hastanesi hospitalario ziekenhuis nemocnice sjukhus sykehus szpital sygehus spital klinik clinic clinique clinica klinika poliklinika kliniken clinics klinikka
center centre ctr cntr centro zentrum centrum centers centres centar merkezi centras cent tsentr центр centros senter
department dept dep departement departamento dipartimento departments departement afdeling
technology tech technol technologie technologies tecnologia technologia technological technologique tecnologica tecnologico tecnologias techn tehnologie technik teknologi
technical technische technischen technischer technique tecnica tecnico techniki teknik tekniska tekniske technicka technics politecnico politecnica politechnika polytechnic polytechnique
science sci sciences ciencia ciencias scienze wissenschaft wissenschaften scientific scientifique scientifiques cientifico cientifica cientificas nauk vetenskap naturelles
academy acad academia academie accademia akademie akademia akademiya akad академия akademii
national natl nacional nationale nationales nazionale natnl nat nationaler narodni narodowy nationaal nasional ulusal
`

// kindWords say which kind, who keeps it, and its legal form.
//
//nolint:misspell // most of it is not English
const kindWords = `
research res recherche recherches investigacion investigaciones investigacao pesquisa pesquisas ricerca ricerche forschung forschungs forschungszentrum onderzoek badan badawczy vyzkumny vyzkumu forskning arastirma rsch
college coll colegio collegio colleges
school sch escuela escola ecole scuola schule hochschule schools skola grad
medical med medicine medicina medecine medizin medizinische medizinischen medico medica medicas medizinisches medisch medyczny medycyny tip medicinska
faculty fac faculte facultad faculdade facolta fakultat fakultesi faculties fakulta fakultet
laboratory lab labs laboratories laboratoire laboratoires laboratorio laboratorios laboratorium labor
foundation fdn fondation fundacion fundacao fondazione stiftung fund fondo
international intl int internacional internationale internazionale internationales
saint st ste sankt san santa santo sao sint
society soc sociedad sociedade societe societa gesellschaft
association assoc asociacion associacao associazione
engineering eng engn engg ingenieria engenharia ingegneria ingenierie engineers ingenieurwesen
council cons conseil consejo consiglio conselho
ministry minist ministerio ministere ministero ministerium
federal fed federale
state estado estadual statale staatliche estatal
royal real regia koninklijk kungliga kongelige
central centrale zentral
company co corp corporation inc ltd limited llc gmbh ag plc sa spa srl bv nv oy ab kg pty ltda
government govt gov
administration admin
agency agence agencia agenzia agentur
education educ educacion educacao education educational istruzione
development dev desarrollo desenvolvimento developpement sviluppo entwicklung
health hlth sante salud saude salute gesundheit healthcare
graduate postgraduate
children childrens pediatric paediatric child infantil enfant
`

// subjectWords are what institutions are about, and other words that many share.
//
//nolint:misspell // most of it is not English
const subjectWords = `
physics phys physik fisica physique physical
chemistry chem chemie quimica chimie chimica chemical
biology biol biologia biologie biological
mathematics math maths mathematik matematica matematicas mathematiques mathematical
agriculture agr agric agricultural agricola agraria agrarias agronomy agricultura
environment environmental env environm environ ambiente ambiental umwelt
management mgmt gestion administracion
system systems syst sistemas systemes
studies study estudios studi etudes studien
polytechnical polytech
applied appl aplicada aplicadas appliquees angewandte applicata
east eastern
west western
north northern
south southern
general gen generale
mechanical mech
electrical elect elec
electronic electronics electron
computer comp comput computing informatics informatica informatik informatique computation computational
information info
advanced adv
mining min
materials mat material mater
pharmacy pharm pharmaceutical pharmacie pharmazie farmacia pharmaceutics
veterinary vet veterinaria veterinarian
industrial ind industry industries industria
clinical clin clinico
surgery surg surgical
dental dent dentistry stomatology odontologia
nursing nurs
public publ publique publica
business bus
economics econ economic economia economy economie
social soziale sociales sociais
law droit derecho diritto direito
arts art artes beaux
natural naturelle
cancer oncology oncologia tumor
disease diseases
library bibliothek biblioteca bibliotheque
museum museo musee museu
trust nhs irccs
group grp
office
unit unite
division div
section
branch
campus
program programme programa
key
innovation innovacion
service services serv
security
energy energia energie
water
food
language languages
human humanities
life
data
design
theory theoretical
nuclear
space
marine
ocean oceanic oceanography
earth
geology geological
forest forestry
plant
animal
normal
province provincial
city municipal
district
county
affiliated
first 1st
second 2nd
third 3rd
people peoples
republic
regional region
basic
joint
new
open
higher superior
training
care
community
policy
bureau
commission
committee
board
network
union
federation
organization organisation
consortium
initiative
project
team
station
park
observatory
biomedical
biotechnology
molecular
cell cellular
genetics genetic genomics
immunology
neuroscience neurosciences neurology neurological
pathology
radiology
psychology psychiatry
statistics
civil
traditional
`

// smallWords join other words and count for next to nothing.
const smallWords = `
of the and for in at on to a an by de la le les du des d l el los las del y e i da do dos das di della delle dei degli dell und fur der die im am zu von van voor het en et pour sur au aux o os og ved av w na ve u v z with as c s
`

// Bounds of the weights of the vocabulary's words, in nats. A word that only one name
// has weighs uniqueWeight, whatever the size of the index.
const (
	uniqueWeight    = 12.0
	smallWeight     = 0.1
	conceptInstWord = 1.2
	conceptKindWord = 1.8
	conceptSubject  = 2.5
)

// concept is a line of the vocabulary; 0 is none.
type concept uint8

var (
	concepts     = map[string]concept{}
	conceptBound []float64 // of the weight, by concept
	conceptWord  []string  // the first of the line
	small        = map[string]bool{}
)

func init() {
	conceptBound, conceptWord = []float64{uniqueWeight}, []string{""}
	for _, list := range []struct {
		lines string
		bound float64
	}{{institutionWords, conceptInstWord}, {kindWords, conceptKindWord}, {subjectWords, conceptSubject}} {
		for line := range strings.Lines(list.lines) {
			for i, w := range strings.Fields(line) {
				if i == 0 {
					conceptBound, conceptWord = append(conceptBound, list.bound), append(conceptWord, w)
				}
				concepts[w] = concept(len(conceptBound) - 1)
			}
		}
	}
	for _, w := range strings.Fields(smallWords) {
		small[w] = true
	}
}

// institution says whether a concept is what an institution is.
func (c concept) institution() bool { return c != 0 && conceptBound[c] == conceptInstWord }

// wordKey is the same for words that mean the same: a concept, or the hash of a word
// without the s of its plural.
type wordKey uint64

func keyOf(word []byte) wordKey {
	if c := concepts[string(word)]; c != 0 {
		return wordKey(c)
	}
	if n := len(word); n > 4 && word[n-1] == 's' && word[n-2] != 's' {
		word = word[:n-1]
	}
	return wordKey(hashBytes(word, 0) | 1<<63)
}

// concept returns the concept of a key, 0 when it is that of a single word.
func (k wordKey) concept() concept {
	if k>>63 != 0 {
		return 0
	}
	return concept(k)
}

// weigh returns what a word says about which name is meant, in nats: nothing more than
// its concept's bound, otherwise by how many of the names have it.
func weigh(key wordKey, isSmall bool, df, names float64) float64 {
	if isSmall {
		return smallWeight
	}
	w := uniqueWeight * math.Log1p(names/(df+0.5)) / math.Log1p(names/1.5)
	return min(w, conceptBound[key.concept()])
}

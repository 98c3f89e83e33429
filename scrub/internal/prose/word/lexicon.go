package word

import "strings"

// Class is the part that a word plays around names and addresses.
type Class uint8

// The classes of words.
const (
	None        Class = iota
	Title             // stands before a name: Mr, Frau, señora
	Salute            // begins a letter: Dear, Liebe, Hola
	NameKey           // names a field that holds a name: name, customer, Nachname
	Say               // says what people do with words: said, fragte, dijo
	Intro             // leads to a name: called, named, heiße, llamo
	Kin               // people by their relation: wife, Chef, hijo
	Role              // people by what they do: director, singer, Patient
	Live              // leads to an address: lives, wohnhaft, vive
	Place             // names a field that holds an address: address, Anschrift
	Month             // and
	Weekday           // both are no names
	Org               // words of organisations: Ltd, Bank, Universität
	StreetFirst       // kinds of street that stand first: rue, Via, ul
	StreetLast        // kinds of street that stand last: Street, utca, tér
	StreetWeak        // the same, but words of other use as well: Court, Green, park
	Unit              // parts of a house: Apt, Suite, Etage
	Box               // boxes for letters: PO, PSC, Postfach
	Particle          // small words within names: van, de, bint
	Suffix            // stands after a name: Jr, III
	Near              // prepositions of place
	By                // prepositions of people: by, von, with
	And               // joins two alike
	Pronoun           // I, she, wir
	Be                // is, was, ist
	Have              // has, had, hat
	Do                // what people are often said to do: lives, works, called, shouted
	Corner            // the corner of two streets
	Military          // APO, FPO, DPO and ships
	Compass           // North, Ober, San
	Tech              // words of logs and programs
	Number            // words before numbers that are no houses: chapter, version
	Classes
)

var lexicon = [Classes]string{ //nolint:misspell // words of other languages
	Title: `mr mrs ms miss mister dr prof professor doctor sir madam lady lord herr frau hr fr monsieur madame
		mademoiselle mme mlle m señor señora señorita sr sra srta don doña signor signora signorina sig dott dottssa
		ing avv senhor senhora dom dona pan pani pana panem pán paní fru fröken herra rouva meneer mevrouw dhr mevr
		dipl mag rev reverend fr father pastor sister hon judge justice senator captain capt sgt sergeant lt col gen
		officer detective chief pfarrer schwester king queen prince sheikh mx dra profa úr gospod gospa gospodin g-đa
		господин госпожа г-н г-жа пан пані κύριος κυρία κ السيد السيدة الدكتور د אדון מר גברת גב דר`,
	Salute: `dear hi hello hey hallo liebe lieber sehr geehrte geehrter werte estimado estimada querido querida hola
		cher chère bonjour bonsoir caro cara gentile gentili egregio ciao salve olá oi prezado prezada caro beste geachte
		kære hej hei kjære hyvä drogi droga szanowny szanowna cześć milý milá vážený vážená kedves tisztelt dragi
		thanks thank regards danke merci gracias grazie obrigado bedankt tack sincerely cheers hugs kind yours
		grüße gruß mfg lg saludos cordialement saluti atenciosamente groeten vriendelijke уважаемый уважаемая
		дорогой дорогая привет здравствуйте αγαπητέ αγαπητή عزيزي عزيزتي שלום`,
	NameKey: `name names nombre nombres nom prénom prenom noms nome cognome naam voornaam achternaam imię imie nazwisko
		jméno jmeno příjmení név vezetéknév keresztnév nimi etunimi sukunimi navn fornavn etternavn efternavn namn
		förnamn fornamn efternamn nafn ime prezime priimek vorname nachname familienname apellido apellidos surname
		firstname lastname fullname givenname familyname middlename displayname forename username user customer client
		cliente kunde kundin patient patiente paciente paziente employee author owner contact cardholder recipient
		payee guest member passenger student applicant tenant subscriber signed signature unterschrift attn zhd
		subject requester assignee reporter requestor beneficiary holder titular sender empfänger absender inhaber
		destinataire expéditeur destinatario mittente klient zákazník pacjent nickname alias nick
		имя фамилия отчество фио клиент пациент όνομα επώνυμο الاسم اسم שם 이름 성명 姓名 氏名 名前 名字`,
	Say: `said says say asked asks replied replies wrote writes answered explained explains added adds noted notes
		shouted shouts whispered told tells commented recalled announced claimed admitted insisted argued warned
		sagte sagt fragte meinte antwortete erklärte schrieb dit disait demande demanda répondit explique écrit dijo
		dice preguntó respondió explicó escribió disse chiese rispose spiegato scrisse perguntou respondeu zei
		zegt vroeg antwoordde schreef säger sade frågade sagde siger sanoi powiedział powiedziała mówi řekl řekla
		mondta сказал сказала написал написала спросил ответил είπε קאמר אמר אמרה قال قالت`,
	Intro: `called named heisse heiße heißt llamo llama appelle appelé appelée nommé chiamo chiama chamo chama heet
		heter hedder heiti jmenuji nazywam hívnak зовут λένε met knows ask asking tell told meet introduce introducing
		welcome congratulations remember`,
	Kin: `wife husband son daughter kid child brother sister mother mom mum dad uncle aunt cousin nephew niece
		grandmother grandfather friend colleague boss manager neighbour neighbor girlfriend boyfriend fiancé fiancée
		partner spouse roommate twin sohn tochter bruder mutter vater kollege kollegin freund freundin chef chefin
		nachbar nachbarin ehefrau ehemann onkel tante mari femme fils fille frère soeur mère père ami amie collègue
		voisin esposa esposo marido mujer hijo hija hermano hermana madre padre amigo amiga jefe vecino moglie
		marito figlio figlia fratello sorella mãe pai filho filha irmão irmã vrouw zoon dochter broer vriend moeder
		żona mąż syn córka brat siostra муж жена сын дочь брат сестра`,
	Role: `ceo cto cfo director founder president chairman chair songwriter producer player actor actress singer author
		writer guitarist drummer bassist lawyer attorney accountant nurse teacher engineer developer consultant analyst
		artist composer editor journalist reporter minister secretary coach striker goalkeeper speaker winner victim
		witness driver assistant clerk agent inspector superintendent governor mayor starring featuring directed feat
		written performed hosted sung produced geschäftsführer leiter sachbearbeiter arzt ärztin anwalt directeur
		directrice avocat médecin directora abogado abogada médico enfermera direttore avvocato diretor médica
		advogado directeur arts advocaat dyrektor lekarz`,
	Live: `lives live living lived resides residing resident moved wohnt wohne wohnhaft wohnen habite habitant demeurant
		domicilié domiciliée vive vivo viven residente domiciliado abita abito mora moro residente woont wonende bor
		asuu mieszka zamieszkały bydlí bytem lakik deliver delivered delivery ship shipping mailed located based`,
	Place: `address addresses addr adresse adressen anschrift dirección direccion domicilio indirizzo endereço endereco
		morada adres adress adressa cím lakcím osoite heimilisfang street_address адрес διεύθυνση العنوان כתובת 住所
		주소 地址 billing wohnort residence`,
	Month: `january february march april may june july august september october november december jan feb mar apr jun
		jul aug sep sept oct nov dec januar februar märz mai juni juli oktober dezember janvier février mars avril
		juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto
		septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
		janeiro fevereiro março maio junho julho setembro outubro novembro dezembro`,
	Weekday: `monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun montag dienstag
		mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes
		miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica segunda
		today tomorrow yesterday christmas easter`,
	Org: `inc ltd llc plc gmbh ag kg ohg corp corporation company co group bank university college school institute
		foundation association orchestra club hospital church team party union council agency ministry department
		airlines hotel restaurant systems software solutions technologies technology services service partners holdings
		holding international global industries media network networks consulting insurance financial capital ventures
		labs laboratories energy pharma motors records entertainment sarl sas spa srl sl ltda oy ab aps bv nv kft sro
		zoo verein universität schule krankenhaus stiftung amt ministerium société université école hôpital banque
		universidad escuela banco fundación empresa università scuola banca fondazione azienda universidade escola
		empresa associação league committee commission society museum theatre theater festival magazine times journal
		news press radio band studio studios theaters transit airways federation cup awards api`,
	StreetFirst: `rua via rue calle avenida avda avenue av carrer carretera camino paseo plaza plza praça praca travessa
		largo estrada alameda rodovia viale piazza corso vicolo strada largo piazzale lungomare boulevard bd blvd
		chemin impasse allée allee quai place route cours faubourg passage ul ulica aleja aleje osiedle pl
		plac улица ул проспект пр переулок пер бульвар вулиця вул οδός οδος λεωφόρος λεωφ شارع רחוב calea bulevardul
		strada aleea trg ulice náměstí nám jalan rambla ronda contrada`,
	StreetLast: `street road avenue ave lane drive st rd dr ln blvd boulevard highway hwy parkway pkwy terrace crescent
		cres close mews turnpike freeway expressway straße strasse str gasse weg allee platz damm ufer ring steig
		chaussee straat laan plein gracht kade dreef hof steenweg utca u út útja tér tere körút krt sor köz rakpart
		gata gate gatan gade vej väg vägen vei veien torg plads katu tie kuja polku tänav tee puiestee mnt ulica cesta
		ulice třída nábřeží iela gatvė caddesi sokak sokağı bulvarı ул улица проспект terrasse allé`,
	StreetWeak: `way court ct place pl square sq park green gardens garden hill circle cir row walk view grove rise path
		trail loop pass bend alley point points hills heights meadow meadows ridge crossing run villages village
		valley valleys spring springs station stream streams summit track trafficway tunnel union unions shoals shore
		shores skyway spur squares stravenue throughway trace walks wall well wells mill mills mission mount mountain
		neck orchard oval overpass plains plaza port prairie radial ranch rapid rapids rest ridges river roads cliff
		cliffs club common course courts cove coves creek crest crossroad curve dale dam divide drives
		estate estates extension falls ferry field fields flat flats ford forest forge forges fork forks fort glen
		greens groves harbor harbors haven hollow inlet island islands isle junction junctions key keys knoll knolls
		lake lakes land landing light lights locks lodge manor vista viaduct ville burg burgs bypass bridge brook
		brooks branch bluff bluffs bottom beach bayou end mall lock loaf motorway parks parkways`,
	Unit: `unit apt apartment suite ste floor flat fl room bldg building apto appt appartement piso planta puerta escalera
		esc bloque portal étage etage stock stiege top whg wohnung interno scala piano andar bloco lote esq bus lok
		lokal mieszkanie byt emelet ajtó em leilighet lgh lejlighed th tv кв квартира корпус`,
	Box: `psc pobox postfach apartado casilla postbus postboks postbox boîte bp cp skrytka csp box`,
	Particle: `van von der den del della dello di da dos das do du des de la le los las el al bin ibn ben abu bint ter ten te zu zum
		zur af av vom y e och i d l ap ferch mac`,
	Suffix: `jr sr ii iii iv phd md esq junior senior msc mba bsc jun sen`,
	Near: `in at from to near into towards toward bei nach aus à chez depuis vers en desde hacia a alla da dalla em ao na no
		nella naar uit bij till från til fra w z do ze ve across through around downtown within throughout`,
	By:      `by with per mit par avec por con para com met av af przez for od without against between featuring`,
	And:     `and und et y e ed en och og ja i oraz és & or oder ou o u`,
	Pronoun: `i he she we they you ich er sie wir je tu il elle nous vous yo él ella nosotros io lui lei noi eu ele ela ik hij zij it who`,
	Be:      `is was are were be been ist war sind est était sont es era fue son è sono era é foi são zijn är var er am`,
	Have:    `has had have hat hatte a avait ha tiene tenía aveva tem tinha heeft had`,
	Do: `works worked phoned rang visited joined left married died born went came spent began bought paid ordered
		signed reported confirmed requested cancelled complained wants wanted needs likes loves hates lost won flew
		walked ran sat stood looked smiled laughed nodded turned gave took arbeitet arbeitete rief kam ging kaufte
		bestellte travaille travaillait achète trabaja trabajó llamó compró lavora comprò trabalha ligou comprou`,
	Corner:   `corner ecke esquina angolo coin intersection`,
	Military: `apo fpo dpo usns uss usnv uscgc usnc`,
	Compass: `north south east west northern southern eastern western central upper lower new old great saint st san
		santa são sankt san nord süd ost ober unter bad alt neu sur norte este oeste saint-`,
	Tech: `error info warn warning debug trace fatal panic exception thread server client request response http https
		get post put delete patch head options null nil true false undefined json xml html utf class java python
		main started stopped connection timeout refused failed failure success ok exit code stack queue worker cache
		database sql select insert update where from table index node cluster pod container docker kubernetes linux
		windows macos ubuntu debian android ios chrome firefox safari mozilla webkit gecko edge opera api url uri uuid
		ip tcp udp tls ssl ssh dns id utc gmt kernel systemd cron job batch process loading loaded config
		configuration module package service handler controller manager session token cookie login logout
		authentication authorization permission denied access file directory path object array string integer
		verbindung fehler warnung anfrage abgelehnt dienst gestartet beendet erreur connexion avertissement conexión
		advertencia errore connessione`,
	Number: `chapter version section page figure fig table step phase part volume vol issue no number nr line level
		grade rule article art kapitel seite abschnitt teil artikel zeile página capítulo chapitre pagina capitolo
		windows ubuntu release build core port size model series season episode flight gate track day week month year
		total top about over under than card account order invoice rechnung bestellung konto factura facture fattura
		ticket case item option pin code tel phone fax mobile telefon office desk`,
}

// classes makes the hashes of the lexicon, where the first class that lists a word counts.
func classes() map[uint32]Class {
	all := map[uint32]Class{}
	for c := Title; c < Classes; c++ {
		for w := range strings.FieldsSeq(lexicon[c]) {
			h := Hash(AppendFolded(nil, []byte(w)))
			if all[h] == None {
				all[h] = c
			}
		}
	}
	return all
}

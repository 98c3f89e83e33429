package link

import (
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// hint is what the name of a column says about it: a Kind, or one of these.
type hint = Kind

const (
	noHint     hint = ""
	hintAnswer hint = "answer" // which rows are one: what is to be found out
	hintRow    hint = "row"    // a number of the row, by a name such as id
	hintName   hint = "name"   // of a person or of something else
	hintTime   hint = "time"   // when the row was written
	hintPerson hint = "person" // a number of the person, by a name such as person_id
)

// columnNames are the words for columns in English, German, Spanish and French, folded
// and without spaces, by what they say. Of several in one name the first kind in this
// order decides: the e-mail address of a company is an e-mail address.
var columnNames = []struct {
	says  hint
	words string
}{
	{hintAnswer, "identity entid entityidentifier truthid groundtruthid cluster clusterid clusternumber entityid trueid truth groundtruth gold goldid goldstandard label ismatch match matchid matched " +
		"duplicateof dupof duplicateid isduplicate duplicate truematch truematchid truecluster entitycluster groupid matchgroup dedupeid goldenid goldenrecord"},
	{Email, "email emailaddress mail mailaddress emailadresse mailadresse correo correoelectronico courriel adressemail adresseemail"},
	{Phone, "telefoon cellulare telefone phone phonenumber telephone telephonenumber tel telnr telno mobile mobilenumber mobilephone cell cellphone cellular fax faxnumber handy " +
		"telefon telefonnummer mobil mobilnummer mobiltelefon handynummer telefono movil celular portable numerodetelephone festnetz"},
	{hintTime, "created createdat createdon createddate creationdate updated updatedat updatedon modified modifiedat lastmodified timestamp " +
		"lastlogin lastupdate lastupdated inserted insertedat importedat erstelltam geaendertam angelegtam exportdate"},
	{Date, "datadinascita geboortedatum datadenascimento datanascita dob birth birthdate dateofbirth birthday bday born dateborn birthdt bdate birthyear yearofbirth byear yob date dateofdeath deathdate died death dod " +
		"geburtsdatum gebdatum geboren gebdat geburtstag geburtsjahr sterbedatum datum fecha fechadenacimiento fechanacimiento nacimiento " +
		"naissance datedenaissance datenaissance anniversaire membersince joined joindate joinedon"},
	{Postcode, "postcode postalcode postal zip zipcode zip5 zip4 plz postleitzahl codigopostal cp codepostal pincode eircode cap postnummer"},
	{HouseNumber, "huisnummer numerocivico streetnumber streetno streetnum housenumber houseno housenum housenr hausnummer hausnr hnr strassennummer buildingnumber numerodecasa numerodecalle numerodevoie numerorue"},
	{FullName, "author authors artist artistname nomecompleto nomecognome fullname wholename completename personname displayname namefull lastnamefirstname firstnamelastname namevorname vornamename " +
		"nombrecompleto nomcomplet nomprenom prenomnom nombreyapellidos contactname customername patientname membername"},
	{GivenName, "midlname mname voornaam voornamen primeironome firstname first fname givenname given givennames forename forenames middlename middle christianname nickname knownas preferredname " +
		"vorname vornamen rufname nombre nombres prenom prenoms segundonombre primernombre"},
	{FamilyName, "cognome achternaam sobrenome cognomen secondname surname lastname last lname familyname family maidenname birthname nachname familienname zuname geburtsname " +
		"apellido apellidos primerapellido segundoapellido apellido1 apellido2 nomdefamille nomdenaissance nomdusage"},
	{Place, "citta comune plaats woonplaats cidade localidade luogodinascita city town suburb place location village locality municipality borough district birthplace placeofbirth cityofbirth birthcity deathplace placeofdeath hometown residence " +
		"ort stadt wohnort ortsteil gemeinde geburtsort ciudad poblacion localidad municipio lugar lugardenacimiento ville commune lieu lieudenaissance county region"},
	{Street, "indirizzo straat adres morada endereco rua via street streetname streetaddress address addr addressline address1 address2 homeaddress mailingaddress postaladdress adr road " +
		"strasse str anschrift adresse strassenname calle direccion domicilio rue voie"},
	{Category, "countryofbirth stateofbirth style sesso geslacht gender sex title salutation prefix suffix state province country countrycode nationality citizenship occupation profession job jobtitle type category class kind status race ethnicity " +
		"language maritalstatus level department age cuisine genre brand color colour currency " +
		"geschlecht anrede titel bundesland land staatsangehoerigkeit beruf familienstand sprache abteilung typ kategorie " +
		"sexo genero pais provincia nacionalidad profesion ocupacion estado estadocivil sexe civilite pays departement nationalite metier"},
	{Organisation, "manufacturer brewery publisher vendor supplier merchant organisation organization org company companyname organisationname organizationname employer business businessname firm firma firmenname unternehmen arbeitgeber " +
		"institution university school hospital club verein affiliation empresa entreprise societe employeur venue restaurant hotel"},
	{Source, "source src file filename list listname system sourcesystem dataset database db origin provider sourcefile datasource feed " +
		"quelle datei liste herkunft quellsystem fuente origen fichero archivo fichier sourcename"},
	{hintPerson, "personid personnumber individualid peopleid humanid subjectid personenid personennummer idpersona idpersonne"},
	{Identifier, "socsecid ssn socialsecurity socialsecuritynumber socialsecurityid sin nin nino nhsnumber nhsno taxid taxnumber taxno vat vatid vatnumber passport passportnumber passportno idcard idnumber nationalid " +
		"driverlicense licencenumber licensenumber insurancenumber membershipnumber membernumber memberno memberid customerid customernumber customerno clientid patientid patientnumber mrn studentid employeeid accountnumber accountno iban isbn doi orcid ein upc sku " +
		"username login userid handle steuernummer steuerid ausweisnummer sozialversicherungsnummer versichertennummer versicherungsnummer kundennummer kundennr mitgliedsnummer mitgliedsnr personalnummer matrikelnummer " +
		"dni nie nif cif numerodesocio pasaporte numerodecliente siret siren numerodesecuritesociale nir numerodeclient"},
	{hintRow, "id uid uuid guid key pk rowid row rownumber rownum rowno index idx recid recordid recordnumber recno uniqueid uniquekey unique identifier lfdnr lfdnummer nr no number num externalid ref reference refno objectid seq sequence datensatz zeile numero clave ident identifiant"},
	{Text, "price amount cost rating score lat lon lng latitude longitude preis precio prix betrag description notes note comment comments remarks remark text summary abstract bemerkung bemerkungen notiz kommentar beschreibung observaciones notas descripcion commentaire remarque website url homepage web"},
	{hintName, "name names namen nom nomes called label1 bezeichnung"},
}

// named finds columnNames by their words.
var named = func() map[string]int {
	out := map[string]int{}
	for i, n := range columnNames {
		for _, w := range strings.Fields(n.words) {
			out[w] = i
		}
	}
	return out
}()

// readName says what the name of a column says about it.
func readName(name string) hint {
	words := nameWords(name)
	type span struct{ from, to, at int }
	var found []span
	for from := range words {
		joined := ""
		for to := from; to < len(words) && to < from+5; to++ {
			joined += words[to]
			if at, ok := named[joined]; ok {
				found = append(found, span{from, to, at})
			}
		}
	}
	best, has := len(columnNames), map[hint]bool{}
	for _, s := range found {
		inside := false
		for _, o := range found {
			inside = inside || o != s && o.from <= s.from && o.to >= s.to
		}
		if !inside {
			best = min(best, s.at)
			has[columnNames[s.at].says] = true
		}
	}
	switch {
	case best == len(columnNames):
		return noHint
	case has[GivenName] && has[FamilyName] && !has[hintAnswer]:
		return FullName
	}
	return columnNames[best].says
}

// nameWords cuts a column name into folded words: at spaces and marks, where small
// letters meet capitals, and at digits, which are dropped.
func nameWords(name string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		switch {
		case unicode.IsDigit(r):
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return text.Words(text.Fold(b.String()))
}

// givenNames are common given names of several countries, folded: enough that a column
// of given names shows itself, not enough to recognise each.
var givenNames = wordSet(`aaron abdul abigail adam adrian agnes ahmed aisha alan albert alejandro alex alexander alexandra alfred alice alicia ali amanda amelia amy ana
andre andrea andreas andrew angela angelika ann anna anne annie anthony antoine antonio arthur ava barbara beatrice ben benjamin bernd bernard birgit brandon brian camille carl
carlos carmen caroline catherine charles charlie charlotte chloe chris christian christina christine christopher claire clara claudia claus craig daniel daniela david deborah denis
dennis diana diego dieter dirk dominik donald dorothy dylan edith edward elena eleanor elisabeth elizabeth ella ellen ellie emily emma emmanuel eric erik ernst ethan eva evelyn
fatima felix fernando finn florence florian francesca francesco francis francisco franz frank frederick fritz gabriel george georg gerhard gertrud giovanni giulia giuseppe grace
greta guillaume hannah hans harold harriet harry heather heidi heike heinrich helen helga henri henry hermann holly hugo ian ibrahim ida ingrid irene isaac isabel isabella isla ivan
jack jacob jacques jake jakob james jan jane janet jasmine jason javier jean jennifer jens jessica jim joan joao joe johann johannes john jonathan jorge jose joseph joshua juan judith
julia julian julie jürgen karen karin karl katharina kate katherine katie kevin kim klaus kurt kyle lara laura lauren lea lena leon leonie liam lily linda lisa logan louis louise luca
lucas lucia lucy luis luisa luke lukas madeline manfred manuel marc marco margaret margarita maria marie mario marion mark markus marta martha martin martina mary mateo matthew matthias max
maximilian megan mia michael michaela michel michelle miguel mohamed mohammed molly monica monika nancy natalie nathan nicholas nicola nicolas nicole nina noah nora norbert oliver olivia omar oscar
otto pablo pamela patricia patrick paul paula pauline pedro peter petra philip philipp philippe pierre rachel rafael rainer ralf raymond rebecca renate ricardo richard rita robert roberto robin roger
roland rosa rose ruby ruth ryan sabine sam samantha samuel sandra sara sarah scott sebastian sergio simon simone sofia sofie sophia sophie stefan stefanie stephan stephanie stephen steven
stewart susan susanne svetlana sylvia tanja teresa theodore theresa thomas tim timothy tobias tom tyler ulrich ursula ute valentina vanessa vera veronica victor victoria vincent walter
werner wilhelm william wolfgang xavier yusuf yvonne zoe`)

// firmWords stand in the names of organisations, venues and the like.
var firmWords = wordSet(`ltd limited inc llc corp corporation company co gmbh ag kg ohg ev mbh sa sas sarl sl srl spa bv nv plc oy ab as group holding holdings services solutions systems industries
international university universitat universite universidad institute institut college school schule hospital klinik clinic bank museum church society association verein foundation stiftung club
center centre zentrum department agency council office laboratory
restaurant cafe caffe coffee bar grill hotel inn house kitchen pizza pizzeria bistro brasserie deli diner pub tavern trattoria ristorante room garden shop store market bakery pharmacy`)

// linkWords stand in names of organisations and hardly in those of people.
var linkWords = wordSet(`the of at and für for der des and et y`)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[text.Fold(w)] = true
	}
	return out
}

// streetWords stand in names of streets.
var streetWords = wordSet(`street road avenue ave lane drive crescent circuit close court terrace boulevard blvd parade grove highway square mews rd str
strasse weg allee gasse platz ring ufer damm chaussee rue chemin quai impasse calle avenida paseo plaza camino via viale corso laan straat`)

package corpus

import "strings"

// country is how people of one country are called, live and write.
type country struct {
	region, language   string
	share              int
	given, family      []string
	streets            []string // {n} is the house number
	cities             []string // "name:postcode"
	place              string   // {c} city, {p} postcode
	familyFirst, tight bool     // tight: nothing stands between the parts of a name
	dates              []string // layouts in which a date of birth is written
	idName             []string // how people name the national number
	id                 func(dice, *Person) string
	iban               string // country code and form of the account number; "" has none
}

func words(s string) []string { return strings.Fields(s) }

func lines(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, ",") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// The names are common and rare ones; every second belongs to the held part.
var countries = []*country{
	{
		region: "US", language: "en", share: 12,
		given: words(`Brandon Madison Tyler Kaitlyn Dwayne Latoya Marcus Shanice Chad Brittany Wyatt Savannah Hunter Destiny
			Elijah Makayla Clarence Loretta Vernon Wanda Jermaine Tiffany Rodney Yvette Garrett Peyton`),
		family: words(`Anderson Thompson Ramirez Washington Jefferson Whitaker Abernathy Holloway Delacroix McAllister Stroud
			Pennington Vanderbilt Kowalczyk O'Malley Buchanan Lindqvist Castellanos Tran Nakamura Hutchins Broussard Yazzie Beaumont`),
		streets: lines(`{n} Maple Avenue, {n} Oakridge Drive, {n} W 42nd St, {n} Sycamore Ln, {n} Willow Creek Rd, {n} Lexington Blvd,
			{n} Pine Hollow Court, {n} E Jackson St Apt 5B, {n} Riverside Parkway, {n} N Prairie Ave`),
		cities: lines(`Springfield, Albany, Boise, Tulsa, Fresno, Madison, Duluth, Macon`), place: "{c}, OH 4####",
		dates: []string{"01/02/2006", "January 2, 2006", "2006-01-02"}, idName: []string{"SSN", "Social Security number"}, id: ssn,
	},
	{
		region: "GB", language: "en", share: 10,
		given: words(`Alistair Imogen Rupert Philippa Hamish Verity Angus Tamsin Barnaby Saoirse Piers Bronwen Crispin Niamh
			Lachlan Cordelia Magnus Araminta Fergus Isobel Tarquin Elspeth Rhys Perdita`),
		family: words(`Blackwood Cholmondeley Haversham Pettigrew Ainsworth Thistlethwaite Cadwallader Drummond Featherstonehaugh
			Goodfellow Kinnaird Lovelace Nettleship Osgood Postlethwaite Quigley Ravenscroft Skelton Trelawney Underhill Wrigglesworth Yardley`),
		streets: lines(`{n} Acacia Road, {n} Mulberry Close, {n} The Crescent, {n} Fernhill Lane, Flat 2 {n} Cromwell Road, {n} Abbey Gardens,
			{n} Harbour View, {n} St Mary's Square, {n} Old Mill Lane, {n} Beaufort Terrace`),
		cities: lines(`Plymouth, Swansea, Aberdeen, Derby, Lincoln, Carlisle, Truro, Hull`), place: "{c} @@1 4@@",
		dates: []string{"02/01/2006", "2 January 2006", "2006-01-02"}, idName: []string{"NHS number", "NHS no."}, id: nhs, iban: "GB@@@@##############",
	},
	{
		region: "DE", language: "de", share: 12,
		given: words(`Gunnar Annegret Torsten Wiebke Detlef Roswitha Henning Antje Ekkehard Mechthild Sönke Dörte Volker Hannelore
			Jörn Swantje Burkhard Edeltraud Malte Svenja Eckart Gudrun Lennart Käthe`),
		family: words(`Brinkmann Oberhuber Kleinschmidt Wessels Pfannenstiel Haferkamp Dietzel Rückert Mühlbauer Sauerbier Tiedemann
			Vollmer Zöllner Eberhardt Gröning Hülsmann Leuschner Niemeyer Öztürk Riemenschneider Stöcker Wüstenhagen`),
		streets: lines(`Kastanienallee {n}, Mozartstraße {n}, Am Alten Friedhof {n}, Schillerplatz {n}, Hinter dem Zehnthof {n}, Lessingstr. {n},
			Burgweg {n}a, Eichendorffring {n}, Unter den Linden {n}, Krefelder Straße {n}`),
		cities: lines(`Bielefeld, Rostock, Göttingen, Erfurt, Kiel, Ulm, Trier, Wuppertal`), place: "3#### {c}",
		dates: []string{"02.01.2006", "2.1.2006", "2006-01-02"}, idName: []string{"Steuer-ID", "Steueridentifikationsnummer"}, id: steuerID, iban: "DE##################",
	},
	{
		region: "FR", language: "fr", share: 10,
		given: words(`Thibault Océane Gaëtan Clémence Aurélien Maëlys Baptiste Solène Corentin Apolline Étienne Capucine Loïc Ségolène
			Mathurin Faustine Rémi Anaïs Yannick Garance Benoît Hélène`),
		family: words(`Lefèvre Desrochers Castaing Beauchamp Guillou Marchand Delaunay Vasseur Bonnefoy Charpentier Poulain Rousselle
			Quéméner Thibaudeau Fournier Lacroix Montagné Perrault Salvignol d'Alembert`),
		streets: lines(`{n} rue des Lilas, {n} avenue Jean Jaurès, {n} bis rue du Moulin, {n} boulevard Voltaire, {n} impasse des Cerisiers,
			{n} place de la République, {n} chemin des Vignes, {n} quai de la Fosse, {n} allée des Tilleuls, {n} cours Mirabeau`),
		cities: lines(`Rennes, Angers, Dijon, Limoges, Reims, Pau, Metz, Nîmes`), place: "3#### {c}",
		dates: []string{"02/01/2006", "2006-01-02"}, idName: []string{"numéro de sécurité sociale", "NIR"}, id: nir, iban: "FR####################@##",
	},
	{
		region: "ES", language: "es", share: 10,
		given: words(`Gonzalo Macarena Íñigo Soledad Rodrigo Remedios Leandro Itziar Eusebio Amparo Borja Consuelo Joaquín Nerea
			Baltasar Ainhoa Cayetano Begoña Ignacio Estíbaliz`),
		family: words(`Echeverría Villanueva Etxebarria Carrasco Pujol Zamorano Benavides Montalbán Figueroa Arrieta Quiroga Salcedo
			Urrutia Barrientos Cifuentes Peñalver Olmedo Valdés Larrañaga Requena`),
		streets: lines(`Calle Mayor {n}, Avenida de la Constitución {n}, Calle del Olivo {n} 3º B, Plaza de España {n}, C/ Alcalá {n}, Paseo de Gracia {n},
			Ronda de Toledo {n}, Camino Viejo {n}, Carrer de Balmes {n}, Calle San Bernardo {n}`),
		cities: lines(`Zaragoza, Murcia, Oviedo, Burgos, Cádiz, León, Lugo, Huesca`), place: "3#### {c}",
		dates: []string{"02/01/2006", "2-1-2006", "2006-01-02"}, idName: []string{"DNI", "NIF"}, id: dni, iban: "ES####################",
	},
	{
		region: "IT", language: "it", share: 10,
		given: words(`Ettore Ludovica Gianluca Ornella Fabrizio Loredana Ruggero Mirella Amedeo Fiorella Nicolò Graziella Ermanno Donatella
			Umberto Raffaella Dario Ilaria Corrado Azzurra`),
		family: words(`Bellini Zanetti Pellegrini Sartori Cattaneo Ghirardi Montanari Bevilacqua Fumagalli Tedesco Quaranta Valentini
			Locatelli Brambilla Scarpa Dell'Acqua Pagano Ravasi Mazzanti Cusumano`),
		streets: lines(`Via Dante Alighieri {n}, Corso Vittorio Emanuele {n}, Piazza Duomo {n}, Via Monte Rosa {n}, Viale Europa {n}, Vicolo Stretto {n},
			Largo Augusto {n}, Via XX Settembre {n}, Via Giuseppe Verdi {n}/A, Salita del Castello {n}`),
		cities: lines(`Bergamo, Ancona, Parma, Cagliari, Trieste, Pisa, Siena, Cuneo`), place: "3#### {c}",
		dates: []string{"02/01/2006", "2006-01-02"}, idName: []string{"codice fiscale", "C.F."}, id: codiceFiscale, iban: "IT@######################",
	},
	{
		region: "PL", language: "pl", share: 8,
		given: words(`Zbigniew Grażyna Wojciech Jadwiga Bogdan Danuta Przemysław Bożena Kazimierz Halina Szymon Łucja Mirosław Wiesława
			Radosław Żaneta Tadeusz Agnieszka`),
		family: words(`Brzęczyszczykiewicz Zawadzki Gąsior Wróblewska Kaczmarek Szczepański Dąbrowska Ostrowski Piekarski Jabłońska
			Chmielewski Żurawski Kubiak Malinowska Sobczak Tokarczyk`),
		streets: lines(`ul. Długa {n}, ul. Kościuszki {n}/4, al. Jerozolimskie {n}, ul. Świętokrzyska {n}, pl. Wolności {n}, os. Piastowskie {n},
			ul. Polna {n}, ul. Mickiewicza {n}`),
		cities: lines(`Kraków, Gdynia, Lublin, Opole, Toruń, Kielce`), place: "3#-### {c}",
		dates: []string{"02.01.2006", "2006-01-02"}, idName: []string{"PESEL", "numer PESEL"}, id: pesel, iban: "PL########################",
	},
	{
		region: "FI", language: "fi", share: 4,
		given:   words(`Veikko Aino Tapio Kyllikki Jorma Päivi Ilmari Sirpa Urho Tuulikki Eero Marjatta`),
		family:  words(`Virtanen Hämäläinen Koskinen Niskanen Lehtonen Järvinen Salminen Mäkelä Rautiainen Pöyhönen`),
		streets: lines(`Mannerheimintie {n}, Puistokatu {n} B 12, Rantatie {n}, Kauppakatu {n}, Hämeentie {n}, Koivupolku {n}`),
		cities:  lines(`Tampere, Oulu, Turku, Vaasa, Kuopio, Lahti`), place: "3#### {c}",
		dates: []string{"2.1.2006", "2006-01-02"}, idName: []string{"henkilötunnus", "hetu"}, id: hetu, iban: "FI##############",
	},
	{
		region: "RU", language: "ru", share: 5,
		given:   words(`Аркадий Зинаида Геннадий Лариса Вячеслав Тамара Леонид Маргарита Ярослав Снежана Захар Ульяна`),
		family:  words(`Кузнецов Воробьёва Соколов Лебедева Поляков Захарова Белоусов Тихонова Гаврилов Ефимова`),
		streets: lines(`ул. Ленина д. {n}, проспект Мира {n}, ул. Садовая {n}, Невский проспект {n}, пер. Сивцев Вражек {n}, ул. Гагарина {n}`),
		cities:  lines(`Казань, Самара, Пермь, Тула, Омск, Тверь`), place: "3##### {c}",
		dates: []string{"02.01.2006"}, idName: []string{"ИНН"}, id: inn,
	},
	{
		region: "JP", language: "ja", share: 4, familyFirst: true, tight: true,
		given:   words(`健太 美咲 翔 陽子 大輔 直美 拓也 恵子 誠 由美子`),
		family:  words(`佐藤 鈴木 高橋 渡辺 小林 山本 中村 斎藤 松本 清水`),
		streets: lines(`中央区銀座{n}丁目4番5号, 新宿区西新宿{n}-8-1, 北区堀川町{n}番地, 港区芝公園{n}-2-8`),
		cities:  lines(`東京都, 大阪市, 札幌市, 福岡市`), place: "〒3##-#### {c}",
		dates: []string{"2006年1月2日", "2006-01-02"}, idName: []string{"マイナンバー", "個人番号"}, id: myNumber,
	},
}

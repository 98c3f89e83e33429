package party

// towns are places of some size with which a town in a record is asked about, sorted:
// for each letter enough that the right one is among its like. A town that is not on
// the list proves nothing.
var towns = []string{
	"Aachen", "Albacete", "Alicante", "Amsterdam", "Antwerp", "Augsburg", "Athens", "Avignon",
	"Badajoz", "Barcelona", "Basel", "Bath", "Berlin", "Bern", "Bilbao", "Bonn", "Bordeaux", "Bremen", "Bristol", "Brno", "Bologna", "Burgos",
	"Cádiz", "Cambridge", "Cardiff", "Cartagena", "Castellón", "Chemnitz", "Chester", "Córdoba", "Coventry", "Cuenca",
	"Darmstadt", "Delft", "Derby", "Dijon", "Dortmund", "Dresden", "Dublin", "Duisburg", "Dundee", "Düsseldorf",
	"Edinburgh", "Eindhoven", "Elche", "Erfurt", "Essen", "Exeter", "Évora",
	"Faro", "Ferrara", "Ferrol", "Flensburg", "Florence", "Frankfurt", "Freiburg", "Fulda",
	"Gdańsk", "Geneva", "Genoa", "Getafe", "Ghent", "Gijón", "Girona", "Glasgow", "Göttingen", "Granada", "Graz", "Grenoble",
	"Hagen", "Halle", "Hamburg", "Hannover", "Heidelberg", "Helsinki", "Huelva", "Huesca", "Hull",
	"Ibiza", "Igualada", "Ingolstadt", "Innsbruck", "Inverness", "Ipswich", "Irún",
	"Jaén", "Jena", "Jerez", "Jávea", "Jaca", "Jihlava",
	"Karlsruhe", "Kassel", "Kiel", "Koblenz", "Köln", "Konstanz", "Kraków", "Krefeld",
	"Lausanne", "Leeds", "Leicester", "Leiden", "Leipzig", "León", "Lille", "Lincoln", "Linz", "Lisbon", "Liverpool", "Lleida", "Logroño", "London", "Lübeck", "Lucerne", "Lugo", "Lyon",
	"Madrid", "Magdeburg", "Mainz", "Málaga", "Manchester", "Mannheim", "Marburg", "Marseille", "Mérida", "Metz", "Milan", "Modena", "Montpellier", "Munich", "Münster", "Murcia",
	"Nancy", "Nantes", "Naples", "Newcastle", "Nice", "Norwich", "Nottingham", "Nuremberg",
	"Oldenburg", "Orense", "Orléans", "Osnabrück", "Ostrava", "Oviedo", "Oxford",
	"Padua", "Palencia", "Palma", "Pamplona", "Paris", "Parma", "Perpignan", "Pisa", "Plymouth", "Pontevedra", "Porto", "Potsdam", "Poznań", "Prague",
	"Ravenna", "Reading", "Regensburg", "Reims", "Rennes", "Reus", "Rome", "Ronda", "Rostock", "Rotterdam", "Rouen",
	"Saarbrücken", "Salamanca", "Salzburg", "Santander", "Segovia", "Seville", "Sheffield", "Siegen", "Siena", "Soria", "Stuttgart", "Swansea",
	"Tampere", "Tarragona", "Teruel", "Toledo", "Toulouse", "Tours", "Trento", "Trier", "Turin", "Tübingen",
	"Udine", "Uelzen", "Ulm", "Uppsala", "Urbino", "Utrecht",
	"Valencia", "Valladolid", "Venice", "Verona", "Versailles", "Vienna", "Vigo", "Vilnius", "Vitoria",
	"Warsaw", "Weimar", "Wiesbaden", "Winchester", "Winterthur", "Wolfsburg", "Worcester", "Wrocław", "Wuppertal", "Würzburg",
	"York", "Yverdon", "Yecla", "Ystad", "Yeovil", "Ypres",
	"Zagreb", "Zamora", "Zaragoza", "Zürich", "Zwickau", "Zwolle",
}

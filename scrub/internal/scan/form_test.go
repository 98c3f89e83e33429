package scan

import "testing"

// Proves SCR-1, SCR-5.
func TestAddresses(t *testing.T) {
	check(t,
		"mail {EMAIL|jude@example.org|}",
		"mail {EMAIL|jude@example.org|}.",
		"<{EMAIL|Jude.Fawley+tag@mail.example.co.uk|}>, more",
		`"email":"{EMAIL|jude_f-1@example.org|}"`,
		"to={EMAIL|jude@example.org|}&x=1",
		"mailto:{EMAIL|jude@example.org|}?subject=x",
		"clone {EMAIL|git@github.com|}:x/y",
		`say {EMAIL|"jude the obscure"@example.org|} now`,
		"{EMAIL|jürgen@bücher.example|}, {EMAIL|用户@例子.广告|}",
		"请联系{EMAIL|jude@example.org|}谢谢",
		"root {EMAIL|jude@[192.0.2.1]|}",
		"?email={EMAIL|jude%2Btag%40example.org|}&a=b",
		"{EMAIL|o'neil@example.org|} {EMAIL|x@y.io|}",
		"bad icon@2x.png and a@b and lodash@4.17.21 and @user and jude@ example.org",
		"x@.org, a@b..c, getty@tty1.service",
		"https://{EMAIL|jude@example.org|}/path",
	)
}

func TestCards(t *testing.T) {
	check(t,
		"card {CARD|4111111111111111|}", "{CARD|4111 1111 1111 1111|}", "{CARD|4111-1111-1111-1111|}.",
		"amex {CARD|378282246310005|} {CARD|3782 822463 10005|}", "{CARD|5555555555554444|}",
		"{CARD|6011111111111117|}, {CARD|3530111333300000|}, {CARD|30569309025904|}",
		"my card 4111111111111112 and 4111 1111 1111 1112",
		"order 4111111111111111, trace_id=4111111111111111",
		"{CARD|4222222222222|}", "4111-1111-1111-1111-22", "a4111111111111111", "41111111111111110",
		`{"pan":"{CARD|4012888888881881|}"}`, "1700000000000000000",
	)
}

func TestAccounts(t *testing.T) {
	check(t,
		"IBAN {IBAN|DE89370400440532013000|}", "{IBAN|DE89 3704 0044 0532 0130 00|}", "{IBAN|gb82 west 1234 5698 7654 32|}",
		"{IBAN|GB82WEST12345698765432|}.", "{IBAN|FR14-2004-1010-0505-0001-3M02-606|}", "{IBAN|NO93 8601 1117 947|}, x",
		"DE88370400440532013000", "DE8937040044053201300", "XDE89370400440532013000", "DE89370400440532013000X",
	)
}

func TestNationalNumbers(t *testing.T) {
	check(t,
		"SSN {ID|054-28-6917|}", "{ID|054-28-6917|}", "ssn: {ID|054286917|}", "666-28-6917", "ITIN {ID|912-70-1234|}",
		"{ID|AB 12 34 56 C|}", "NINO {ID|AB123456C|}", "AB123456C",
		"{ID|2 55 08 14 168 025 38|}", "{ID|255081416802538|}",
		"Steuer-ID {ID|86095742719|}", "{ID|86 095 742 719|}", "Personalausweis {ID|T220001293|}", "Ausweis: {ID|L01X00T47|}",
		"DNI {ID|12345678Z|}", "{ID|12345678Z|}", "{ID|X1234567L|}", "12345678A", "CIF {ID|A58818501|}",
		"{ID|RSSMRA85T10A562S|}", "codice fiscale {ID|rssmra85t10a562s|}", "NIF {ID|123456789|}",
		"BSN {ID|111222333|}", "{ID|85.07.30-033.28|}", "PESEL {ID|44051401359|}", "44051401359",
		"{ID|811228-9874|}", "cpr {ID|211062-5629|}", "{ID|131052-308T|}", "{ID|756.9217.0769.85|}", "{ID|7569217076985|}",
		"SVNR {ID|1237 010180|}", "SIN {ID|046 454 286|}", "{ID|111.444.777-35|}", "{ID|11.222.333/0001-81|}",
		"{ID|HEGG560427MVZRRL04|}", "{ID|2341 2341 2346|}", "{ID|8001015009087|}", "TFN {ID|123456782|}",
		"Medicare {ID|2123 45670 1|}", "NHS {ID|943 476 5919|}", "NHS number: {ID|9434765919|}", "{ID|943 123 4564|}",
		"VAT {ID|DE136695976|}", "{ID|ATU13585627|}", "{ID|NL004495445B01|}", "{ID|FR40303265045|}", "{ID|BE0428759497|}",
		"passport {ID|C01234567|}", "Passport No: {ID|533380006|}", "my driver's license number is {ID|2270-66-1551|}",
		"DE123456789", "passport photo 2026-11-23",
	)
}

func TestNetworkAddresses(t *testing.T) {
	check(t,
		"from {IP|192.168.1.1|} port 22", "{IP|10.0.0.1|}:8080", "{IP|10.0.0.0|}/8", "[{IP|2001:db8::1|}]:443",
		"{IP|fe80::1%eth0|} {IP|::1|} {IP|::ffff:192.0.2.1|}", "http://{IP|192.0.2.7|}/x", "/ban/{IP|192.0.2.7|}",
		"{IP|2001:0db8:0000:0000:0000:ff00:0042:8329|}", "{IP|64:ff9b::192.0.2.33|}/96", "({IP|2a00:1450:4001:81b::200e|})",
		"v1.2.3.4", "version 1.2.3.4", "Chrome/120.0.0.0", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4-beta",
		"std::string a::b abc::def ::", "08:00:25", "12:30:45:99", "1.3.6.1.4.1",
		"{MAC|00:1a:2b:3c:4d:5e|} {MAC|00-1A-2B-3C-4D-5E|} {MAC|001a.2b3c.4d5e|}", "mac={MAC|ff:ff:ff:ff:ff:ff|}",
		"{MAC|08:00:27:12:34:56|}", "aa:bb:cc:dd:ee:ff:00:11:22", "26-11-23-08-00-25", "{IP|10.0.0.1|}-{IP|10.0.0.9|}",
	)
}

func TestTelephones(t *testing.T) {
	check(t,
		"{PHONE|07700 063 966|}", "{PHONE|(37) 788-063|}-Office", "at {PHONE|780-999-2181|}", "{PHONE|0490 75 40 81|}",
		"{PHONE|+46 (0)8 928 571 38|}", "Phone: {PHONE|467 3395|}", "call me on {PHONE|9472 7916|}", "{PHONE|345-899-3560x4587|}",
		"{PHONE|+14155552671|}", "tel:{PHONE|+1-415-555-2671|}", "{PHONE|(415) 555-2671|}", "{PHONE|+49 30 901820|}",
		"{PHONE|+33 1 23 45 67 89|}", "{PHONE|01 23 45 67 89|}", "{PHONE|030/12345678|}", "phone {PHONE|5417141388|}",
		"{PHONE|0044 7700 900123|}", "{PHONE|001-345-899-3560|} ext", "Fax: {PHONE|089 1234567|}", "Tel.: {PHONE|08912345678|}",
		`"phone":"{PHONE|9472 7916|}"`, "mobile {PHONE|600 123 456|}", "Office\\,{PHONE|07700 063 966|}-Fax",
		"Jude\n1 High Street\n{PHONE|9472 7916|}\n", "{PHONE|415.555.2671|}", "phoneNumber={PHONE|4155552671|}",
		"{PHONE|07700 900123|} {PHONE|07700 900124|}", "call 6011 {PHONE|0033 1 23 45 67 89|}", "{PHONE|020 7946 0018|} ext. 12x",
	)
}

func TestHardNegatives(t *testing.T) {
	check(t,
		"550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012",
		"2026-11-23T08:00:25.123456Z", "2026-11-23 08:00:25,123 INFO", "23/Nov/2026:08:00:25 +0000", "Mon Nov 23 08:00:25 2026",
		"20261123080025", "20261123-080025", "20261123T080025Z", "1732348825", "1732348825123", "1732348825.123456",
		"order 780-999-2181", "Order number: 9472 7916", "invoice 07700 063 966", "ticket #4672-3395", "ref 0490 75 40 81",
		"d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"EUR 1 234 567.89", "$1,234,567.89", "12 345 678 EUR", "1.234.567,89 €", "52.520008, 13.404954", "-33.8688 151.2093",
		"took 1234567 ns", "1h2m3.5s", ":8080", "99.999%", "ISBN 978-3-16-148410-0", "ISBN 0-306-40615-2", "0x7ffee4c0a000",
		"1234567890 bytes", "main.go:123:45", "line 1234567", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7",
		"trace_id=12345678901234567890", `"GET / HTTP/1.1" 200 2326 "-" "Mozilla/5.0"`, "200 1234 5678", "go1.26.8 linux/amd64",
		"1,2,3,4,5,6,7", "1 2 3 4 5 6 7 8 9 10 11 12", "1024 2048 4096 8192", "0000 4500 0073 0000 4000", "2026.11.23", "11/23/2026",
		"11/23/26 08:00", "3.14159265358979", "v10.15.7-beta.3", "request-id: 9472-7916", "customer 600 123 456",
		"Europe/Berlin 2026-11-23", "rss=123456 vsz=7890123", "[12345.678901] usb 1-1: new", "10:20:30.123456 IP", "12-34",
		"E/12345678", "ABC-12345678", "id=1234567890", "00:00:10.5 --> 00:00:12.7", "1-800", "2020-2026", "1914-1918",
		"meter 6011 0033 5479 9712", "serial 4310 5893 4875 3130", "0.1234 0.5678", "123456789", "9876543210", "07700900123456", "1.2.840.113549.1.1.11", "pid 1234567", "MA 02110-1301, USA", "mobile (c) 2011-2018",
	)
}

func TestKeys(t *testing.T) {
	check(t,
		"{KEY|AKIAIOSFODNN7EXAMPLE|}", "x={KEY|ghp_16C7e42F292c6912E7710c838347Ae178B4a|}", "{KEY|sk-ant-api03-abcDEF1234567890abcdEF|}",
		"{KEY|eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U|}",
		"password={KEY|hunter2|}", `"password": "{KEY|pass word|}"`, "passwd: {KEY|xy|}", "DB_PASSWORD={KEY|abc|}", "Passwort: {KEY|geheim|}",
		"Authorization: Bearer {KEY|abcdef1234567890|}", "Authorization: Basic {KEY|dXNlcjpwYXNz|}", "bearer {KEY|abcdef1234567890|}",
		"api_key={KEY|0123456789abcdef|}", "apiKey: '{KEY|zzz|}'", "https://user:{KEY|s3cr3t|}@{IP|192.0.2.1|}/", "postgres://u:{KEY|p|}@db/x",
		"my password is {KEY|hunter22|}", "token={KEY|a1b2c3d4e5|}&x=1", "X-Api-Key: {KEY|deadbeef|}", `{\"secret\":\"{KEY|abc|}\"}`,
		"{KEY|123456789:AAEhBOweik6ad9r_QXMENQjcrbGa-00000_|}", "{KEY|AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ|}",
		"{KEY|-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----|}\nnext",
		"-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBg\n-----END CERTIFICATE-----",
		"the password is required", "password: ", "Password must be at least 8", "token: string", "max_tokens: 512", "passwordHash: int",
		"sk-learn-something-quite-long-name", "password=${PASSWORD}", "password=***", "key: value", "secret=⟦KEY:abc123⟧", "keyboard=querty12345",
		"Bearer token", "toc-Basic-Elements-1", "basic_fileIcE2fdEv", "f(password: bytes)", "password = conf.get_password", "license (C) 2003-2004", "basic understanding", "password reset link", "primary_key=12345678",
	)
}

func TestBirths(t *testing.T) {
	check(t,
		"born on {BIRTH|3 May 1980|}", "Geburtsdatum: {BIRTH|03.05.1980|}", "geb. {BIRTH|3.5.1980|} in", "né le {BIRTH|3 mai 1980|}",
		"née le {BIRTH|1er mars 1980|}", "fecha de nacimiento: {BIRTH|3 de mayo de 1980|}", `"birth_date":"{BIRTH|1980-05-03|}"`,
		"dateOfBirth={BIRTH|1980-05-03|}T00:00:00Z", "DOB {BIRTH|05/03/1980|}", "D.O.B. {BIRTH|May 3, 1980|}", "born in Leeds on {BIRTH|3rd of May, 1980|}.",
		"geboren am {BIRTH|3. Mai 1980|}", "data di nascita {BIRTH|3 maggio 1980|}", "birthday: {BIRTH|19800503|}", "dob={BIRTH|03-May-1980|}",
		"nascido em {BIRTH|3 de março de 1980|}", "geboortedatum {BIRTH|03-05-1980|}", "urodzony {BIRTH|3 maja 1980|}", "userBirthDate={BIRTH|1980-05-03|}",
		"birthplace: Leeds, created 2020-01-01", `"birth":null,"created":"2020-01-01"`, "stillborn 2020-01-01", "born in 1980", "created 1980-05-03",
	)
}

func TestPseudonymsStay(t *testing.T) {
	check(t, "⟦EMAIL:k3f9x7⟧", "call ⟦PHONE:abc123⟧ 780-999-2181", "⟦KEY:12345678⟧", "password=⟦KEY:abc123⟧", "⟦EMAIL:k3f9x7⟧ and {EMAIL|a@b.org|}")
}

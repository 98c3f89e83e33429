package main

// The sentences that names are learned from, one a line. The slots are told of in fill.go;
// {P}, {G}, {S}, {Y}, {Z} and {u} are names of people, everything else is not.
const people = `
My name is {P}
my name is {P} and I have a question about order {N}
Hi, my name is {G} and I live in {C}.
I am {P}, the new {w} manager.
I'm {P} from {O}.
I'm {P}, originally from {C}, and I'm {n} years old.
This is {P} speaking, how may I help you?
Please ask for {P} when you arrive at {C}.
Dear {G},
Dear {T} {S},
Dear {T} {P},
Dear {P},\n\nthank you for your letter of {D}.
Hi {G}, can you call me back?
Hello {G}! Thanks for joining {O}.
Best regards,\n{P}
Kind regards\n\n{P}\n{W} Manager\n{O}
Thanks,\n{G}
Sincerely yours,\n{P}\n{O}\n{A}
{P}\n{A}
{P}\n\n{A}
{P}\n{O}\n{A}
??? {P}\n??? {O}\n??? {A}
{P} lives at {A}
{G} lives in {C}.
{P} lives on {A}.
{G} has given {G} the keys of {A}
{P} was born in {C}, {L}.
{P} said that the {w} was {w}.
{P} said: "We are glad that {L} has changed its mind"
"We are glad to hear that {L} has decided," said {S}.
"It is not {w}," says {P} in an interview.
"What is this?" asked {G}.
{G} asked {G}: "Where have you been?"
{G} shouted at {G} and left the {w}.
{G}: What did you say?\n{G}: Nothing.\n{G}: I thought so.
{P}: The {w} is {w}.
I told {G} about the {w}.
I spoke with {P} on {W}day.
I met {P} at {O} in {C}.
{T} {S} is a {n} year old man who grew up in {C}.
{T} {S} flew to {C} on Monday morning.
{T} {P} will see you at {n}:30.
{T} {S}'s appointment was moved to {D}.
The patient, {P}, was admitted on {D} with {w} {w}.
Patient: {P}, aged {n}
Patient {S}, {G} ({D}) was discharged.
Name: {P}
Name: {S}, {G}
Full name: {P}\nDate of birth: {D}
First name: {G}\nLast name: {S}
Customer: {P} ({e})
Customer {P} called about invoice {N}
Contact: {P}, {e}
From: {P} <{e}>
To: {P} <{e}>, {P} <{e}>
Cc: {G} {S} <{e}>
On {D}, {P} wrote:
> {G} wrote:
Signed by {P}
Signed, {G} {S}
Author: {P}
Authors: {P}, {P} and {P}
by {P}
written by {P}
directed by {P} and starring {P}
{X} is a {n} film directed by {P}, starring {S}
Directed By:    {P}
Producer {P} explained the {w} to {O}.
songwriter {P} writes about {w}
as critic {P} points out, "most are {w}"
the singer {P} and the drummer {S}
a tribute to {P}
a song by {P}, covered by {P} in 1984
Have you heard {P} speak yet?
Have you been to a {P} concert?
Have you met {G}?
Do you know {G} {S}?
Why is {G} so {w}?
Who is {P}?
{G} is a very {w} person. You can rely on her.
{G} is very {w}.
{G}, can I please talk to your manager?
{G}, could you send me the {w}?
Can I talk to {P}, please?
{P} has been a {w} since {D}.
{P} of {O} is the keynote speaker
{P} from {O} will present the {w}.
{P} joined {O} in 2011 as assistant to {P}.
{P}, the {w}, said that {O} would {w}.
{P} ({n}) lives in {C}
{O} was founded by {S}, {S} and {S} in {C}.
our founders {P}, {P} and {P}
among them {P} of {O}, {P} of {O} and {P} of {O}
{S} and {S} agree with {P}.
In {n} {S} began to write about {w}.
{S} began writing as a teenager, publishing her first {w} in 1992.
For my view of {T} {S}, see the {w}.
{P}'s house is {w}.
{G}'s kid was {w}
I'd like to remove my {k} {G} from the policy.
My {k} {G} lost her card.
My {k}'s name is {G}.
my {k} {G} and I moved to {C}
My grandfather was called {P}, and my grandmother {P}.
They named her {G}.
You can tell {G} was a {G} {S} fan.
I like {G}, but {G} is {w}.
{w} {G}'s address: {A}
As promised, this is {G}'s number: {N}
The meeting with {G} and {G} is on {D}.
Police arrested {P} in {C} on {W}day.
{P}'s lawyers were {w}
The {N} {L} team has lost {P}.
{P} won the {w} of {C}.
assigned to {P}
Assigned to: {G} {S}
Reviewed-by: {P} <{e}>
Signed-off-by: {P} <{e}>
ticket {N} was reassigned from {P} to {P}
Order {N} for {P} shipped to {A}
Invoice {N}: {P}, {A}, total {M}
Please change the name on the account from {P} to {P}
Please have {T} {S} call me at {N}
It is written as {T} {P} on my card
The account holder is {P}.
The policy of {P} expires on {D}.
Thank you {G}, that is all.
Thanks {G}!
Yes, {G} speaking
Agent: Good morning, this is {G}. Customer: Hi {G}, I'm {P}.
Agent: May I have your name? Customer: {P}
What is your name? {P}
what's your name? it's {P}
User: {P}
user={u} action=login
user={u} ip=10.0.0.{n} status=200
user="{P}" action=update
login of {u} from 10.0.0.{n}
customer="{P}" order={N}
customer={G} {S}, amount={M}
name={G}+{S}&city={C}
{D} INFO user {P} logged in
{D} INFO [main] created account for {P}
{D} WARN login failed for {P} ({e})
{D} INFO Customer {P} updated address to {A}
{D} DEBUG sending mail to {P} <{e}>
{D} INFO {V}: order {N} placed by {P}
{"first_name":"{G}","last_name":"{S}","city":"{C}"}
{"firstName": "{G}", "lastName": "{S}", "age": {n}}
{"name":"{P}","email":"{e}","id":{N}}
{"customer":{"name":"{P}","country":"{L}"}}
{"givenName":"{G}","familyName":"{S}","displayName":"{P}"}
{"user":"{P}","action":"{w}"}
given_name={G} family_name={S}
<name>{P}</name><city>{C}</city>
<firstName>{G}</firstName><lastName>{S}</lastName>
<customer id="{N}" name="{P}"/>
<td>{P}</td><td>{C}</td>
{S},{G},{D},{C}
{N};{S};{G};{C};{L}
{N},{G},{S},{e}
| {G} | {S} | {C} |
{S}, {G}
{P}
{P}, {P}, {P}
{P} and {P}
{P} ({D})
- {P}
* {P}, {C}
1. {P} {n} points
People call me {G}
{S} denied the {w}.
{G} denied every {w}.
{G} and {G} will {w} the {w}.
{P} and {P} were {w}
{G} promised a {w}
it was {G}, not {G}.
I asked {G} yesterday
I spoke to {G} about it
the booking of {P}
the parcel for {P} came back
{W} {G} changed the {w}
Nurse {S} has {w} the {w}.
Tenant {P} has {w}
Witness {P} was heard.
thanks a lot, {P}
thank you so much, {G}
Señor {S}, gracias.
Estimado Sr. {S}, le escribo por su {w}.
J'ai vu {P} à la gare.
Ich habe {P} gestern {w}.
Ho parlato con {P} ieri.
Hablé con {P} ayer.
{G} went to {C} with {G}
{G}, {G} and {G} are {w}
{w} {P}, {w} {P} and {w} {P}
sometimes they call me {G}.
everyone calls him {G}
"That is great!" said {G} to {G}
I gave it to {G}
we waited for {G}, but he was {w}
Goodbye {G}, see you in {C}
{G}: Where have you been?\n{G}: At {O}, with {G}!\n{G}: You {w} my {w}!
{G}: {W} {w}.\n{G}: {W} {w}, {G}?\n{G}: {W}!
{G}: {w} it, please
it was {G} who told {G}
In {C}, {P} met {P} of {O}.
{O} singer {P} has left {L} for {C}.
{O} spokesman {P} confirmed it on Friday.
the {L} player {P} was held at the border over visa questions
{L} minister {P} arrived in {C} from {L}
{X} is a {L} drama made by {P} with {P} and {P}
{P} spent two years at {O} in {C} before it became {O}.
{S} learned from {S}, who was a friend of {P} ({S}'s teacher)
{S}'s first book was {w}
{S} was right, and {S} knew it.
according to {S}
the work of {S} and others
says {S}.
{P}, the {W}, said: "{W} {w} {w}."
the three founders: {S}, {S} and {S}. Their idea was {w}
{P}\n{C}\n{L}
{P}\n\n{C}\n{L}
> {P}\n> {O}\n> {A}
{P}\n{O}\n{A}\nMobile: {N}\nFax: {N}
Mein Name ist {P}
Ich heiße {P} und wohne in {C}.
ich bin {P} und habe eine Frage zur Rechnung {N}
Guten Tag, hier spricht {P}.
Sehr geehrte Frau {S},
Sehr geehrter Herr {S},
Sehr geehrter Herr Dr. {S}, vielen Dank für Ihr Schreiben.
Liebe {G},
Hallo {G}, wie geht es dir?
Hallo Herr {S}, können Sie mich zurückrufen?
Mit freundlichen Grüßen\n{P}
Viele Grüße, {G}
Frau {P} wohnt in {A}.
Herr {S} hat den Vertrag am {D} gekündigt.
Der Patient {P}, geboren am {D}, klagt über {w}.
Die Kundin {P} hat angerufen.
Kunde: {P}, Kundennummer {N}
Nachname: {S}\nVorname: {G}
Name: {P}, Geburtsdatum: {D}
Bitte ändern Sie den Namen von {P} auf {P}.
{P} sagte, dass die {W} nicht {w} sei.
"Das ist nicht {w}", sagte {S}.
Unsere Kollegin {G} {S} ist ab {D} im Urlaub.
Mein Bruder {G} und meine Schwester {G} leben in {C}.
von {P} geschrieben
Ansprechpartner: {P}, Telefon {N}
{P} arbeitet bei der {O} in {C}.
Gestern hat {G} angerufen.
Können Sie {P} bitte ausrichten, dass {G} kommt?
Herrn\n{P}\n{A}
Frau\n{P}\n{A}
Je m'appelle {P} et j'habite à {C}.
Mon nom est {P}
Bonjour {G}, comment vas-tu ?
Bonjour Madame {S},
Bonjour, je suis {P} de la société {O}.
Cher Monsieur {S},
Chère {G},
Cordialement,\n{P}
M. {S} habite {A}.
Mme {P} a téléphoné le {D}.
Monsieur {P} demande le remboursement de {M}.
Nom : {S}, Prénom : {G}
Client : {P} (n° {N})
Le patient {P}, né le {D}, souffre de {w}.
Ma fille {G} est née à {C}.
« C'est {w} », a dit {P}.
Selon {P}, directeur de {O}, le {w} est {w}.
Veuillez contacter {P} au {N}
{P} travaille chez {O} à {C}.
Hier {G} et {G} sont venus.
Me llamo {P} y vivo en {C}.
Mi nombre es {P}
Hola {G}, ¿cómo estás?
Estimado señor {S}:
Estimada Sra. {S}, gracias por su carta del {D}.
Querida {G}:
Un saludo,\n{P}
Atentamente, {P}
La señora {S} vive en {A}.
El paciente {P}, nacido el {D}, presenta {w}.
Cliente: {P}, DNI {N}
Apellidos: {S} {S}, Nombre: {G}
{P} dijo que el {w} era {w}.
—No lo sé —respondió {G}.
Mi hermano {G} perdió su tarjeta.
Don {P}, con domicilio en {A}
Según {P}, director de {O}, todo va {w}.
Ayer llamó {G} {S} para preguntar por la factura {N}.
Mi chiamo {P} e abito a {C}.
Il mio nome è {P}
Ciao {G}, come stai?
Gentile signora {S},
Egregio dott. {S}, grazie per la Sua lettera.
Cara {G},
Cordiali saluti\n{P}
Il signor {P} abita in {A}.
Il paziente {P}, nato il {D}, lamenta {w}.
Cliente: {P}, codice {N}
Cognome: {S} Nome: {G}
{P} ha detto che il {w} è {w}.
Mia figlia {G} vive a {C}.
Secondo {P}, direttore di {O}, va tutto {w}.
Meu nome é {P} e moro em {C}.
Olá {G}, tudo bem?
Prezado senhor {S},
Cara {G},
Atenciosamente,\n{P}
O paciente {P}, nascido em {D}, sente {w}.
Cliente: {P}, CPF {N}
{P} disse que o {w} era {w}.
A senhora {S} mora na {A}.
Minha filha {G} nasceu em {C}.
Mijn naam is {P} en ik woon in {C}.
Beste {G},
Geachte heer {S},
Geachte mevrouw {S}, dank voor uw brief.
Met vriendelijke groeten,\n{P}
De heer {S} woont op {A}.
Klant: {P}, nummer {N}
{P} zei dat de {w} {w} was.
Nazywam się {P} i mieszkam w {C}.
Szanowny Panie {S},
Droga {G},
Pan {P} mieszka przy {A}.
Klient: {P}
Z poważaniem\n{P}
Jag heter {P} och bor i {C}.
Hej {G}!
Med vänliga hälsningar\n{P}
Kund: {P}, {A}
Jeg hedder {P} og bor i {C}.
Kære {G},
Venlig hilsen\n{P}
Kjære {G}, hvordan går det?
Nimeni on {P} ja asun kaupungissa {C}.
Terveisin {P}
A nevem {P}, {C} a lakhelyem.
Tisztelt {S} úr!
Jmenuji se {P} a bydlím v {C}.
Vážený pane {S},
S pozdravem\n{P}
Adım {P}, {C} şehrinde yaşıyorum.
Сын {Y} родился в Москве.
Меня зовут {Y}
Уважаемый {Y}, спасибо за ваше письмо.
Клиент: {Y}, договор {N}
Господин {Y} сказал, что всё готово.
{Y} живёт в этом городе с женой.
С уважением,\n{Y}
Звонила {Y}, просила перезвонить.
Пациент {Y} выписан сегодня.
Договор подписал {Y}.
Я говорил с {Y} вчера.
Письмо для {Y} вернулось.
Имя: {Y}
اسمي {R} وأعيش هنا
السيد {R} طلب استرداد المبلغ
العميل: {R}
عزيزي {R}
قال {R} إن الطلب تأخر
שמי {H} ואני גר כאן
מר {H} ביקש החזר
לקוח: {H}
{H} אמר שההזמנה מאחרת
Με λένε {Z}
Αγαπητέ κύριε {Z},
Πελάτης: {Z}, αριθμός {N}
Ο κύριος {Z} είπε ότι όλα είναι έτοιμα.
`

// Texts without names of people.
const nobody = `
{W} {W}
{W} {W} {W}
{D} ERROR {V}: Connection Refused
{D} INFO Main Thread Started
{D} INFO {W} {W} Started
{D} INFO [{w}] {W} {w} {w} in {n} ms
{D} DEBUG {V}.{w} - {W} {W} Failed
{D} WARN [{V}] {W} {w} is {w}
{D} WARN Disk Usage {n}%
{D} host sshd[{N}]: Accepted publickey for root from 10.0.0.{n} port {N}
{D} host systemd[1]: Started {W} {W} Service.
{D} host kernel: {W} {W}: {w} {h}
{D} {w}.service: Main process exited, code=exited, status={n}/FAILURE
GET /Users/List HTTP/1.1
GET /{w}/{W}/{n}?id={N}&sort={w} 200 {n}ms
10.0.0.{n} - - [{D}] "GET /{w}/{w} HTTP/1.1" 200 {N} "-" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{n}.0 Safari/537.36"
{D} level=info msg="{W} {w}" component={w} id={U}
{D} level=error msg="{w} {w}" err="{W} {W}"
{"level":"info","msg":"{W} {W} {w}","service":"{w}"}
{"status":"{W}","code":{n},"type":"{V}","message":"{W} {w} {w}"}
{"country":"{L}","city":"{C}","currency":"EUR"}
{"product":"{X}","brand":"{O}","price":{n}}
{"action":"{w}","user":"admin","role":"{W}"}
user=admin action=login
user=root cmd={w}
user: {N}
user_id={U} name={w}-{w}
name={w} status={W}
name: {w}
name: {W} {W}
hostname={w}{n} region=eu-west-1
customer={N} status=active
customer: {O}
Customer: {O}, {C}
name="{w}" value="{w}"
"name": "{w}-{n}", "kind": "{V}"
<{w}>{W} {W}</{w}>
<status>{W}</status><code>{n}</code>
java.lang.{V}: {W} {w} {w}
\tat com.{w}.{w}.{V}.{w}({V}.java:{n})
Caused by: {V}: {W} {W}
Exception in thread "main" {V}
func ({w} *{V}) {W}{W}() error
import {w}.{w}.{V}
class {V} extends {V} {
SELECT * FROM {w} WHERE {w} = '{w}'
SELECT {W}, {W} FROM {W} WHERE {W} = '{W}'
SELECT Name, {W} FROM {W}
Name, {W}, {W}
Name;{W};{W}
il {w} di {C} è {w}
INSERT INTO {W} ({w}, {w}) VALUES ({n}, {n})
{U}
{h} {h}
v{v} released
{X} {v} is available
Upgrade to {X} {v}
{O} {v}
Build {v} ({h})
We moved here from {C}
We moved here from {L}
I'm in {C}, at the conference
I was in {C} with friends from {L}.
I live in {C}.
I once lived in {C}, {L}
The bus to {C} leaves from {C} Central at {n}:15
The {W} of {C} is {w}.
From {C} to {C} in {n} hours
{C}, {L}
{C}
{L}
{C}, {C} and {C}
in {C} or {C}
flights from {C} to {C} via {C}
{O}
I work for {O}
{O} is {w}
{O} and {O} signed a contract.
{O} of {C} was founded in {n}
The {O} Orchestra was founded in 1996.
{O} has invested in {w}
{O}, based in {C}, makes {w}.
The address of {O} is {A}
the {w} of {O} in {C}
The {W} {W} Company
The University of {C}
{C} University Hospital
The {C} Times
the {L} government said on Monday
The {W} Party won in {C}.
{o} & {o}
{o} & {o} {W}
{o} & Co
{o}, {o} & {o}
{W} & {W}
{w} at {o} & {o}
category = '{W}'
"size":"{W}","color":"{W} {W}"
"title":"{W} {W} of the {W}"
<{W}>{W}</{W}>
{W} Edition by {O}
{D} INFO {W} {W} {W} {W}
{D} {w}[{n}]: Started {W} {W} of {W} {W}.
{D} {w}[{n}]: Reached target {W} {W}.
{W} Service {W}
{W} {W} Timeout
{W} Eve
{W} Friday Sale
St. {g}
Santa {g}
San {g}
{g} Street
recorded in {C}
{w} in {C}
{o} Street is closed.
{o}, {o} and {o} LLC
{o} Group
{o} University
the {o} Foundation
{o} Ltd. of {C}
{o}-{o} Inc
{o} GmbH
{o} Orchestra
{o} Bank
{W} {o} Airport
{o} and Sons
Monday, March {n}
Happy Christmas and a good New Year
On Tuesday and Friday mornings
January, February and March
The {W} Act
See Chapter {n}, Section {n}
Table {n}: {W} {w}
{W} {n}, {W} {n}
Windows {n} and Ubuntu {n}.04 LTS
{W} is {w}.
{W} has {w} {w}.
{W} was {w} in the {w}.
The {W} {w} is {w} and {w}.
This {w} is {w}. {W} {w} {w}.
Is {w} {w}? {W} {w}!
How do I {w} my {w}?
{W}, {w} and {w}
{W} {w} {w} {w} {w}.
Please {w} the {w} {W}.
Thank you for your {w}.
Dear customer,
Dear Sir or Madam,
Dear Colleagues,
Hi all,
Hello World
Hello everyone, the {w} is {w}.
Hello {W}
Thanks for the {w}!
Thanks, {W} {w}
Best regards,\nYour {O} Team
Customer Service\n{O}
The patient is {w}.
Patient is a {n}-year-old man with {w}
The Customer shall {w}
my {w} is {w}
my {k} is {w}
My {k} likes {w}.
I told my {k} about {w}
the {k} of the {w}
What is your name?
my name is on the list
I called {O} about {w}
Ask the {w} about {C}.
Welcome to {C}
Welcome to {O}
Send it to {A}
I live at {A}.
Ship to: {A}
the meeting is at {A}
The restaurant is at {A}. It serves {w}.
It's in {A}
We meet at {O}, {A}
The title refers to {A} in {C}.
{A}
{A}\n{N}
The Beatles, Blur and Oasis
a {w} called {X}
{X} is a film of 1984
In {X}, the {w} is {w}
played in "{W} {W}"
the song "{W} the {W}" of 1973
an Italian restaurant, a Greek one and a Turkish one
We are proud {L} citizens
He speaks German, French and English.
{W}day mornings
North {C} and South {L}
my card {N} has expired
My IBAN is {h}
{M} {w}
TODO: {w} the {w}
NOTE: {W} {w} {w}.
WARNING: {w} {w}
{w} {w} {w} {w} {w} {w}.
{w} {w}, {w} {w} and {w}.
{w} the {w} of {w}
ALL {w} MUST BE {w}
FATAL: {w} {w}
[{V}] {w} {w}
{V} {V} {V}
{w}: {w} {w}, {w}={n}
{w}_{w}={w} {w}={N}
/{w}/{w}/{W}.{w}
https://www.{w}{w}.com/{w}/{W}
{e}
{W}{W}: {n}
Content-Type: application/json
X-{W}-Id: {U}
Authorization: Bearer {h}
Set-Cookie: {w}={h}; Path=/; Secure; HttpOnly
Host: {w}.{w}.org
Accept-Language: en-US,en;q=0.5
kubelet: Pod {w}-{h} Status Running
Successfully assigned {w}/{w}-{h} to node-{n}
Pulled image "{w}/{w}:{v}"
Back-off restarting failed container
Readiness probe failed: Get "http://10.0.0.{n}:8080/{w}"
{C}, {C}, {C} and {C}
{C}, {C} and {C} are {w}
{C} and {C}
{C} to {C}
Buongiorno, il {w} è {w}
Guten Tag, die {W} ist {w}
Buenos días, el {w}
Bonjour, la {w}
Contact person: {O}
Contact details
Thanks so much for the {w}
Nurse on duty
his {w} and her {w}
my {w}, your {w}
user {w} in the {w}
the user {w} {w}
the customer {w} the {w}
the author {w} {w}
the name of the {w}
name of {w} {w}
owner of the {w}
said the {w}
says {w} {w}
told the {w}
asked for {w} {w}
called {w}
called the {w}
meet the {w}
met {w} {w}
dear {w} {w}
thanks {w} {w}
met vriendelijke {w}
Level {W}
{W} {W} Low
{W}: {W}
{W}:\n{W} {W}
{W} presso {A}
{W} an: {A}
{W} : {A}
{W} ist die {A} in {C}.
Der {W} wohnt in der {A}.
{X} is a {n} {L} film about {w}
{X} is a comedy
in "{W} {W} {X}", which was {w}
have you seen {X}?
{O} has been sold to {O}, which later became {O} in 2012.
{O} was the idea of two {w} founders.
{O} is an agency based in {C}.
Looking to support {O} in {C} with its {w}.
I am in {C} for a business trip
I flew from {C} to {C} this morning from {L}.
The King of {L} arrived at {C} this morning from {L}.
The {W} {W} arrived at {C} from {L}.
The {L} {W} {W} have {w} over {w} disputes.
the {L} government began the process of {w}
she grew up in {C}
who grew up in {C}, {L}
the home city {C}: {O}, {O} and {O}
the companies {o}, {o} and {o} and {O}
{o}, {o} and {o} Orchestra
{o} and {o} Ltd. is {w}
to the orchestra of southern {L}
Place: {C} {W} Club
Where: {C} {W} Center
When: {D}\nWhere: {C}
this nice new {L} place downtown
serving northern {L}
a tour of {C}, {L}
{C} is in {L}
Let's meet at {O} in {C} on Thursday
{C} ({L})
{O} ({C})
the {W} {W} {W} of {L}
{W} {W}, {W} {W} and {W} {W}
the University of {C} in {L}
"Carry {W} to {L}" was sung in {n}
he answered on the {W} of {W}
Die Verbindung zum Server {w} wurde getrennt.
Der {W} ist {w} und die {W} auch.
Das {W} der {W} in {C} ist {w}.
Fehler beim Laden der Datei {w}.
Vielen Dank für Ihre {W}.
Ihre Bestellung {N} wurde am Montag versandt.
Die Lieferung nach {C} dauert {n} Tage.
Sehr geehrte Damen und Herren,
Mit freundlichen Grüßen\nIhr {O}
Wir sind ab {D} in der {A} zu finden.
La conexión con el servidor {w} falló.
El {w} de {C} es {w}.
Gracias por su {w}.
Estimados clientes:
La {w} del {W} es {w}.
Le serveur {w} ne répond pas.
Le {w} de {C} est {w}.
Merci pour votre {w}.
Madame, Monsieur,
La connessione al server è {w}.
Il {w} di {C} è {w}.
Grazie per il {w}.
O servidor {w} não responde.
A {w} de {C} é {w}.
De {w} van {C} is {w}.
Verbinding met {w} mislukt.
Połączenie z serwerem {w} zostało przerwane.
Anslutningen till {w} misslyckades.
Yhteys palvelimeen {w} katkesi.
Сервер не отвечает, ошибка {n}.
Заказ {N} отправлен в город {q}.
Москва, Санкт-Петербург и Казань
Мы переехали из города {q}.
Поезд в {q} опаздывает.
Склад в городе {q} закрыт.
Оплата прошла успешно.
Доставка займёт два дня.
Спасибо за обращение в службу поддержки.
Ваш заказ ждёт в пункте выдачи.
Карта заблокирована банком.
Уважаемые клиенты, магазин закрыт.
Россия, Украина и Польша
В понедельник офис не работает.
Η πληρωμή ολοκληρώθηκε με επιτυχία.
Αγαπητοί πελάτες, το κατάστημα είναι κλειστό.
الخادم لا يستجيب
تم شحن الطلب يوم الاثنين
شكرا لاستخدام الخدمة
המערכת אינה זמינה כרגע
ההזמנה נשלחה ביום שני
in English, Spanish, French and German
translated from Russian
Ο διακομιστής δεν απαντά, σφάλμα {n}.
Η παραγγελία {N} στάλθηκε στην Αθήνα.
`

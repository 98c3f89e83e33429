package email

import "github.com/habeas-data/habeas"

// The refusals. They are shared and never changed; none of them holds input.
var (
	errMissing    = refuse("missing", "Enter an e-mail address.")
	errTooLong    = refuse("too-long", "This e-mail address is too long. At most 64 characters may stand before the @ and 254 in all.")
	errEncoding   = refuse("encoding", "This e-mail address is damaged. Type it again.")
	errControl    = refuse("control", "This e-mail address contains a line break or a control character. Type it on one line.")
	errSpace      = refuse("space", "Leave out the space inside the e-mail address.")
	errAt         = refuse("at", "Write the e-mail address with exactly one @, like name@example.org.")
	errName       = refuse("display-name", "Write only the e-mail address, without a name or angle brackets.")
	errList       = refuse("list", "Enter one e-mail address only, without commas, semicolons or colons.")
	errComment    = refuse("comment", "Leave out the parentheses in the e-mail address.")
	errQuoted     = refuse("quoted", "Leave out quotation marks and backslashes in the e-mail address.")
	errLiteral    = refuse("literal", "Write the domain by its name after the @, not as a number in brackets.")
	errRoute      = refuse("route", "E-mail addresses with %, ! or | are not accepted, because mail to them can end up with somebody else.")
	errDots       = refuse("dots", "Remove the dot that stands at the start or the end, beside the @, or beside another dot.")
	errCharacter  = refuse("character", "This e-mail address contains a character that cannot be used in one. Use letters and digits.")
	errInvisible  = refuse("invisible", "This e-mail address contains an invisible character. Type it by hand instead of pasting it.")
	errCompat     = refuse("compatibility", "This e-mail address contains a special form of a letter, such as a full-width one. Type it with ordinary letters.")
	errFolding    = refuse("folding", "The part before the @ contains a letter that some mail systems confuse with i. Use the plain letter, or another address.")
	errMarks      = refuse("marks", "This e-mail address contains accents in a place where they cannot stand. Type it by hand instead of pasting it.")
	errScript     = refuse("script", "This e-mail address contains letters of a script that is not in use for addresses.")
	errMixed      = refuse("mixed-script", "This e-mail address mixes letters of different scripts in one word, which can imitate another address. Type it by hand.")
	errConfusable = refuse("confusable", "This e-mail address contains letters that look like other letters. Type it by hand with ordinary letters.")
	errDomain     = refuse("domain", "Check the part after the @: it is not a valid domain name.")
	errSingle     = refuse("single-label", "The part after the @ needs a dot and an ending, like example.org.")
	errTLD        = refuse("ending", "Check the ending of the address: after the last dot come letters, like org or com.")
)

func refuse(code, message string) *habeas.Error {
	return habeas.Invalid("email", message).WithCode("email." + code)
}

package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// problemType says of an error kind what it means and what to do. Its name is the end
// of “type” in a problem document (RFC 9457) and never changes.
type problemType struct {
	Type    string        `json:"type"`
	Status  int           `json:"status"` // the usual one; a code may have another
	Meaning string        `json:"meaning"`
	Todo    string        `json:"what_to_do"`
	Codes   []problemCode `json:"codes,omitempty"`
}

// problemCode is one way in which a problem of a type comes about: “code” in the
// document, as stable as the type.
type problemCode struct {
	Code    string           `json:"code"`
	Kind    habeas.ErrorKind `json:"-"`
	Type    string           `json:"type"`
	Status  int              `json:"status"`
	Meaning string           `json:"meaning"`
	Todo    string           `json:"what_to_do"`
}

// problem explains a type of problem, or one of its codes, in a sentence or two.
func (a *API) problem(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("type")
	if t, ok := typeNamed(name); ok {
		return explain(w, r, "Problem: "+name, t, t)
	}
	if c, ok := codeNamed(name); ok {
		return explain(w, r, "Problem: "+name, c, problemType{Type: c.Type, Status: c.Status, Meaning: c.Meaning, Todo: c.Todo})
	}
	return habeas.NotFound("There is no such type of problem.")
}

// explain answers a browser with a page, and a program with v.
func explain(w http.ResponseWriter, r *http.Request, title string, v any, t problemType) error {
	w.Header().Set("Vary", "Accept")
	if wantsPage(r) {
		return writePage(w, "problem", struct {
			Title string
			problemType
		}{title, t})
	}
	return edge.WriteJSON(w, http.StatusOK, v)
}

// wantsPage reports whether a browser asks.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func typeNamed(name string) (problemType, bool) {
	i := slices.IndexFunc(problemTypes, func(t problemType) bool { return t.Type == "/problems/"+name })
	if i < 0 {
		return problemType{}, false
	}
	t := problemTypes[i]
	for _, c := range problemCodes {
		if c.Type = "/problems/" + c.Kind.String(); c.Type == t.Type {
			t.Codes = append(t.Codes, c)
		}
	}
	return t, true
}

func codeNamed(name string) (problemCode, bool) {
	i := slices.IndexFunc(problemCodes, func(c problemCode) bool { return c.Code == name })
	if i < 0 {
		return problemCode{}, false
	}
	c := problemCodes[i]
	c.Type = "/problems/" + c.Kind.String()
	return c, true
}

func ofKind(k habeas.ErrorKind, status int, meaning, todo string) problemType {
	return problemType{Type: "/problems/" + k.String(), Status: status, Meaning: meaning, Todo: todo}
}

// problemTypes are all that there are.
var problemTypes = []problemType{
	ofKind(habeas.KindInternal, 500, "A fault of ours. Nothing was changed.", "Try again later; quote the incident when you ask us."),
	ofKind(habeas.KindInvalid, 400, "The request is wrong, and so it will be every time.", "Mend what “field” or “errors” name by their path in the body."),
	ofKind(habeas.KindUnauthenticated, 401, "The access token is missing, unknown, expired or ended.", "Get a new one at /oauth/token and send it as a Bearer token."),
	ofKind(habeas.KindForbidden, 403, "The request is understood, but this caller may not make it.", "Ask for a token with the scope named in WWW-Authenticate."),
	ofKind(habeas.KindNotFound, 404, "There is no such thing, or none that this caller may see.", "Check the address and the ids; other systems' tickets look as if they did not exist."),
	ofKind(habeas.KindConflict, 409, "The request contradicts what was said before, or somebody changed the thing meanwhile.", "Read it again, or use a new idempotency key for a new request."),
	ofKind(habeas.KindGone, 410, "It was there, and was used up, expired or erased.", "Do not ask for it again."),
	ofKind(habeas.KindTooLarge, 413, "The request is larger than the stated limit.", "Send less at once."),
	ofKind(habeas.KindTooMany, 429, "Too many requests in a short time.", "Wait as long as Retry-After says."),
	ofKind(habeas.KindUnavailable, 503, "The server is busy, stopping or short of disk. Nothing was changed.", "Wait as long as Retry-After says and send the same request again."),
	ofKind(habeas.KindSealed, 503, "The server runs, but waits for its master password.", "Try again later; its administrators have to unseal it."),
}

// problemCodes are the codes that a program can be answered, by kind.
var problemCodes = slices.Concat(
	entityCodes,
	of(habeas.KindInvalid, 400,
		"several", "More than one field is wrong.", "Look at “errors”: each has its own field, code and detail.",
		"json.syntax", "The body is not JSON.", "Check quotes, commas and escapes (RFC 8259).",
		"json.trailing", "There is something after the JSON value.", "Send exactly one value.",
		"json.duplicate", "A member is given twice.", "Send each member once.",
		"json.unknown", "A member is not known here.", "Use the names that “detail” lists, in the same case.",
		"json.type", "A member is of another type.", "Send what “detail” asks for.",
		"json.utf8", "The body is not UTF-8.", "Encode it as UTF-8.",
		"json.depth", "The body nests more than 32 deep.", "Send it as the schema has it.",
		"body.incomplete", "The connection ended before the body did.", "Send the request again.",
		"query.syntax", "The query of the address is not well formed.", "Encode parameters as a form does.",
		"query.unknown", "A parameter is not known here.", "Use the names that “detail” lists.",
		"query.duplicate", "A parameter is given twice.", "Give it once.",
		"kind.unknown", "The kind is neither person nor organisation.", "Use one of the two, or leave it away for a person.",
		"email.invalid", "This is not an e-mail address that mail reaches.", "Ask for the address again; send it as it was typed.",
		"email.differs", "“email” and “fields.contact.email” are two addresses.", "Send one of them.",
		"external_id.invalid", "The external id is longer than 200 bytes or holds characters that cannot be seen.", "Use your own plain id.",
		"party.unidentified", "There is neither an address nor an external id.", "Send one, so that the party can be found again.",
		"set.unknown", "There is no data set of this name.", "See GET /api/v1/schemas.",
		"field.unknown", "The data set has no field of this name.", "See GET /api/v1/schemas.",
		"field.invalid", "A value does not fit its field.", "“detail” says what is expected.",
		"reference.invalid", "This is not a reference that find-or-create returned.", "Send it unchanged.",
		"ticket.id", "The ticket has no id, or one longer than 200 bytes.", "Send the id under which you know it.",
		"ticket.version", "The version is no whole number from 1.", "Count the changes of the ticket, or leave it away.",
		"ticket.state", "The state is neither active nor cancelled.", "Use one of the two.",
		"ticket.title", "The title is longer than 300 bytes or holds characters that cannot be seen.", "Send a short plain title.",
		"ticket.starts", "This is neither a date nor a moment.", "Write 2026-05-03 or 2026-05-03T18:00:00Z.",
		"ticket.ends", "This is neither a date nor a moment.", "Write 2026-05-03 or 2026-05-03T18:00:00Z.",
		"ticket.role", "The role is longer than 100 bytes or holds characters that cannot be seen.", "Send a short plain word.",
		"ticket.term", "The term is longer than 100 bytes or holds characters that cannot be seen.", "Send a short plain text.",
		"ticket.booked_by", "Who booked is not named by a reference.", "Send the reference that find-or-create returned for them.",
		"idempotency.invalid", "The idempotency key is longer than 200 bytes, or there are two.", "Send one key.",
		"match.invalid", "If-Match is no entity tag, or there is no ticket that it could be about.", "Send the ETag as it was answered.",
		"cursor.invalid", "This is no cursor of this list, or another system's.", "Begin without a cursor.",
		"wait.invalid", "The time to wait is not between 0 and 30 seconds.", "Leave it away to be answered at once.",
		"webhook.url", "The address of the webhook cannot be called: it is no full https address, or inside a network that is not allowed.", "“detail” says which; the organisation can allow a network.",
		"webhook.types", "There is no event type of this name.", "Use those that the description lists, or none for all.",
		"limit.invalid", "The limit is not between 1 and 200.", "Leave it away for 50.",
		"query.size", "There are no parties, or more than 100.", "Name 1 to 100.",
		"consent.refused", "The consent code is mistyped, over, taken back or used: it is not said which.", "Ask the person for another one.",
		"consent.named", "A consent code names the party; there is an address or an external id besides.", "Leave them away.",
		"purpose.unknown", "The purpose is not on the list, or not given.", "Say question, booking, correction or incident.",
		"bulk.empty", "There are no items.", "Send 1 to 500.",
	),
	of(habeas.KindInvalid, 405, "method", "The address does not take this method.", "Allow names those that it takes."),
	of(habeas.KindInvalid, 415, "content-type", "The body is of another type, or compressed.", "Send application/json in UTF-8, plain."),
	of(habeas.KindUnauthenticated, 401, "token.invalid", "The access token is missing, unknown, expired or ended.", "Get a new one at /oauth/token."),
	of(habeas.KindForbidden, 403,
		"token.scope", "The token does not permit this.", "Ask for a token with the scope that WWW-Authenticate names.",
		"sandbox.none", "The system is for a sandbox, and this server has none.", "Ask the administrator for other credentials.",
		"cross-origin", "A page of another website sent this.", "Call the API from a server.",
		"framed", "The address was opened inside a frame.", "Open it in a window of its own.",
	),
	of(habeas.KindForbidden, 421, "host", "The server does not answer under this name.", "Use the address that the description names under “servers”."),
	of(habeas.KindNotFound, 404,
		"webhook.none", "Your system has no webhook.", "Set one with PUT /api/v1/webhook.",
		"ticket.none", "Your system has no such ticket.", "Check the id.",
		"ledger.none", "The ledger has no such part, or not yet.", "Read the checkpoint for its size.",
	),
	of(habeas.KindConflict, 409,
		"kind.changed", "You use this external id for a party of the other kind.", "Give a person and an organisation ids of their own.",
		"webhook.changed", "Somebody else changed the webhook meanwhile.", "Read it, and decide anew.",
		"system.ended", "Your system is disconnected.", "Ask the organisation.",
		"idempotency.reused", "The idempotency key was used for another request.", "Use a new key for a new request.",
		"ticket.stale", "The ticket has a newer version.", "Read it, and send a version that is not older.",
	),
	of(habeas.KindConflict, 412, "ticket.changed", "The ticket is not as If-Match says, or not there.", "Read it again and decide anew."),
	of(habeas.KindTooLarge, 413,
		"body.size", "The body is larger than the stated limit: 64 KiB, or 1 MiB for a bulk request.", "Send less at once.",
		"bulk.size", "There are more than 500 items.", "Send several requests.",
	),
	of(habeas.KindTooMany, 429,
		"rate.limited", "Your system sends more than its quota.", "Wait as long as Retry-After says.",
		"consent.limited", "Your system has sent too many consent codes that did not fit.", "Wait as long as Retry-After says; let nobody guess.",
		"rate.address", "Your system has named this address or external id more often than its quota.", "Wait as long as Retry-After says. It is the same for an address that nobody knows.",
	),
	of(habeas.KindUnavailable, 503,
		"busy", "The server works on as much as it can.", "Wait as long as Retry-After says and send the same again.",
		"server.stopping", "The server is stopping.", "Send the same again in a moment.",
		"memory.full", "The server has no protected memory left for a secret.", "Send the same again in a moment.",
		"disk.full", "The server's disk is full. Nothing was changed.", "Tell the organisation; send the same again later.",
		"disk.read-only", "The server cannot write. Nothing was changed.", "Tell the organisation; send the same again later.",
		"store.unknown", "The database was lost before it answered: whether this was saved is not known.", "Send the same again with the same Idempotency-Key: it ends as one write.",
		"store.unreachable", "The database cannot be reached. Nothing was changed.", "Send the same again in a moment.",
		"store.busy", "The database is busy. Nothing was changed.", "Send the same again in a moment.",
		"store.crowded", "The database takes no more connections. Nothing was changed.", "Tell the organisation; send the same again later.",
		"store.read-only", "The database takes no writes. Nothing was changed.", "Tell the organisation; send the same again later.",
		"keyring.database-unreachable", "The database of the keys cannot be reached. No record was changed.", "Send the same again in a moment.",
		"keyring.database-unsure", "The database of the keys was lost before it answered. No record was changed.", "Send the same again in a moment.",
		"keyring.database-unconfirmed", "No replica confirms what the database of the keys writes. No record was changed.", "Tell the organisation; send the same again later.",
		"keyring.database-busy", "The database of the keys is busy. No record was changed.", "Send the same again in a moment.",
		"keyring.database-read-only", "The database of the keys takes no writes. No record was changed.", "Tell the organisation; send the same again later.",
		"keyring.database-full", "The disk of the keys is full. No record was changed.", "Tell the organisation; send the same again later.",
		"keyring.list-behind", "An erasure elsewhere could not be noted here. No record was changed.", "Tell the organisation; send the same again later.",
	),
)

// of makes codes of one kind and status from a list of code, meaning and what to do.
func of(k habeas.ErrorKind, status int, words ...string) []problemCode {
	var out []problemCode
	for w := range slices.Chunk(words, 3) {
		out = append(out, problemCode{Code: w[0], Kind: k, Status: status, Meaning: w[1], Todo: w[2]})
	}
	return out
}

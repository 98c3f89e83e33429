package api

import (
	"slices"

	"github.com/habeas-data/habeas"
)

// entityCodes are the codes of the Entity Name System.
var entityCodes = slices.Concat(
	of(habeas.KindInvalid, 400,
		"entity.description", "The description cannot be kept like this.", "“field” and “detail” say what is wrong; POST /api/v1/entities:validate lists everything.",
		"access.invalid", "There is no such access flag.", "Use unsearchable, hidden, protected and published.",
		"external.scheme", "This is no name of a registry.", "Use lower case letters, such as ror or wikidata.",
		"external.value", "This is no identifier of that registry, or there is a slip in it.", "Copy it once more.",
		"url.invalid", "This is no address of the web.", "Send one that begins with https:// or http://.",
		"as-of.invalid", "This is neither a moment nor a day.", "Write 2026-05-03T18:00:00Z or 2026-05-03.",
		"entity.ticket", "The ticket is for another description or author, or over.", "Validate the description again.",
		"entity.ticket-needed", "There is neither a ticket nor a word why.", "Validate the description, or say why in “override”.",
		"entity.why", "The words why are shorter than 3 or longer than 500 characters.", "Say it in a sentence.",
		"entity.licence-words", "These words of the licence are not in force.", "Read the licence and send the number of its words.",
		"merge.others", "There are no others to merge, too many, or one twice.", "Name 1 to 100, each once, and not the survivor.",
		"merge.types", "The entities are of different types.", "Correct the type of one first.",
		"split.parts", "An entity is split into 2 to 100 parts.", "Send so many descriptions.",
		"author.invalid", "The certificate of the author is no DER in base 64.", "Send the identity certificate of the author.",
	),
	of(habeas.KindInvalid, 428, "match.missing", "An edit has to name the version that it is about.", "Send the ETag as it was answered in If-Match."),
	of(habeas.KindForbidden, 403,
		"entity.unregistered", "Only registered people write about entities.", "Use the port for certificates, with the certificate of your registration.",
		"entity.proof", "The sign-in was not proved by a key.", "Sign in by passkey or certificate.",
		"entity.protected", "Only administrators change this entity.", "Ask an administrator.",
		"entity.flags", "Only administrators set these flags.", "Leave them as they are, or ask an administrator.",
		"entity.steward", "Only administrators do this.", "Ask an administrator.",
		"entity.behalf", "The caller may not do this for somebody else.", "A trusted entity creator creates and edits for others, and nothing else.",
		"entity.licence", "The author has not accepted the contribution licence.", "Accept it once: POST /api/v1/entities:acceptLicence.",
		"author.none", "Nobody writes for others on this server.", "Leave “author” away.",
	),
	of(habeas.KindNotFound, 404,
		"entity.id", "This is no identifier: a character is wrong, or two changed places.", "Compare it with where you have it from.",
		"entity.unknown", "There is no such entity, or none that the caller may know of.", "Search for it.",
		"evolution.unknown", "There is no evolution of this number.", "See GET /api/v1/evolution.",
	),
	of(habeas.KindConflict, 409,
		"entity.candidates", "There are entities that may be the same.", "Look at the candidates; if none is meant, say why in “override”.",
		"entity.external-taken", "Another entity has one of the external identifiers.", "Edit that one, or merge the two.",
		"entity.locked", "Somebody else is changing the entity.", "Try again in a few minutes.",
		"entity.moved", "The identifier leads to another entity now.", "Follow it.",
		"entity.not-deleted", "What was said is destroyed of deleted entities only.", "Delete it first.",
		"undo.done", "It was undone, or is an undo.", "Nothing is to be done.",
		"undo.superseded", "A later evolution changed the identifiers again.", "Undo the one that “detail” names first.",
		"undo.edited", "One of the entities was edited since.", "Merge or delete it instead.",
	),
	of(habeas.KindConflict, 412, "entity.version", "Somebody has changed the entity meanwhile. In a body, where several versions are named, the status is 409.", "Read it again and decide anew."),
	of(habeas.KindGone, 410,
		"entity.deleted", "The entity was deleted.", "Do not ask for it again.",
		"undo.purged", "What was said of the entity was destroyed for good.", "Nothing brings it back.",
	),
	of(habeas.KindUnavailable, 503, "entity.preparing", "The index of entities is being prepared.", "Ask again in a moment."),
)

// Package party keeps records about people and organisations: what is held
// about a party, who said it and when, and who controls it.
//
// A record is a fold over immutable statements. Each statement is what one
// source (the person, staff, a connected system, an import) said about one party
// on one occasion. The current value of a field is the subject's own word first,
// then the newest, whoever supplied it; older values stay visible to the subject
// (PTY-2). Nothing is overwritten, so merges, splits and disputes can be undone.
//
// A party is unclaimed until an account that proved its address accepts it on the
// confirm screen (PTY-3). From then on the subject's word rules: what others say
// stays attached to their tickets and is no more than a proposal.
//
// The package holds types, rules and permission checks. It knows neither SQL nor
// HTTP; sqlstore implements its Store, and seals what it stores.
package party

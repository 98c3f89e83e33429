// Package audit says what happened to whom in a form that can be proved and
// forgotten. A domain hands an [Entry] to its Store together with the change;
// sqlstore writes the row and the ledger leaf in one transaction, and when the
// entry cannot be written the change does not happen (AUD-11).
//
// The public leaf holds a version, an event type, the hour, and a commitment:
// no subject, no name, no plain hash (AUD-10). The exact detail is sealed under
// the subject's key and around it the month's, so that the subject can open it and
// prove it, and erasure or the end of its time turns leaf and detail into noise
// while the tree still verifies.
package audit

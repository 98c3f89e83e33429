// Package directory asks an LDAP directory (RFC 4511) in which of the organisation's
// groups somebody is. It reads, and it asks about nobody else: for each address that it
// is given, one search for the person and one for each group that matters.
//
//	address ─► user filter, below the base ─► exactly one entry? ─► each group: is the entry a member?
//	                                      └─► none, or several: in no group
//
// What comes back is the least that answers the question: names of entries, no
// attributes, nothing of other people. Referrals are not followed, aliases not resolved:
// who answers is the server that the settings name, and it proves so by its certificate.
// There is no way to ask without TLS.
package directory

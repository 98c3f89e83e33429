// Package account holds who can sign in, by what, and what that opens. It is types
// and pure rules; it knows neither SQL nor HTTP.
//
// # From nobody to signed in
//
// Everything begins with a challenge, a row that can be used once:
//
//	typed address ─► mailed code ─┬─► address unknown ─► account made ─► signed in by code
//	invitation ─────────────────┤
//	first administrator's link ───┼─► account without passkey ───────► signed in by code
//	                              ├─► account with passkey ──────────► recovery, and nothing else
//	                              └─► account closed ────────────────► refused, told whom to ask
//	passkey ──────────────────────────────────────────────────────────► signed in by passkey
//	identity provider ─► connected ───────────────────────────────────► signed in by provider
//	                  ├─► new, and its word on the address is believed ► account made ─► signed in by provider
//	                  └─► new, else ──────────────────────────────────► nothing: a code first, or connect
//
// What a sign-in opens is not written into it: [ReachOf] decides at each request
// from its proof and from what the account holds now. The moment a passkey is added,
// every sign-in by code ends, on every device: only a code typed later recovers.
//
// # The rules
//
//   - A mailed code proves an address at one moment (ADR 0005). Opening a link
//     proves nothing and uses nothing up.
//   - A flow that began in a browser ends in that browser. Only an invitation, which
//     began in a mailbox, may be opened anywhere.
//   - Wrong, expired, used, superseded and foreign codes are one refusal.
//   - Guessing spends the tries of the challenge that is guessed at. Much guessing
//     at one address leaves its next challenges fewer tries ([TriesAfter]), never
//     none: nobody can lock another person out.
//   - Recovery starts at the main address only, and ends everything: sign-ins,
//     passkeys, further addresses, pending challenges, and the roles, which another
//     administrator has to give again. A stolen mailbox is thus worth no more than
//     what a mailbox may open.
//   - An identity provider opens an account that its person has connected, found by
//     issuer and subject. Its word on an address opens no account that is there, and no
//     role; whoever reads the mail of an address that stands on such a word alone
//     recovers the account, and what the provider let in is gone (ADR 0034).
//   - Roles belong to a proved address and count only in a sign-in proved by a
//     passkey (ADR 0008). [Roles] is the one seam that answers which an account has.
package account

// Package session is the session log: what a flow was asked, what it did and what it
// answered, so that operators can find out why somebody could not sign in, without
// seeing who it was.
//
// A session holds transactions, a transaction holds events: of the request, of the path
// through the flow, of the response (SLG-1).
//
//	log := session.Open(ctx, session.Options{Flow: "sign-in", Sink: journal, Clock: clock})
//	tx := log.Begin()
//	tx.Request("My username is JudeTheObscure")
//	name, err := tx.Seal("UserName", typed) // sealed, and known to the session's scrubber
//	tx.Response("Hi JudeTheObscure")        // is written without the name
//	tx.End()
//	log.Close(session.Completed)
//
// # What keeps people out of it
//
// Sensitive values are sealed (package sealed) and appear as the untraceable object. Every
// text goes through a scrubber of the session's own (package scrub), which knows the
// values sealed in it. A transaction is written when it ends, not before: a value that is
// sealed at the end of a transaction is known when its first text is scrubbed. A session
// has a random id and no account, address or network; its beginning is written to the ten
// minutes, and its steps by whole seconds since then.
//
// # Where it goes
//
// A [Journal] keeps JSON lines, one for each transaction, in files by day and size, for at
// most six months. [WriteXML] exports them in XML. A failure to write never stops a flow.
//
// Names of flows, steps, variables and parameters are constants of the program; a name
// that does not look like one is not written.
package session

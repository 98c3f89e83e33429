// Package edge is what pages and programs' endpoints share where a request
// enters: handlers that return errors and the one place that answers them
// ([Failures]), strict decoders for JSON and forms, the public origin that
// every link is built from, sign-in cookies, limits, and the headers and
// refusals that keep a browser safe ([Guard]).
//
// A request passes, from the outside in:
//
//	WithRequestID → Watch → Guard → MaxBody → Concurrency → PerClient → Mux → Handler
//
// Nothing here knows a domain or a store. What must outlive the process, such
// as the hash of a sign-in token, is handed out for a caller to store.
package edge

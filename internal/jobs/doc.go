// Package jobs carries out what a transaction promised to do later: mail,
// webhooks, notifications (the outbox), and what is to be done every so often
// (schedules).
//
// A job is a row that commits together with the change that caused it, so it
// exists if and only if the change does. A [Worker] claims due jobs under a
// lease, hands each to the handler of its kind, and records the outcome. The
// promise is at least once: when a node dies after the handler's effect and
// before the record of it, the job runs again once the lease has ended. A
// handler therefore uses the job's id as its idempotency key, as mail does for
// the Message-ID.
//
// Reasons that are stored or logged are short codes. The text of an error may
// hold somebody's address and goes nowhere.
package jobs

// Package webhook sends events to connected systems that would rather be told than ask
// (PTY-30): what a webhook is and how it may change, signatures after Standard Webhooks
// 1.0.0, and an HTTP client that goes nowhere it must not.
//
// An event is sent at least once, under the same id each time. The body is thin: it
// names a party by the receiver's own reference and holds no personal data, so that
// whoever reads it on the way, or finds it in the receiver's log, learns nothing.
package webhook

// Package app is the only place that wires things together: it opens the stores,
// runs the use cases that touch several domains in one transaction, and hands the
// pages and the API what they need. It holds no rule that a domain could hold.
package app

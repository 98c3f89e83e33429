// Package ledger is a tamper-evident log.
package ledger

// Package oracle holds ledger against Tessera, another implementation of the
// C2SP formats by other people. It holds only tests, in a module of its own,
// so that Tessera's dependencies stay out of the main one:
//
//	cd ledger/oracle && go test ./...
package oracle

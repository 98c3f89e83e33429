// Package oracle holds what pki issues against zlint, a linter of certificates and lists by
// other people. It holds only tests, in a module of its own, so that zlint's dependencies
// stay out of the main one:
//
//	cd internal/pki/oracle && go test ./...
package oracle

// Package sealcheck finds what the compiler cannot: plaintext of package sealed on its
// way to a place where it would be kept or shown. It is a pass for go/analysis, run as
//
//	go run ./cmd/sealcheck ./...                 (it calls go vet)
//	go vet -vettool=$(command -v sealcheck) ./...
//
// # What it follows
//
// The plaintext is the parameter of a function given to Use. From there it is followed
// through slices, conversions, variables, fields, closures and calls: within a package by
// reading the functions, across packages by facts, and through the standard library by a
// table (see tables.go). Comparing, hashing and arithmetic end the trail, because what
// comes out is no plaintext; handing bytes to an interface such as io.Writer or hash.Hash
// ends it too, because that is how a value is meant to be used.
//
// Memory is told apart by variable and field, not by time: a variable that held plaintext
// once is taken to hold it always.
//
// # Rules
//
// [Rules] lists them; each message says what to do instead. A finding that is right but
// wanted is allowed on its line or the line above, with a reason:
//
//	//sealcheck:allow path the value is the name of a public file
//
// An allowance without a reason, of an unknown rule, or of nothing is itself reported.
//
// # What it leaves out
//
// Test files, whose values are invented. The package sealed itself, which has to touch
// what it keeps. Modules of others: what they do with an argument is known only where
// tables.go says it.
package sealcheck

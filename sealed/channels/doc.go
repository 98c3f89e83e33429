// Package channels runs the ways in which a Go value leaves a process against package
// sealed. It holds only tests, in a module of its own, so that the loggers, encoders and
// printers it asks stay out of the main one:
//
//	cd sealed/channels && go test ./...
//	cd sealed/channels && go test -table               (the table, in Markdown)
//	cd sealed/channels && GOEXPERIMENT=jsonv2,runtimesecret go test -table
//
// # What is run
//
// There are 98 channels, SEAL-1 to SEAL-98: fmt, errors and panics, loggers, encoders,
// reflection, databases and HTTP, memory and the operating system. Each has one check or
// more, and each check runs twice: with the plaintext as an ordinary value (a string, a
// struct around one, an array, a number) and with the same plaintext sealed (Value, Of,
// Moved, types redefined from them, Store, Session). Both are tried by themselves and behind
// pointers, in exported and unexported fields, slices, maps, keys, interfaces and embedded.
// All that comes out, errors and panics included, is searched for the plaintext by package
// sealed/canary in every form that it knows, and for each eight bytes of it.
//
// What ends a process, and what looks at its memory, runs in a child: this test program,
// started again, which reads the plaintext from its standard input and nowhere else.
//
// # How to read the table
//
// The column plain says in how many of the checks the ordinary value leaked: all of them,
// or the test fails, because a check that finds nothing in the ordinary value proves
// nothing of the sealed one. The column sealed says in how many the sealed value leaked:
// none, or the test fails. "n with runtimesecret" are checks in which a function inside Use
// copies the plaintext itself; they must be none in a program built with
// GOEXPERIMENT=runtimesecret, and are counted but not judged in one without.
//
// Where the plaintext would have to be taken out by Use first (a panic text, an argument of
// a command), three things are asked: the ordinary way leaks, the way that package sealed
// has for it does not, and sealed/sealcheck finds the careless way (testdata/careless).
//
// A channel that is not run says why, and what stands for it.
//
// One way stays open with and without the experiment: a function inside Use that passes a
// copy of the plaintext as an argument by value shows it in a traceback that is made while
// it runs (SIGQUIT). Package sealed cannot prevent it; sealcheck finds the copy (SEAL-24).
package channels

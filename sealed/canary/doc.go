// Package canary proves that nothing sensitive was written down. A test invents values
// that nobody could write by chance, lets a program work with them as if they were about
// somebody, and then searches every byte that the program left:
//
//	w := canary.Watch(t)
//	who, code := w.Invent("person", canary.Name), w.Invent("code", canary.Code)
//	w.Files(dir)                             // searched when the test ends
//	server.Log = slog.New(w.Slog("log", slog.NewTextHandler(w.Writer("stderr", os.Stderr), nil)))
//	w.Allow("mail/*", "code", "the mail is how the code reaches its person")
//
// # What is found
//
// A value is found as typed, in upper and lower case, composed and decomposed, without
// its accents, by each long word of it, backwards, in JSON, XML, HTML, URLs,
// quoted-printable and Go quotes, in hex with and without separators, base64 and base32
// at every alignment, as lists of bytes, in UTF-16, and inside gzip, zlib, zip and zstd
// members wherever they begin. A finding says where, at which byte, which canary and in
// which form; never the value.
//
// # What is not
//
// Ciphertext. Text compressed in other ways: PostgreSQL may compress a value of more than
// 2 kB (TOAST). A value that a database has split over two pages, unless a word of it
// lies on one. For these a test compares the cells, or records the statements by
// [Watcher.Connector]. A value of fewer than [MinLen] bytes cannot be told from noise and
// is an error.
//
// # A search that could not fail is an error
//
// Each search proves itself: behind every file, recording and process there is a control
// value that has to be found through the same reader, or the search returns [ErrBlind].
// Nothing searched, such as an empty directory, is an error too. What only the test can
// prove, that a value would have reached the place at all, is proved by writing one there
// and asking for it with [Report.Require].
//
// All of a Set may be used by several goroutines at once. Requirement ANA-2.
package canary

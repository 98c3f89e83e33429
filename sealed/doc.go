// Package sealed holds values that can be used and cannot be written down.
//
// A password, a mailed code, a date of birth has to be at hand while somebody's session
// lasts, and must not reach a log, an error, a crash report or a disk. Go helps little:
// fmt, the encoders and every logger walk a value by reflection and print what they find
// in it, and a method set does not stop them at an unexported field. So a [Value] holds
// nothing to find. It is a random handle; the plaintext lies outside the Go heap, in
// memory that the kernel leaves out of core dumps, swap and children (see [Protection]),
// and is handed out only inside the function given to [Value.Use].
//
//	s := sealed.Open(ctx)
//	defer s.Close()                        // wipes every value of the session
//
//	code, err := s.Seal("sign-in code", typed) // typed is cleared
//	fmt.Println(code)                      // sign-in code
//	err = code.Use(func(plain []byte) error {
//		return check(plain)                // plain is valid until check returns
//	})
//
// # What the text forms say
//
// fmt, slog, text, XML and YAML forms are the label, which is the name of the kind of
// value and never depends on the value. The JSON form is an object of its own,
// {"untraceable-object":"sign-in code","cause":"untraceable object type"}. Binary forms,
// gob among them, fail with [ErrUntraceable], because a reader would restore garbage.
//
// # What it does not do
//
// A function inside Use can copy what it sees; the analyzer in sealed/sealcheck finds the
// usual ways. Whoever can run code in the process can call Use. The bytes that arrive
// from a network have been in somebody's buffer before Seal clears the one it is given.
//
// A Session and its Values may be used by several goroutines at once.
package sealed

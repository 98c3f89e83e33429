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
// # Ways in and out
//
// [Session.Seal] takes bytes, [SealOf] a number, date or struct of fixed size, and
// [Session.OpenHPKE] an input that the sender has encrypted to the session's own key. A
// [Store] keeps the values of a session under names. Where the plaintext has to leave the
// process, it does so without becoming a string: [Value.SetHeader] with [Transport] into an
// HTTP header, [Value.SQL] into a statement, [Value.Stdin] into a command.
//
// # What the text forms say
//
// fmt, slog, text, XML and YAML forms are the label, which is the name of the kind of
// value and never depends on the value. The JSON form is an object of its own,
// {"untraceable-object":"sign-in code","cause":"untraceable object type"}. Binary forms,
// gob among them, fail with [ErrUntraceable], because a reader would restore garbage. An
// error of a function given to Use comes out as [ErrOpaque], unless it is marked by
// [Public], and a panic as a [PanicError] without values: both may quote the plaintext.
//
// # Where the plaintext lies
//
// All sessions share one arena of chunks of 256 KiB at most, each between pages that nobody
// may touch. A value takes a slot of 32, 64, … 2048 bytes, or of 1, 2, 4, 8 or 17 pages of
// 4 KiB, eight bytes of it for the length, so that memory and timing tell the size
// class and not the length. Slots are wiped when their value ends.
//
// A new chunk is of the strongest kind that the system gives. Secret and locked memory
// count against RLIMIT_MEMLOCK (8 MiB is common, enough for more than 200,000 codes). When
// that is used up, or where the kernel has no memfd_secret, the next weaker kind is taken:
// values are then still off the heap, but may be swapped or be read by ptrace. [Limit]
// forbids weaker kinds, and sets the size (64 MiB) past which Seal returns [ErrFull]; all
// values sealed before go on. Memory once reserved is used again and not given back.
// [Report] says what is in use, for a health page.
//
// # What a use leaves behind
//
// When the function given to Use returns, the 4 KiB of stack below it are erased: hashes and
// ciphers leave copies of what they are given there. [Do] does so for what happens before a
// value is sealed. What the function puts on the heap stays there, and so does a stack that
// it has outgrown.
//
// With GOEXPERIMENT=runtimesecret, on linux/amd64 and linux/arm64, both run their function
// inside runtime/secret.Do: registers and the whole stack are erased, and heap that
// it has allocated at the next garbage collection, which Close forces. What it has put into
// memory that lives on is not erased: fmt keeps its buffers in a pool, so a value that was
// formatted inside Use stays there. The cost is a closure a use, and a collection a session.
//
// # What it does not do
//
// A function inside Use can copy what it sees; the analyzer in sealed/sealcheck finds the
// usual ways. Whoever can run code in the process can call Use. The bytes that arrive
// from a network have been in somebody's buffer before Seal clears the one it is given.
// Packages that are given a key may keep it on the heap; [Wipe] serves for some of them.
// [Harden] turns off dumps of the whole process.
//
// A Session, its Values and its Store may be used by several goroutines at once.
package sealed

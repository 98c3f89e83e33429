package keyring

// hidden keeps bytes where reflection does not go: behind a function. fmt
// follows an unexported field past any Formatter and prints what it points at
// (%s of a struct that holds a *Key would list its bytes); of a function it
// prints the address.
type hidden func() []byte

func hide(b []byte) hidden { return func() []byte { return b } }

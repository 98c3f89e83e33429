package keyring

import "unsafe"

// LookupSecret is Lookup of a value that must not become a string; it makes no copy.
func (r *Ring) LookupSecret(kind string, value []byte) LookupHash {
	return r.Lookup(kind, unsafe.String(unsafe.SliceData(value), len(value))) // nobody keeps it
}

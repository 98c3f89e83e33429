package word

// Eight bytes at a time, in a register.

const (
	ones = 0x0101010101010101
	// High is the high bit of each byte.
	High = 0x80 * ones
	// Small is the bit of each byte that small ASCII letters have and capitals have not.
	Small = 0x20 * ones
)

// Letters marks, with the high bit of each byte, the ASCII letters of eight bytes and all
// that is past ASCII.
func Letters(x uint64) uint64 {
	ascii := (x | Small) &^ High
	// Adding carries into the high bit of what is at least 'a', and of what is past 'z'.
	return (ascii+ones*(0x80-'a'))&^(ascii+ones*(0x80-'z'-1))&High | x&High
}

package wire

// unescape decodes a value of a form in place and returns its length. What is no valid
// escape stays as it is: no secret of this server has it.
func unescape(b []byte) int {
	n := 0
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(b) && hex(b[i+1]) < 16 && hex(b[i+2]) < 16:
			c = hex(b[i+1])<<4 | hex(b[i+2])
			i += 2
		}
		b[n] = c
		n++
	}
	clear(b[n:])
	return n
}

// hex is the value of a hexadecimal digit, 16 for anything else.
func hex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

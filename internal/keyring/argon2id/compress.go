package argon2id

import "math/bits"

// compress is the function G (3.5): it writes G(x, y) to dst, or adds it there by exclusive
// or. scratch is overwritten.
func compress(dst, x, y, scratch *block, add bool) {
	for i := range scratch {
		scratch[i] = x[i] ^ y[i]
	}
	if add {
		for i := range dst {
			dst[i] ^= scratch[i]
		}
	} else {
		*dst = *scratch
	}
	t := scratch
	for i := 0; i < words; i += 16 { // rows
		permute(&t[i], &t[i+1], &t[i+2], &t[i+3], &t[i+4], &t[i+5], &t[i+6], &t[i+7],
			&t[i+8], &t[i+9], &t[i+10], &t[i+11], &t[i+12], &t[i+13], &t[i+14], &t[i+15])
	}
	for i := 0; i < 16; i += 2 { // columns
		permute(&t[i], &t[i+1], &t[i+16], &t[i+17], &t[i+32], &t[i+33], &t[i+48], &t[i+49],
			&t[i+64], &t[i+65], &t[i+80], &t[i+81], &t[i+96], &t[i+97], &t[i+112], &t[i+113])
	}
	for i := range dst {
		dst[i] ^= t[i]
	}
}

// permute is the permutation P (3.6): a round of BLAKE2b with a multiplication in it.
func permute(p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15 *uint64) {
	a0, a1, a2, a3 := *p0, *p1, *p2, *p3
	b0, b1, b2, b3 := *p4, *p5, *p6, *p7
	c0, c1, c2, c3 := *p8, *p9, *p10, *p11
	d0, d1, d2, d3 := *p12, *p13, *p14, *p15

	a0, b0, c0, d0 = mix(a0, b0, c0, d0)
	a1, b1, c1, d1 = mix(a1, b1, c1, d1)
	a2, b2, c2, d2 = mix(a2, b2, c2, d2)
	a3, b3, c3, d3 = mix(a3, b3, c3, d3)

	a0, b1, c2, d3 = mix(a0, b1, c2, d3)
	a1, b2, c3, d0 = mix(a1, b2, c3, d0)
	a2, b3, c0, d1 = mix(a2, b3, c0, d1)
	a3, b0, c1, d2 = mix(a3, b0, c1, d2)

	*p0, *p1, *p2, *p3 = a0, a1, a2, a3
	*p4, *p5, *p6, *p7 = b0, b1, b2, b3
	*p8, *p9, *p10, *p11 = c0, c1, c2, c3
	*p12, *p13, *p14, *p15 = d0, d1, d2, d3
}

// mix is the function GB (3.6).
func mix(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -32)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -24)
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	d = bits.RotateLeft64(d^a, -16)
	c += d + 2*uint64(uint32(c))*uint64(uint32(d))
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

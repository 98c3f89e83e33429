package view

import "math/bits"

// block says what 64 bytes of a text are, in a bit for each. One look at each byte finds
// everything that may be encoded, and text that is not costs nothing more.
type block struct {
	symbol uint64 // of base64, the widest alphabet
	strong uint64 // digits and capitals, which codes have and few words
	escape uint64 // may begin an escape
	x      uint64 // may be that of 0x
}

// blockLen is the bytes of a block.
const blockLen = 64

// flags has what a byte is, in the lowest bits of four lanes of 16.
var flags = func() (t [256]uint64) {
	for c := range t {
		if class[c] != 0 {
			t[c] |= 1
		}
		if class[c]&(upperCase|number) != 0 {
			t[c] |= 1 << 16
		}
		if begins[c] != 0 {
			t[c] |= 1 << 32
		}
	}
	t['x'] |= 1 << 48
	t['X'] |= 1 << 48
	return t
}()

// lane puts the flags of 16 bytes in a row. It has no branch and no loop, so that the
// processor does several bytes at a time.
func lane(t *[256]uint64, b *[16]byte) uint64 {
	return t[b[0]] | t[b[1]]<<1 | t[b[2]]<<2 | t[b[3]]<<3 | t[b[4]]<<4 | t[b[5]]<<5 | t[b[6]]<<6 | t[b[7]]<<7 |
		t[b[8]]<<8 | t[b[9]]<<9 | t[b[10]]<<10 | t[b[11]]<<11 | t[b[12]]<<12 | t[b[13]]<<13 | t[b[14]]<<14 | t[b[15]]<<15
}

func blockOf(b *[blockLen]byte) block {
	v, w := lane(&flags, (*[16]byte)(b[:16])), lane(&flags, (*[16]byte)(b[16:32]))
	y, z := lane(&flags, (*[16]byte)(b[32:48])), lane(&flags, (*[16]byte)(b[48:]))
	const low = 1<<16 - 1
	return block{
		symbol: v&low | w&low<<16 | y&low<<32 | z<<48,
		strong: v>>16&low | w>>16&low<<16 | y>>16&low<<32 | z>>16<<48,
		escape: v>>32&low | w>>32&low<<16 | y>>32&low<<32 | z>>32<<48,
		x:      v>>48 | w>>48<<16 | y>>48<<32 | z>>48<<48,
	}
}

// word reports that the run of symbols from a place on ends in the block and has neither
// digits nor capitals, so that it is no code.
func (b *block) word(at int) bool {
	n := bits.TrailingZeros64(^(b.symbol >> at))
	return n >= minRun && at+n < blockLen && b.strong>>at&(1<<n-1) == 0
}

// marks are the blocks of a part of a text, and one block of nothing after them.
type marks struct {
	from, to int
	blocks   []block
}

func (m *marks) read(text []byte, from, to int) {
	m.from, m.to, m.blocks = from, to, m.blocks[:0]
	text = text[from:to]
	for len(text) >= blockLen {
		m.blocks = append(m.blocks, blockOf((*[blockLen]byte)(text)))
		text = text[blockLen:]
	}
	var rest [blockLen]byte
	copy(rest[:], text)
	m.blocks = append(m.blocks, blockOf(&rest), block{})
	clear(rest[:])
}

// end is where the run of symbols ends that holds the byte at i.
func (m *marks) end(i int) int {
	i -= m.from
	for w, at := i/blockLen, i%blockLen; ; w, at = w+1, 0 {
		if gaps := ^m.blocks[w].symbol >> at; gaps != 0 {
			return m.from + w*blockLen + at + bits.TrailingZeros64(gaps)
		}
	}
}

// strong reports a digit or capital from i on before j.
func (m *marks) strong(i, j int) bool {
	i, j = i-m.from, j-m.from
	for w, at := i/blockLen, i%blockLen; w*blockLen < j; w, at = w+1, 0 {
		if s := m.blocks[w].strong >> at; s != 0 {
			return w*blockLen+at+bits.TrailingZeros64(s) < j
		}
	}
	return false
}

// codes says where in a block codes may begin: runs of minRun symbols, rows of pairs of
// symbols with one or two bytes between, and 0x.
func (m *marks) codes(w int, before uint64) uint64 {
	b, next := &m.blocks[w], m.blocks[w+1].symbol
	s := b.symbol
	if s == 0 {
		return 0
	}
	first := s &^ (s<<1 | before>>(blockLen-1))
	ahead := func(n int) uint64 { return s>>n | next<<(blockLen-n) }
	two, third := first&ahead(1), ahead(2)
	run := two & third & ahead(3) & ahead(4) & ahead(5)
	pairs := uint64(0)
	if p := two &^ third; p != 0 {
		pairs = p & ahead(3) & ahead(4) &^ ahead(5) & ahead(6) & ahead(7) &^ ahead(8) & ahead(9) & ahead(10) &^ ahead(11)
		pairs |= p &^ ahead(3) & ahead(4) & ahead(5) &^ ahead(6) &^ ahead(7) & ahead(8) & ahead(9) &^ ahead(10) &^ ahead(11) & ahead(12) & ahead(13) &^ ahead(14)
	}
	return run | pairs | b.x
}

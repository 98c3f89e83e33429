package scan

// The loop over the bytes looks at four of them at a time, by five bits of each, so that the
// case of letters does not matter: grams. A filter tells nearly always whether one begins a
// word or stands in a name that matters, and costs one look.
const (
	gramLen  = 4
	gramMask = 1<<(5*gramLen) - 1
)

// gram is what four bytes may be.
type gram struct {
	mix  uint32      // the bytes, and a bit that says that there is one
	word bool        // the beginning of a word that announces something
	keys []*provider // those whose prefix begins so
	name *service    // part of its name
}

const isGram = 1 << 31

// mixed adds a byte to a mix of the bytes before it.
func mixed(mix uint32, c byte) uint32 { return (mix<<5 | uint32(c&31)) & gramMask }

// mixedBefore is the mix of the bytes before i.
func mixedBefore(t []byte, i int) uint32 {
	if i < gramLen-1 || i > len(t) {
		return mixed(mixed(mixed(0, at(t, i-3)), at(t, i-2)), at(t, i-1))
	}
	b := t[i-3 : i : i]
	return uint32(b[0]&31)<<10 | uint32(b[1]&31)<<5 | uint32(b[2]&31)
}

// scattered spreads a mix over sixteen bits.
func scattered(mix uint32) uint32 { return mix * 2654435769 >> 16 }

// index finds grams. Its filter has a bit for each that there is.
type index struct {
	filter [1 << (5*gramLen - 6)]uint64
	table  [1 << 13]gram
}

// gram is the gram with a mix, or nil.
func (x *index) gram(mix uint32) *gram {
	for i := scattered(mix); ; i++ {
		g := &x.table[i%uint32(len(x.table))]
		if g.mix == mix|isGram {
			return g
		}
		if g.mix == 0 {
			return nil
		}
	}
}

// at is the place of the gram of four bytes, which is made if there is none.
func (x *index) at(b []byte) *gram {
	var mix uint32
	for _, c := range b {
		mix = mixed(mix, c)
	}
	x.filter[mix>>6] |= 1 << (mix & 63)
	h := scattered(mix)
	for ; ; h++ {
		if g := &x.table[h%uint32(len(x.table))]; g.mix == mix|isGram || g.mix == 0 {
			g.mix = mix | isGram
			return g
		}
	}
}

// each calls f for the grams that begin with up to four bytes and go on with others of an
// alphabet; 0 stands for any.
func (x *index) each(b []byte, alphabet uint8, f func(*gram)) {
	if len(b) >= gramLen {
		f(x.at(b[:gramLen]))
		return
	}
	for c := range 256 {
		if alphabet == 0 && c < 32 || alphabet != 0 && has(byte(c), alphabet) {
			x.each(append(b[:len(b):len(b)], byte(c)), alphabet, f)
		}
	}
}

// grams are those of words that announce something, prefixes of keys, and names.
var grams = func() *index {
	x := &index{}
	for _, w := range announcing {
		x.each([]byte(w), 0, func(g *gram) { g.word = true })
	}
	for i := range providers {
		v := &providers[i]
		before := map[*gram]bool{} // several bytes have one mix
		x.each([]byte(v.prefix), v.alphabet, func(g *gram) {
			if !before[g] {
				before[g] = true
				g.keys = append(g.keys, v)
			}
		})
	}
	for i := range services {
		s := &services[i]
		x.each([]byte(s.name[s.trigger:]), 0, func(g *gram) { g.name = s })
	}
	return x
}()

package text

import "slices"

// EditKind is what was done to a string.
type EditKind uint8

// Kinds of edits.
const (
	Insert      EditKind = iota + 1 // a rune too many
	Delete                          // a rune that is missing
	Substitute                      // another rune in its place
	Transpose                       // two neighbours changed places
	InsertSpace                     // a word in two
	DeleteSpace                     // two words in one
)

// Edit is one step from a string to another.
type Edit struct {
	Kind EditKind
	At   int  // in runes of the first string
	From rune // what stood there; 0 for inserts. Of a transposition the first one
	To   rune // what stands there now; 0 for deletions. Of a transposition the second one
	// Near says that it is a slip of the finger: the runes are neighbours on a QWERTY,
	// QWERTZ or AZERTY keyboard, or what was inserted or deleted repeats its neighbour
	// or lies beside it.
	Near bool
}

// Costs of edits in the alignment. Only their order matters: of alignments with
// equally many edits the one with more slips of the finger is more likely.
const (
	costEdit = 100
	costNear = 98
)

// Edits returns the steps that lead from a to b in order, [Distance] many. Of several
// ways the one is taken that fingers take. It is for explaining a few pairs, and for
// estimating how likely an error is: work and memory are the product of the lengths
// without what both begin and end with, at most [MaxRunes] each.
func Edits(a, b string) []Edit {
	x, y := runes(nil, a), runes(nil, b)
	begin := 0
	for begin < min(len(x), len(y)) && x[begin] == y[begin] {
		begin++
	}
	// One equal rune stays, so that a doubled letter is seen.
	begin = max(begin-1, 0)
	for len(x) > begin+1 && len(y) > begin+1 && x[len(x)-1] == y[len(y)-1] && x[len(x)-2] == y[len(y)-2] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	t := align(x[begin:], y[begin:])
	edits := t.back()
	for i := range edits {
		edits[i].At += begin
	}
	return edits
}

// alignment is the table of the cheapest ways from each beginning of x to each of y.
type alignment struct {
	x, y []rune
	cost []int32 // row after row, one row for each beginning of x
}

func align(x, y []rune) *alignment {
	t := &alignment{x, y, make([]int32, (len(x)+1)*(len(y)+1))}
	for i := 0; i <= len(x); i++ {
		for j := 0; j <= len(y); j++ {
			if i > 0 || j > 0 {
				t.cost[t.cell(i, j)], _ = t.step(i, j)
			}
		}
	}
	return t
}

func (t *alignment) cell(i, j int) int { return i*(len(t.y)+1) + j }

// step returns the cheapest last step to (i, j), with Kind 0 when nothing changes.
func (t *alignment) step(i, j int) (int32, Edit) {
	best, edit := int32(1<<30), Edit{}
	try := func(from int, e Edit) {
		cost := t.cost[from]
		switch {
		case e.Kind == 0:
		case e.Near:
			cost += costNear
		default:
			cost += costEdit
		}
		if cost < best {
			best, edit = cost, e
		}
	}
	x, y := t.x, t.y
	if i > 0 && j > 0 {
		if x[i-1] == y[j-1] {
			try(t.cell(i-1, j-1), Edit{})
		} else {
			try(t.cell(i-1, j-1), Edit{Substitute, i - 1, x[i-1], y[j-1], Neighbours(x[i-1], y[j-1])})
		}
	}
	if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] && x[i-1] != x[i-2] {
		try(t.cell(i-2, j-2), Edit{Transpose, i - 2, x[i-2], x[i-1], true})
	}
	if i > 0 {
		e := Edit{Delete, i - 1, x[i-1], 0, beside(x, i-1)}
		if x[i-1] == ' ' {
			e.Kind, e.Near = DeleteSpace, true
		}
		try(t.cell(i-1, j), e)
	}
	if j > 0 {
		e := Edit{Insert, i, 0, y[j-1], beside(y, j-1)}
		if y[j-1] == ' ' {
			e.Kind, e.Near = InsertSpace, true
		}
		try(t.cell(i, j-1), e)
	}
	return best, edit
}

// back walks the cheapest way from the end.
func (t *alignment) back() []Edit {
	var edits []Edit
	for i, j := len(t.x), len(t.y); i > 0 || j > 0; {
		_, e := t.step(i, j)
		switch e.Kind {
		case 0, Substitute:
			i, j = i-1, j-1
		case Transpose:
			i, j = i-2, j-2
		case Delete, DeleteSpace:
			i--
		default:
			j--
		}
		if e.Kind != 0 {
			edits = append(edits, e)
		}
	}
	slices.Reverse(edits)
	return edits
}

// beside says that s[i] repeats one of its neighbours or lies beside it on a keyboard.
func beside(s []rune, i int) bool {
	for _, k := range [2]int{i - 1, i + 1} {
		if k >= 0 && k < len(s) && (s[k] == s[i] || Neighbours(s[k], s[i])) {
			return true
		}
	}
	return false
}

// Neighbours says that two lower-case letters or digits lie beside each other on a
// QWERTY, QWERTZ or AZERTY keyboard.
func Neighbours(a, b rune) bool {
	i, j := key(a), key(b)
	return i >= 0 && j >= 0 && neighbours[i]&(1<<j) != 0
}

// key numbers the keys from 0; -1 is none.
func key(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return int(r - 'a')
	case r >= '0' && r <= '9':
		return int(r-'0') + 26
	}
	return -1
}

var neighbours = func() (t [36]uint64) {
	for _, rows := range [][]string{
		{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"},
		{"1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"},
		{"1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"},
	} {
		for y, row := range rows {
			for x, r := range row {
				// A key touches the next one and, as rows are shifted to the right, the
				// two below it: its own column and the one before.
				touch := func(row, column int) {
					if row < len(rows) && column >= 0 && column < len(rows[row]) {
						i, j := key(r), key(rune(rows[row][column]))
						t[i] |= 1 << j
						t[j] |= 1 << i
					}
				}
				touch(y, x+1)
				touch(y+1, x)
				touch(y+1, x-1)
			}
		}
	}
	// Who sits at the wrong layout takes one for the other.
	for _, pair := range []string{"yz", "wz"} {
		i, j := key(rune(pair[0])), key(rune(pair[1]))
		t[i] |= 1 << j
		t[j] |= 1 << i
	}
	return t
}()

package keyring

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// A recovery code has eight groups of five characters. Four of each carry 20
// bits, the fifth checks them.
const (
	codeGroups = 8
	groupData  = 4
	groupSize  = groupData + 1
	codeBytes  = codeGroups * groupData * 5 / 8 // 160 bits
)

// crockford has no I, L, O, U: nothing in it is mistaken for something else.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var crockfordCoding = base32.NewEncoding(crockford).WithPadding(base32.NoPadding)

// RecoveryKit is the second way to the root key, for the day the master
// password is lost: 160 random bits to be printed and locked away. It is in no
// file of ours, and in sealed memory until Close.
type RecoveryKit struct {
	secret Password // codeBytes bytes
}

func newRecoveryKit() RecoveryKit {
	b := make([]byte, codeBytes)
	rand.Read(b)
	return RecoveryKit{secret: NewPassword(b)}
}

// Close wipes the kit. It may be called more than once.
func (k RecoveryKit) Close() { k.secret.Close() }

// WriteCode writes the code for printing, "XXXXX-XXXXX-…", eight groups in
// Crockford's base32, in one piece. After Close, and for the zero kit, it is ErrClosed.
func (k RecoveryKit) WriteCode(w io.Writer) error {
	var said error
	err := k.secret.value.Use(func(secret []byte) error {
		var data [codeGroups * groupData]byte
		code := make([]byte, 0, codeGroups*(groupSize+1)) // a writer's argument is on the heap
		defer clear(code[:cap(code)])
		defer clear(data[:])
		crockfordCoding.Encode(data[:], secret)
		for g := range codeGroups {
			part := data[g*groupData : (g+1)*groupData]
			code = append(append(code, part...), crockford[checkOf(part, g)], '-')
		}
		_, said = w.Write(code[:len(code)-1])
		return nil
	})
	if err != nil {
		return ErrClosed
	}
	return said
}

// Format implements fmt.Formatter: only [RecoveryKit.WriteCode] reveals the code.
func (k RecoveryKit) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keyring.RecoveryKit") }

// checkOf computes the check character of group number g: the sum of its
// characters weighted by powers of a generator of GF(32), plus g. It detects
// every wrong character, every exchange of two, and groups out of order.
func checkOf(part []byte, g int) int {
	sum := g
	for i := range len(part) {
		v := strings.IndexByte(crockford, part[i])
		for range i + 1 {
			if v <<= 1; v&32 != 0 {
				v ^= 0b100101 // x⁵ + x² + 1
			}
		}
		sum ^= v
	}
	return sum
}

// ParseRecoveryCode reads a code as people type it: in any case, with or
// without hyphens and spaces, O for 0, I and L for 1. An error names the first
// group that is mistyped; it never repeats the input.
func ParseRecoveryCode(code Password) (kit RecoveryKit, err error) {
	err = code.use(func(typed []byte) error {
		var t typedCode
		defer t.clear()
		groups, err := t.split(typed)
		if err != nil {
			return err
		}
		for g, group := range groups {
			if !groupValid(group, g) {
				return habeas.Invalid("code", "Group {group} of the recovery code is mistyped.").
					WithCode("keyring.recovery-group").With("group", strconv.Itoa(g+1))
			}
			copy(t.data[g*groupData:], group[:groupData])
		}
		secret := make([]byte, codeBytes)
		if _, err := crockfordCoding.Decode(secret, t.data[:]); err != nil {
			return habeas.Internal(errors.New("keyring: a code whose groups are valid does not decode"))
		}
		kit = RecoveryKit{secret: NewPassword(secret)}
		return nil
	})
	return kit, err
}

func groupValid(group []byte, g int) bool {
	if len(group) != groupSize {
		return false
	}
	for _, c := range group {
		if strings.IndexByte(crockford, c) < 0 {
			return false
		}
	}
	return crockford[checkOf(group[:groupData], g)] == group[groupData]
}

// typedCode is a code while it is read.
type typedCode struct {
	text [4 * codeGroups * groupSize]byte // more is no code, whatever the spaces
	data [codeGroups * groupData]byte
}

func (t *typedCode) clear() { *t = typedCode{} }

// split normalises the characters and finds the groups: by their separators
// when there are eight (then a missing character is blamed on its own group),
// else by counting.
func (t *typedCode) split(code []byte) (groups [codeGroups][]byte, err error) {
	wrong := habeas.Invalid("code", "A recovery code has eight groups of five characters.").
		WithCode("keyring.recovery-length")
	if len(code) > len(t.text) {
		return groups, wrong
	}
	var starts [codeGroups + 1]int
	n, count, inside := 0, 0, false
	for len(code) > 0 {
		c, size := utf8.DecodeRune(code)
		if strings.ContainsRune("-–‐ \t\r\n", c) {
			inside = false
		} else {
			if !inside {
				starts[min(count, codeGroups)] = n
				count++
			}
			inside = true
			copy(t.text[n:], code[:size])
			t.text[n] = normal(t.text[n])
			n += size
		}
		code = code[size:]
	}
	switch {
	case count == codeGroups:
		starts[codeGroups] = n
	case n == codeGroups*groupSize:
		for g := range starts {
			starts[g] = g * groupSize
		}
	default:
		return groups, wrong
	}
	for g := range groups {
		groups[g] = t.text[starts[g]:starts[g+1]]
	}
	return groups, nil
}

// normal is the character that was meant.
func normal(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return c
}

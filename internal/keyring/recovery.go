package keyring

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"io"
	"strconv"
	"strings"

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
// file of ours.
type RecoveryKit struct {
	secret hidden // codeBytes bytes
}

func newRecoveryKit() RecoveryKit {
	b := make([]byte, codeBytes)
	rand.Read(b)
	return RecoveryKit{secret: hide(b)}
}

// Code returns the code for printing, "XXXXX-XXXXX-…", eight groups in
// Crockford's base32. It is empty for the zero kit.
func (k RecoveryKit) Code() string {
	if k.secret == nil {
		return ""
	}
	data := crockfordCoding.EncodeToString(k.secret())
	groups := make([]string, codeGroups)
	for g := range groups {
		part := data[g*groupData : (g+1)*groupData]
		groups[g] = part + string(crockford[checkOf(part, g)])
	}
	return strings.Join(groups, "-")
}

// Format implements fmt.Formatter: only [RecoveryKit.Code] reveals the code.
func (k RecoveryKit) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keyring.RecoveryKit") }

// checkOf computes the check character of group number g: the sum of its
// characters weighted by powers of a generator of GF(32), plus g. It detects
// every wrong character, every exchange of two, and groups out of order.
func checkOf(part string, g int) int {
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
func ParseRecoveryCode(code string) (RecoveryKit, error) {
	groups, err := splitCode(code)
	if err != nil {
		return RecoveryKit{}, err
	}
	var data strings.Builder
	for g, group := range groups {
		if !groupValid(group, g) {
			return RecoveryKit{}, habeas.Invalid("code", "Group {group} of the recovery code is mistyped.").
				WithCode("keyring.recovery-group").With("group", strconv.Itoa(g+1))
		}
		data.WriteString(group[:groupData])
	}
	b, err := crockfordCoding.DecodeString(data.String())
	if err != nil {
		return RecoveryKit{}, habeas.Internal(err) // the groups were checked
	}
	return RecoveryKit{secret: hide(b)}, nil
}

func groupValid(group string, g int) bool {
	if len(group) != groupSize {
		return false
	}
	for i := range len(group) {
		if strings.IndexByte(crockford, group[i]) < 0 {
			return false
		}
	}
	return crockford[checkOf(group[:groupData], g)] == group[groupData]
}

// splitCode normalises the characters and finds the groups: by their
// separators when there are eight (then a missing character is blamed on its
// own group), else by counting.
func splitCode(code string) ([]string, error) {
	const longest = 4 * codeGroups * groupSize // more is no code, whatever the spaces
	if len(code) <= longest {
		code = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code))
		groups := strings.FieldsFunc(code, func(c rune) bool {
			return c == '-' || c == '–' || c == '‐' || c == ' ' || c == '\t' || c == '\r' || c == '\n'
		})
		if len(groups) == codeGroups {
			return groups, nil
		}
		if all := strings.Join(groups, ""); len(all) == codeGroups*groupSize {
			groups = groups[:0]
			for g := range codeGroups {
				groups = append(groups, all[g*groupSize:(g+1)*groupSize])
			}
			return groups, nil
		}
	}
	return nil, habeas.Invalid("code", "A recovery code has eight groups of five characters.").
		WithCode("keyring.recovery-length")
}

package email

import (
	"strings"
	"unicode/utf8"
)

// Mask shows an address partly, as t••@e•••••.org, so that its owner knows it
// and others learn little: the numbers of dots are fixed, and a part of one
// character is hidden whole.
func Mask(a Address) string {
	if a.IsZero() {
		return ""
	}
	local, host, _ := strings.Cut(a.display, "@")
	name, ending := host, ""
	if i := strings.LastIndexByte(host, '.'); i >= 0 {
		name, ending = host[:i], host[i:]
	}
	return maskWord(local, 2) + "@" + maskWord(name, 5) + ending
}

func maskWord(s string, dots int) string {
	_, n := utf8.DecodeRuneInString(s)
	if n == len(s) {
		return strings.Repeat("•", dots+1)
	}
	return s[:n] + strings.Repeat("•", dots)
}

package view

// apart are the bytes that separate letters and codes, and begin and end no escape.
var apart = func() (t [256]bool) {
	for _, c := range []byte(" \t\r\n\"'()[]{<>,:=|!?#$*.") {
		t[c] = true
	}
	return t
}()

// Apart reports that a value between two texts can be masked without a change to the letters
// and codes beside it: see FindContext.
func Apart(before, value, after []byte) bool {
	return apartBefore(before, value) && apartAfter(value, after)
}

func apartBefore(t, value []byte) bool {
	n := len(t)
	if n == 0 {
		return true
	}
	if !apart[t[n-1]] {
		return false
	}
	for k := 0; k < 3 && n > 0 && isBetween(t[n-1]); k++ {
		n--
	}
	if n > 1 && n < len(t) && pair(t[n-2], t[n-1]) {
		return false // of a row of pairs
	}
	for n = len(t); n > 0 && t[n-1] <= ' '; n-- {
		if t[n-1] != '\n' {
			continue
		}
		if n > 1 && t[n-2] == '\r' {
			n--
		}
		return n < 2 || t[n-2] != '=' && t[n-2] != '\\' && symbols(value, 0) < minLine && symbolsBefore(t, n-1) < minLine
	}
	return true
}

func apartAfter(value, t []byte) bool {
	if len(t) == 0 {
		return true
	}
	if !apart[t[0]] || t[0] == '=' && quotes(t, 1) {
		return false
	}
	k := 0
	for k < 3 && k < len(t) && isBetween(t[k]) {
		k++
	}
	if k > 0 && k+1 < len(t) && pair(t[k], t[k+1]) {
		return false
	}
	for k = 0; k < 2 && k < len(t); k++ {
		if t[k] == '\n' {
			return symbolsBefore(value, len(value)) < minLine
		}
	}
	return true
}

// pair reports two hex digits, or 0x.
func pair(a, b byte) bool { return hexDigit[a] < 16 && (hexDigit[b] < 16 || b|0x20 == 'x') }

// symbols is how many symbols of a code stand at t[i], up to those of a line.
func symbols(t []byte, i int) (n int) {
	for n < minLine && i+n < len(t) && class[t[i+n]] != 0 {
		n++
	}
	return n
}

// symbolsBefore is how many symbols end at t[i], up to those of a line.
func symbolsBefore(t []byte, i int) (n int) {
	for n < minLine && n < i && class[t[i-n-1]] != 0 {
		n++
	}
	return n
}

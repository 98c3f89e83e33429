package scan

// two reads two digits at i, or -1.
func two(t []byte, i int) int {
	if !has(at(t, i), isDigit) || !has(at(t, i+1), isDigit) {
		return -1
	}
	return int(t[i]-'0')*10 + int(t[i+1]-'0')
}

// isoDate is the end of the date at i, and of the time after it, or 0: 2026-11-23,
// 2026/11/23 08:00:25.123+01:00.
func isoDate(t []byte, i int) int {
	sep := at(t, i+4)
	if year := two(t, i); year < 17 || year > 21 || at(t, i+7) != sep {
		return 0
	}
	if !monthDay(two(t, i+5), two(t, i+8)) || has(at(t, i+10), isDigit) {
		return 0
	}
	e := i + 10
	if c := at(t, e); c == 'T' || c == 't' || c == ' ' || c == '_' || c == ':' {
		if k := clock(t, e+1); k > 0 {
			return k
		}
	}
	if c := at(t, e); has(c, isAlnum) || (c == '-' || c == '.') && has(at(t, e+1), isDigit) {
		return 0
	}
	return e
}

func monthDay(month, day int) bool { return month >= 1 && month <= 12 && day >= 1 && day <= 31 }

// clock is the end of the time of day at i, or 0: 08:00, 08:00:25.123, 08:00:25Z,
// 08:00:25+01:00. A hardware address is none.
func clock(t []byte, i int) int {
	h, m := two(t, i), two(t, i+3)
	if at(t, i+2) != ':' || h < 0 || h > 24 || m < 0 || m > 59 {
		return 0
	}
	e := i + 5
	if s := two(t, e+1); at(t, e) == ':' && s >= 0 && s <= 60 {
		e += 3
		if c := at(t, e); (c == '.' || c == ',') && has(at(t, e+1), isDigit) {
			e = run(t, e+1, e+12, isDigit)
		}
	}
	if c := at(t, e); c == 'Z' || c == 'z' {
		e++
	} else if (c == '+' || c == '-') && two(t, e+1) >= 0 && two(t, e+1) <= 14 {
		if k := e + 3; at(t, k) == ':' && two(t, k+1) >= 0 {
			e = k + 3
		} else if two(t, k) >= 0 && !has(at(t, k+2), isDigit) {
			e = k + 2
		}
	}
	if c := at(t, e); c == ':' || has(c, isAlnum) {
		return 0
	}
	return e
}

// dateLike says whether the digits at i are a date: 23.11.2026, 11/23/26, 2026-11-23,
// 20261123, or 26-11-23 with a time after it.
func (p *pass) dateLike(i int) bool { return dateEnd(p.t, i) > 0 }

// dateEnd is the end of the date at i, or 0.
func dateEnd(t []byte, i int) int {
	if e := isoDate(t, i); e > 0 {
		return e
	}
	j := run(t, i, i+9, isDigit)
	n := j - i
	switch {
	case n == 8 || n == 6:
		return compactDate(t, i, j)
	case n != 1 && n != 2 && n != 4:
		return 0
	}
	sep := at(t, j)
	if sep != '.' && sep != '/' && sep != '-' {
		return 0
	}
	k := run(t, j+1, j+4, isDigit)
	if k-j-1 < 1 || k-j-1 > 2 || at(t, k) != sep {
		return 0
	}
	e := run(t, k+1, k+6, isDigit)
	a, b, c := value(t[i:j]), value(t[j+1:k]), value(t[k+1:e])
	if n == 4 {
		if e-k-1 > 2 || a < 1800 || a > 2199 || !monthDay(b, c) || (at(t, e) == sep && has(at(t, e+1), isDigit)) {
			return 0
		}
		return e
	}
	if !monthDay(a, b) && !monthDay(b, a) {
		return 0
	}
	switch e - k - 1 {
	case 4:
		if c < 1800 || c > 2199 {
			return 0
		}
	case 2:
		if at(t, e) == sep && has(at(t, e+1), isDigit) || sep == '.' && (n == 1) != (k-j-1 == 1) {
			return 0
		}
	default:
		return 0
	}
	if has(at(t, e), isDigit) {
		return 0
	}
	return e
}

// compactDate is the end of 20261123 or of 20261123 080025, 261123-080025, or 0.
func compactDate(t []byte, i, j int) int {
	if j-i == 8 {
		if y := two(t, i); y < 19 || y > 20 || !monthDay(two(t, i+4), two(t, i+6)) {
			return 0
		}
	} else if !monthDay(two(t, i+2), two(t, i+4)) {
		return 0
	}
	c := at(t, j)
	e := run(t, j+1, j+8, isDigit)
	timed := (c == ' ' || c == '-' || c == '_' || c == 'T') && (e-j-1 == 6 || e-j-1 == 4 && j-i == 8) &&
		two(t, j+1) < 24 && two(t, j+3) < 60
	switch {
	case timed:
		return e
	case j-i == 8 && !has(c, isAlnum) && joiner(t, j) == 0:
		return j
	}
	return 0
}

// value reads a few digits.
func value(b []byte) (n int) {
	for _, c := range b {
		n = n*10 + int(c-'0')
	}
	return n
}

// dateGroups counts the groups of the date at group k.
func (p *pass) dateGroups(k int) int {
	q, e := &p.seq, dateEnd(p.t, p.seq.g[k].s)
	n := 1
	for k+n < q.n && q.g[k+n].s < e {
		n++
	}
	return n
}

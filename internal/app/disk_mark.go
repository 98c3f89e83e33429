package app

import (
	"errors"
	"strconv"
	"strings"
)

// Mark is an amount of free space: bytes, or a share of the whole disk. The zero Mark
// is never reached.
type Mark struct {
	Bytes   uint64
	Percent float64
}

var errMark = errors.New("expected an amount such as 500MiB or 2GiB, or a share such as 5%")

// units are tried in this order, so that "B" comes last.
var units = []struct {
	name string
	size float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
	{"", 1},
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mark) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if share, found := strings.CutSuffix(s, "%"); found {
		n, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
		if err != nil || !(n >= 0 && n < 100) {
			return errMark
		}
		*m = Mark{Percent: n}
		return nil
	}
	for _, u := range units {
		amount, found := strings.CutSuffix(s, u.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(amount), 64)
		if err != nil || !(n >= 0 && n*u.size < 1<<60) {
			return errMark
		}
		*m = Mark{Bytes: uint64(n * u.size)}
		return nil
	}
	return errMark
}

// MarshalText implements encoding.TextMarshaler.
func (m Mark) MarshalText() ([]byte, error) {
	if m.Percent > 0 {
		return []byte(strconv.FormatFloat(m.Percent, 'f', -1, 64) + "%"), nil
	}
	for _, u := range []string{"TiB", "GiB", "MiB", "KiB"} {
		for _, known := range units {
			if known.name == u && m.Bytes > 0 && m.Bytes%uint64(known.size) == 0 {
				return []byte(strconv.FormatUint(m.Bytes/uint64(known.size), 10) + u), nil
			}
		}
	}
	return []byte(strconv.FormatUint(m.Bytes, 10)), nil
}

// reached reports whether free space of a disk is below the mark.
func (m Mark) reached(s Space) bool {
	return s.Free < m.Bytes || float64(s.Free) < m.Percent/100*float64(s.Total)
}

package table

import "bytes"

// dialect is how rows are written.
type dialect struct {
	sep byte
	eol byte // '\n', which may have '\r' before it, or '\r' in old files
}

// outcome is how far split came.
type outcome uint8

const (
	rowWhole   outcome = iota
	rowCut             // the data ends within the row
	rowAfter           // something stands behind a closing quote
	rowEndless         // a quote is not closed within the limits
	rowWide            // more cells than asked for
)

// parsed is one row: its cells one after the other, and where each ends.
type parsed struct {
	text []byte
	ends []int
	size int // bytes it takes up, with its line end
	rows int // lines it takes up
	// Of a row that cannot be read: the cell, from 1, and the line within the row,
	// from 0, in which its quote opens.
	cell, line int
}

func (p *parsed) cells() []string {
	s, begin := string(p.text), 0
	out := make([]string, len(p.ends))
	for i, end := range p.ends {
		out[i], begin = s[begin:end], end
	}
	return out
}

// lineEnd returns the end of the text of the line at the beginning of data, and where
// the next begins; next is 0 when the data ends before.
func (d dialect) lineEnd(data []byte, last bool) (end, next int) {
	end = bytes.IndexByte(data, d.eol)
	switch {
	case end >= 0:
		next = end + 1
	case last:
		end, next = len(data), len(data)
	default:
		return len(data), 0
	}
	if d.eol == '\n' && end > 0 && data[end-1] == '\r' {
		end--
	}
	return end, next
}

// split parses the row at the beginning of data into p. last says that nothing
// follows the data. A row of several lines is given up when it has more than most
// cells.
func (d dialect) split(data []byte, last bool, most int, p *parsed) outcome {
	p.text, p.ends, p.size, p.rows, p.cell, p.line = p.text[:0], p.ends[:0], 0, 1, 0, 0
	end, next := d.lineEnd(data, last)
	if next == 0 && !last {
		return rowCut
	}
	for i := 0; ; {
		p.cell, p.line = len(p.ends)+1, p.rows-1
		if p.cell > MaxColumns || p.cell > most && p.rows > 1 {
			return rowWide
		}
		j := i
		for j < end && data[j] == ' ' && d.sep != ' ' {
			j++
		}
		if j >= end || data[j] != '"' {
			if j = bytes.IndexByte(data[i:end], d.sep); j < 0 {
				p.text = append(p.text, data[i:end]...)
				p.ends = append(p.ends, len(p.text))
				p.size = next
				return rowWhole
			}
			p.text = append(p.text, data[i:i+j]...)
			p.ends = append(p.ends, len(p.text))
			i += j + 1
			continue
		}
		for j++; ; { // within quotes
			k := bytes.IndexByte(data[j:end], '"')
			if k >= 0 {
				p.text = append(p.text, data[j:j+k]...)
				if j += k + 1; j < end && data[j] == '"' {
					p.text = append(p.text, '"')
					j++
					continue
				}
				break
			}
			p.text = append(p.text, data[j:end]...)
			if next == len(data) {
				if last {
					return rowEndless
				}
				return rowCut
			}
			if p.rows >= MaxLines || next > MaxRow {
				return rowEndless
			}
			p.text = append(p.text, '\n')
			more, after := d.lineEnd(data[next:], last)
			if after == 0 {
				return rowCut
			}
			j, end, next = next, next+more, next+after
			p.rows++
		}
		for j < end && data[j] == ' ' && d.sep != ' ' {
			j++
		}
		p.ends = append(p.ends, len(p.text))
		switch {
		case j == end:
			p.size = next
			return rowWhole
		case data[j] != d.sep:
			return rowAfter
		}
		i = j + 1
	}
}

// separators are tried in this order; of equals the first wins, because it is the one
// that text holds least often.
var separators = []byte{'\t', ';', '|', ','}

// pickSeparator finds the separator that cuts the rows of a sample into as many cells
// as the header has.
func pickSeparator(sample []byte, last bool, eol byte) byte {
	best, most := byte(','), 0.0
	for _, sep := range separators {
		if score := consistency(sample, last, dialect{sep, eol}); score > most {
			best, most = sep, score
		}
	}
	return best
}

// consistency is 0 for a separator that the header does not have. Otherwise it grows
// with the share of rows that have as many cells as the header, and with how many
// those are.
func consistency(sample []byte, last bool, d dialect) float64 {
	var p parsed
	columns, good, rows := 0, 0, 0
	for len(sample) > 0 {
		result := d.split(sample, last, MaxColumns, &p)
		if result == rowCut {
			break
		}
		if result != rowWhole {
			_, p.size = d.lineEnd(sample, last)
			p.ends = p.ends[:0]
		}
		blank := result == rowWhole && len(p.text) == 0 && len(p.ends) == 1
		sample = sample[p.size:]
		switch {
		case blank:
		case columns == 0:
			if columns = len(p.ends); columns < 2 {
				return 0
			}
		default:
			rows++
			if len(p.ends) == columns {
				good++
			}
		}
	}
	if columns == 0 {
		return 0
	}
	share := (float64(good) + 1) / (float64(rows) + 1)
	return share * (1 - 1/float64(columns))
}

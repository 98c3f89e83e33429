package link

// frame is a table in columns: each distinct text of a field is standardised once, and
// rows hold the numbers of values. It is built once and then only read.
type frame struct {
	fields []Field
	rows   int
	cols   []column
}

// column is one field of all rows.
type column struct {
	kind   Kind
	values []value  // values[0] is the missing one
	ids    []uint32 // for each row its value
	counts []uint32 // for each value how many rows have it
}

// value is a standardised field value, made once for each distinct text by
// standardise(kind, raw).
type value struct {
	text  string   // comparison form; "" is missing
	parts []string // words of a name or address, local part and domain of an address
	num   int64    // of a date: days since 1970; of a house number: it
	flags uint8
	// keys are hashes under which rows with this value meet as candidates; the first
	// is of the exact value, the others forgive more (sound, month and year, …).
	keys []uint64
}

// missing is the number of the missing value in every column.
const missing = 0

// verdict is the outcome of one comparison for one pair: the index of its level, or
// noLevel when a value is missing.
type verdict uint8

const noLevel verdict = 255

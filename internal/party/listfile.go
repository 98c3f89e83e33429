package party

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// ListState is where a file of a list stands.
type ListState string

// The states of a file. It is written once, while it is sent; what is wanted again is a new
// file, which everybody in it sees again.
const (
	ListReady   ListState = "ready"
	ListSending ListState = "sending"
	ListSent    ListState = "sent"
	ListBroken  ListState = "broken" // the connection ended before the list did
)

// ListFile is a list of people that staff take away as a file.
type ListFile struct {
	ID      habeas.ListFileID
	By      habeas.AccountID
	State   ListState
	Total   int // records that the filter found when it was made
	Done    int // written so far
	Held    int // left out: not to be used
	At      time.Time
	Why     string   // everybody in it reads this
	Columns []string // "set.field", and those of BareColumns
	Filter  Filter
}

// The columns that are no field.
const (
	ColumnKind  = "kind"
	ColumnState = "state"
	ColumnTags  = "tags"
	ColumnSince = "known_since"
)

// BareColumns are those that everybody sees who sees a list.
func BareColumns() []string { return []string{ColumnKind, ColumnState, ColumnTags, ColumnSince} }

const (
	// MaxListWhy is how many characters the reason for a file has.
	MaxListWhy = 300
	// KeepListFiles is how long it is remembered who took a list.
	KeepListFiles = 365 * 24 * time.Hour
)

var (
	// ErrListFile refuses whoever may not take lists away.
	ErrListFile = habeas.Forbidden("Your group does not take lists away as files. Ask an administrator.").WithCode("list.file")
	// ErrNoListFile says that there is no such file.
	ErrNoListFile = habeas.NotFound("There is no such file.").WithCode("list.file-none")
	// ErrListTaken refuses to write a file twice.
	ErrListTaken = habeas.Conflict("This file was taken already. Make a new one: everybody in it sees that too.").WithCode("list.taken")
)

// NewListFile makes a file, ready to be taken, of columns that its maker sees.
func NewListFile(by habeas.AccountID, f Filter, columns []string, why string, schemas *Schemas, s Sight, now time.Time) (ListFile, error) {
	l := ListFile{ID: habeas.NewID[habeas.ListFileKind](now), By: by, State: ListReady, At: now, Filter: f, Why: strings.TrimSpace(why)}
	if err := f.Check(s); err != nil {
		return l, err
	}
	for _, name := range ListColumns(schemas, s) {
		if slices.Contains(columns, name) {
			l.Columns = append(l.Columns, name)
		}
	}
	switch {
	case len(l.Columns) == 0:
		return l, habeas.Invalid("columns", "Choose at least one column.").WithCode("list.columns")
	case l.Why == "":
		return l, habeas.Invalid("why", "Say what the list is for. Everybody in it will read it.").WithCode("list.why")
	case !utf8.ValidString(l.Why) || utf8.RuneCountInString(l.Why) > MaxListWhy || strings.ContainsFunc(l.Why, func(r rune) bool { return hidden(r, false) }):
		return l, habeas.Invalid("why", "At most {max} characters, all of which can be seen.").With("max", strconv.Itoa(MaxListWhy)).WithCode("list.why")
	}
	return l, nil
}

// ListColumns are the columns that somebody may take, in their order.
func ListColumns(schemas *Schemas, s Sight) []string {
	out := BareColumns()
	for _, set := range schemas.Sets() {
		if !s.Sees(set.Name) {
			continue
		}
		for _, f := range set.Fields {
			out = append(out, set.Name+"."+f.Name)
		}
	}
	return out
}

// Begin lets it be taken, once, by who has made it.
func (l ListFile) Begin(by habeas.AccountID) (ListFile, error) {
	switch {
	case l.By != by:
		return l, ErrNoListFile
	case l.State != ListReady:
		return l, ErrListTaken
	}
	l.State = ListSending
	return l, nil
}

// SetsOf names the data sets of which it has columns.
func (l ListFile) SetsOf() []string {
	var out []string
	for _, c := range l.Columns {
		if set, _, field := strings.Cut(c, "."); field && !slices.Contains(out, set) {
			out = append(out, set)
		}
	}
	return out
}

// Takes reports whether a record goes into it: what is not to be used does not.
func (l ListFile) Takes(p Party) bool { return p.Restraint == RestraintNone }

// Row is a record in it, as its maker sees it.
func (l ListFile) Row(rec Record, tags []string) []string {
	out := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		switch c {
		case ColumnKind:
			out[i] = string(rec.Party.Kind)
		case ColumnState:
			out[i] = string(rec.Party.State)
		case ColumnTags:
			out[i] = strings.Join(tags, "; ")
		case ColumnSince:
			out[i] = rec.Party.ID.Time().Format(time.DateOnly)
		default:
			set, field, _ := strings.Cut(c, ".")
			out[i] = rec.Text(set, field)
		}
	}
	return out
}

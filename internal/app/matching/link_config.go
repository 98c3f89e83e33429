package matching

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/text"
)

// kinds are what a column may be said to hold.
var kinds = []link.Kind{
	link.GivenName, link.FamilyName, link.FullName, link.Organisation, link.Date, link.Email, link.Phone, link.Street,
	link.HouseNumber, link.Place, link.Postcode, link.Identifier, link.Category, link.Text, link.RowID, link.Source, link.Ignore,
}

// Kinds lists what a column may be said to hold.
func Kinds() string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return list(names)
}

// linkConfig is a file with what is said about a linkage.
type linkConfig struct {
	Mode      string            `toml:"mode"`
	Threshold float64           `toml:"threshold"`
	PairsFrom float64           `toml:"pairs_from"`
	Columns   map[string]string `toml:"columns"`
}

// Configure takes from a TOML file what o does not say yet.
func (o *LinkOptions) Configure(path string) error {
	var c linkConfig
	meta, err := toml.DecodeFile(path, &c)
	var broken toml.ParseError
	switch {
	case errors.As(err, &broken):
		return invalid("%s: line %d: %s", path, broken.Position.Line, broken.Message)
	case errors.Is(err, os.ErrNotExist):
		return refuse(path, err)
	case err != nil:
		return invalid("%s: %v", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return invalid("%s: there is no setting %s; the settings are mode, threshold, pairs_from and columns.", path, unknown[0])
	}
	if o.Mode == "" {
		o.Mode = link.Mode(c.Mode)
	}
	if o.Threshold == 0 {
		o.Threshold = c.Threshold
	}
	if o.PairsFrom == 0 {
		o.PairsFrom = c.PairsFrom
	}
	columns := maps.Clone(c.Columns)
	if columns == nil {
		columns = map[string]string{}
	}
	maps.Copy(columns, o.Columns)
	o.Columns = columns
	return nil
}

// check sets what is not said and refuses what cannot be.
func (o *LinkOptions) check() error {
	switch o.Mode {
	case "":
		o.Mode = link.ModeAuto
	case link.ModeAuto, link.ModeTransitive, link.ModeOneToOne:
	default:
		return invalid("The mode is auto, transitive or one_to_one.")
	}
	if o.Threshold == 0 {
		o.Threshold = .5
	}
	if o.PairsFrom == 0 {
		o.PairsFrom = min(.2, o.Threshold)
	}
	for name, v := range map[string]float64{"threshold": o.Threshold, "probability from which pairs are listed": o.PairsFrom} {
		if !(v > 0 && v < 1) {
			return invalid("The %s has to be more than 0 and less than 1.", name)
		}
	}
	return nil
}

// told changes fields to what is said about columns.
func told(fields []link.Field, columns map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		at := slices.IndexFunc(fields, func(f link.Field) bool { return f.Name == name })
		if at < 0 {
			at = slices.IndexFunc(fields, func(f link.Field) bool { return text.Fold(f.Name) == text.Fold(name) })
		}
		if at < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.Name)
			}
			return invalid("There is no column %q. The columns are %s.", name, list(names))
		}
		kind := link.Kind(strings.ToLower(columns[name]))
		if !slices.Contains(kinds, kind) {
			return invalid("A column cannot be %q. It is one of %s.", columns[name], Kinds())
		}
		fields[at].Kind, fields[at].Why = kind, "you said so"
	}
	return nil
}

// readModel reads a model that was learned before.
func readModel(path string) (*link.Model, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, refuse(path, err)
	}
	var m link.Model
	var where *json.SyntaxError
	switch err := json.Unmarshal(b, &m); {
	case errors.As(err, &where):
		return nil, invalid("%s: line %d: %v", path, 1+strings.Count(string(b[:where.Offset]), "\n"), err)
	case err != nil:
		return nil, invalid("%s: this is no model: %v", path, err)
	case len(m.Comparisons) == 0 || len(m.Fields) == 0:
		return nil, invalid("%s: this is no model: it has no fields and comparisons.", path)
	}
	for _, c := range m.Comparisons {
		if slices.ContainsFunc(c.Columns, func(i int) bool { return i < 0 || i >= len(m.Fields) }) || len(c.Columns) == 0 || len(c.Levels) == 0 {
			return nil, invalid("%s: the comparison %q has columns that the model does not have.", path, c.Name)
		}
	}
	return &m, nil
}

// arrange returns for each field of a model the column of the table with its name.
func arrange(m *link.Model, header []string, path string) ([]int, error) {
	at := make([]int, len(m.Fields))
	for i, f := range m.Fields {
		at[i] = slices.IndexFunc(header, func(h string) bool { return text.Fold(h) == text.Fold(f.Name) })
		if at[i] < 0 && f.Kind != link.Ignore && f.Kind != link.RowID && f.Kind != link.Source {
			return nil, invalid("The model %s was learned from a table with a column %q; this table has %s.", path, f.Name, list(header))
		}
	}
	return at, nil
}

// writeModel writes a model so that people can read it.
func writeModel(f *os.File, m *link.Model) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\n", b)
	return err
}

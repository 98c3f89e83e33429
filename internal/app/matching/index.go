package matching

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"github.com/habeas-data/habeas/match/search"
	"github.com/habeas-data/habeas/match/table"
)

// maxTypes is how many types an index has.
const maxTypes = 250

// inactive is how much less often an entity is meant that no longer exists.
const inactive = .1

// IndexOptions say what `habeas match index` does.
type IndexOptions struct {
	Files   []string
	Out     string            // "" is the name of the first file, with .index, here
	Columns map[string]string // column → role, where the detection is wrong
	Type    string            // of all entities, where no column says it
	// Progress is called now and then with the part of all bytes read; may be nil.
	Progress func(done float64, entities int64)
}

// IndexReport is what was built.
type IndexReport struct {
	File     string            `json:"file"`
	Entities int               `json:"entities"`
	Names    int               `json:"names"`
	Bytes    int64             `json:"bytes"`
	LeftOut  int               `json:"left_out"` // records that could not be taken
	Replaced int               `json:"replaced"` // of several with one id the last counts
	Seconds  float64           `json:"seconds"`
	Files    []EntityFile      `json:"files"`
	Faults   []Fault           `json:"faults,omitempty"`
	types    map[string]string // folded, as first written
	progress func(int, int64)  // file, entities
}

// EntityFile is how a file was understood.
type EntityFile struct {
	Name    string         `json:"name"`
	Columns []EntityColumn `json:"columns"`
	in      *source
}

// BuildIndex reads entities from files and writes an index of them.
func BuildIndex(ctx context.Context, o IndexOptions) (*IndexReport, error) {
	began := time.Now()
	r := &IndexReport{File: o.Out, types: map[string]string{}}
	if r.File == "" {
		base := filepath.Base(o.Files[0])
		r.File = strings.TrimSuffix(base, filepath.Ext(base)) + ".index"
	}
	if err := r.understand(ctx, o); err != nil {
		return nil, err
	}
	if o.Progress != nil {
		r.progress = r.tell(o.Progress)
	}
	var failed error
	read := 0
	x, err := search.Build(ctx, func(yield func(search.Entity) bool) {
		for e, err := range r.entities(ctx, o.Type) {
			if failed = err; err != nil || !yield(e) {
				return
			}
			read++
		}
	}, search.Options{})
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	if read == 0 && len(r.Faults) > 0 {
		return nil, invalid("No entity can be read. %s.", r.Faults[0])
	}
	r.Entities, r.Names, r.Replaced = x.Len(), x.Names(), read-x.Len()
	for _, f := range r.Files {
		if samePath(f.in.path, r.File) {
			return nil, invalid("%s is read from and cannot be written to at the same time.", r.File)
		}
	}
	if err := x.Save(r.File); err != nil {
		return nil, err
	}
	r.Bytes, r.Seconds = x.Stats().Bytes, time.Since(began).Seconds()
	return r, x.Close()
}

func samePath(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

// understand finds out what the columns of all files say.
func (r *IndexReport) understand(ctx context.Context, o IndexOptions) error {
	names := shortNames(o.Files)
	known := map[string]bool{}
	for i, path := range o.Files {
		in, err := openSource(path, names[i])
		if err != nil {
			return err
		}
		sample, err := in.sampleOf(ctx, 2000)
		if err != nil {
			return err
		}
		columns, err := understandEntities(in.header, sample, o.Columns)
		if err != nil {
			return err
		}
		for _, c := range columns {
			known[c.Name] = true
		}
		r.Files = append(r.Files, EntityFile{names[i], columns, in})
	}
	for name := range o.Columns {
		if !known[name] {
			return invalid("No file has a column %q.", name)
		}
	}
	return nil
}

// tell turns bytes of files into progress.
func (r *IndexReport) tell(progress func(float64, int64)) func(int, int64) {
	total := int64(0)
	for _, f := range r.Files {
		total += f.in.size
	}
	return func(at int, entities int64) {
		done := r.Files[at].in.read
		for _, f := range r.Files[:at] {
			done += f.in.size
		}
		progress(min(float64(done)/float64(max(total, 1)), 1), entities)
	}
}

// entities yields what the files hold. What cannot be taken is listed and left out.
func (r *IndexReport) entities(ctx context.Context, kind string) iter.Seq2[search.Entity, error] {
	return func(yield func(search.Entity, error) bool) {
		n := int64(0)
		for at, f := range r.Files {
			for rec, err := range f.in.records(ctx) {
				var e search.Entity
				if err == nil {
					if e = r.entity(f, rec); e.Type == "" {
						e.Type = kind
					}
					err = faulty(e, rec.line)
				}
				var fault *table.Error
				switch {
				case errors.As(err, &fault) && !fault.Fatal:
					if r.LeftOut++; r.LeftOut <= maxFaults {
						r.Faults = append(r.Faults, Fault{f.Name, fault.Line, fault.Column, fault.Text})
					}
					continue
				case err != nil:
					yield(e, refuse(f.Name, err))
					return
				case !yield(e, nil):
					return
				}
				if n++; n%512 == 0 && r.progress != nil {
					r.progress(at, n)
				}
			}
		}
	}
}

// faulty says why an entity cannot be taken.
func faulty(e search.Entity, line int) error {
	switch {
	case len(e.Names) == 0:
		return &table.Error{Line: line, Code: "name", Text: "there is no name"}
	case len(e.ID) > 255:
		return &table.Error{Line: line, Code: "id", Text: "the id is longer than 255 bytes"}
	}
	return nil
}

// entity makes an entity of a record. One without an id is called by file and line.
func (r *IndexReport) entity(f EntityFile, rec record) search.Entity {
	e := search.Entity{}
	add := func(kind search.Kind, names []string) {
		for _, n := range names {
			if !slices.ContainsFunc(e.Names, func(o search.Name) bool { return o.Text == n }) {
				e.Names = append(e.Names, search.Name{Text: n, Kind: kind})
			}
		}
	}
	ends := false
	for _, pass := range []bool{true, false} { // the first name comes first
		for i := range f.Columns {
			c := &f.Columns[i]
			if (c.Role == RoleName) != pass {
				continue
			}
			values := c.values(rec, i)
			if len(values) == 0 {
				continue
			}
			switch c.Role {
			case RoleID:
				e.ID = values[0]
			case RoleName:
				add(search.Primary, values[:1])
				add(search.Alias, values[1:])
			case RoleNames:
				for _, v := range values {
					if isAcronym(v) {
						add(search.Acronym, []string{v})
					} else {
						add(search.Alias, []string{v})
					}
				}
			case RoleAcronym:
				add(search.Acronym, values)
			case RoleFormer:
				add(search.Former, values)
			case RoleType:
				e.Type = r.typed(values[0])
			case RoleCountry:
				if code := countryCode(values[0]); code != "" {
					e.Country = code
				} else {
					e.Places = append(e.Places, values[0])
				}
			case RolePlace:
				if strings.ContainsAny(values[0], "0123456789") && len(values[0]) < 5 {
					continue // the number of a region, which nobody writes
				}
				e.Places = append(e.Places, values...)
			case RoleWeight:
				e.Weight = weighed(values[0])
			case RoleStatus:
				switch strings.ToLower(values[0]) {
				case "withdrawn", "inactive", "closed", "deleted", "obsolete", "deprecated", "dissolved", "merged":
					ends = true
				}
			case RoleIgnore:
			}
		}
	}
	if len(e.Names) > 0 {
		e.Names[0].Kind = search.Primary
	}
	if ends {
		e.Weight = max(e.Weight, 1) * inactive
	}
	if e.ID == "" {
		e.ID = fmt.Sprintf("%s:%d", f.Name, rec.line)
	}
	return e
}

// typed returns a type as it was first written, or "" when there are too many.
func (r *IndexReport) typed(s string) string {
	folded := strings.ToLower(s)
	if _, known := r.types[folded]; !known {
		if len(r.types) == maxTypes {
			return ""
		}
		r.types[folded] = s
	}
	return r.types[folded]
}

// isAcronym says whether a name is one word of capitals: MIT, CNRS.
func isAcronym(s string) bool {
	letters := 0
	for _, r := range s {
		if !unicode.IsUpper(r) {
			return false
		}
		letters++
	}
	return letters >= 2 && letters <= 8
}

// countryCode returns the two letters of a country, or "".
func countryCode(s string) string {
	if len(s) != 2 && len(s) != 3 {
		return ""
	}
	region, err := language.ParseRegion(s)
	if err != nil || !region.IsCountry() {
		return ""
	}
	return region.String()
}

// Print shows how the files were understood and what was built.
func (r *IndexReport) Print(w io.Writer) {
	for _, f := range r.Files {
		fmt.Fprintf(w, "%s\n\n", f.in)
		g := grid{most: 40, tail: 100}
		g.add("COLUMN", "IS", "BECAUSE")
		for _, c := range f.Columns {
			g.add(c.Name, string(c.Role), c.Why)
		}
		g.print(w)
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "Where this is wrong, say so: --column NAME=ROLE, with a role of", Roles()+".")
	fmt.Fprintf(w, "\n%s entities with %s names in %s (%.1f MB), in %.1f s.\n", Count(r.Entities), Count(r.Names), r.File, float64(r.Bytes)/1e6, r.Seconds)
	if r.Replaced > 0 {
		fmt.Fprintf(w, "%s had the id of another; the last counts.\n", Count(r.Replaced))
	}
	if r.LeftOut > 0 {
		fmt.Fprintf(w, "%s could not be read and were left out.\n", Count(r.LeftOut))
	}
	if len(r.types) == maxTypes {
		fmt.Fprintf(w, "There may be more types than %d; further ones were left out.\n", maxTypes)
	}
}

// PrintFaults shows what was left out.
func (r *IndexReport) PrintFaults(w io.Writer) {
	l := Linkage{Faults: r.Faults, Bad: r.LeftOut}
	l.PrintFaults(w)
}

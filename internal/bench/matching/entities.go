package matching

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/search"
)

// Types that the entities of the reference data have.
const (
	typePlace        = "place"
	typeOrganization = "organization"
)

// Entities lists the places and organisations of the reference data as they are read,
// without keeping them. A file that is not there is left out ([Missing] says which); an
// error ends the list.
func Entities(reference string) iter.Seq2[search.Entity, error] {
	return func(yield func(search.Entity, error) bool) {
		dir := filepath.Join(reference, "entities")
		for _, read := range []func(string, func(search.Entity) bool) (bool, error){geonames, ror} {
			more, err := read(dir, func(e search.Entity) bool { return yield(e, nil) })
			switch {
			case errors.Is(err, os.ErrNotExist):
			case err != nil:
				yield(search.Entity{}, err)
				return
			case !more:
				return
			}
		}
	}
}

const (
	geonamesFile = "geonames_cities1000.tsv"
	rorFile      = "ror_records.jsonl"
	springerFile = "ror_dataset_affiliations_springer_2023_10_31.json"
	queriesFile  = "ror_affiliation_logs_2023.csv"
)

// geonames reads places. Its columns are found by their names.
func geonames(dir string, yield func(search.Entity) bool) (more bool, err error) {
	f, err := os.Open(filepath.Join(dir, geonamesFile))
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<16), 1<<24)
	if !lines.Scan() {
		return false, fmt.Errorf("%s is empty", geonamesFile)
	}
	header := strings.Split(strings.TrimPrefix(lines.Text(), "\ufeff"), "\t")
	var at [6]int
	for i, name := range []string{"geonameid", "name", "asciiname", "alternatenames", "country", "population"} {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			return false, fmt.Errorf("%s has no column %s", geonamesFile, name)
		}
	}
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != len(header) {
			continue
		}
		e := search.Entity{ID: "geonames:" + cells[at[0]], Type: typePlace, Country: country(cells[at[4]])}
		e.Weight, _ = strconv.ParseFloat(cells[at[5]], 64)
		e.Names = named(cells[at[1]], append([]string{cells[at[2]]}, strings.Split(cells[at[3]], ",")...))
		if len(e.Names) > 0 && !yield(e) {
			return false, nil
		}
	}
	return true, lines.Err()
}

// country is "" for what is no code of two letters.
func country(s string) string {
	if len(s) != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z' {
		return ""
	}
	return s
}

// named lists the names of an entity, each once.
func named(first string, others []string) []search.Name {
	var all []search.Name
	add := func(s string, kind search.Kind) {
		s = strings.TrimSpace(s)
		if s == "" || slices.ContainsFunc(all, func(n search.Name) bool { return n.Text == s }) {
			return
		}
		all = append(all, search.Name{Text: s, Kind: kind})
	}
	add(first, search.Primary)
	for _, s := range others {
		kind := search.Alias
		if acronym(s) {
			kind = search.Acronym
		}
		add(s, kind)
	}
	return all
}

// acronym reports whether a name is one word of capitals: MIT, CNRS.
func acronym(s string) bool {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsUpper(r):
			letters++
		case unicode.IsLower(r), unicode.IsSpace(r), unicode.IsLetter(r):
			return false
		}
	}
	return letters >= 2 && letters <= 8
}

// ror reads organisations. IDs stay as they are, because the truth names them. Records
// that were withdrawn (entered twice, or never organisations) are left out, as a
// registry does not answer with them.
func ror(dir string, yield func(search.Entity) bool) (more bool, err error) {
	f, err := os.Open(filepath.Join(dir, rorFile))
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	for {
		var r struct {
			ID, Name, Country, City, Status string
			Alt                             []string
		}
		if err := in.Decode(&r); errors.Is(err, io.EOF) {
			return true, nil
		} else if err != nil {
			return false, fmt.Errorf("%s: %w", rorFile, err)
		}
		e := search.Entity{ID: r.ID, Names: named(r.Name, r.Alt), Type: typeOrganization, Country: country(r.Country)}
		if r.City != "" {
			e.Places = []string{r.City}
		}
		if r.ID != "" && r.Status != "withdrawn" && len(e.Names) > 0 && !yield(e) {
			return false, nil
		}
	}
}

// Missing names the files of entities and questions that are not there.
func Missing(reference string) []string {
	var notes []string
	for _, name := range []string{geonamesFile, rorFile, springerFile, queriesFile} {
		if _, err := os.Stat(filepath.Join(reference, "entities", name)); err != nil {
			notes = append(notes, "entities/"+name+" is not there: what it holds is not measured")
		}
	}
	return notes
}

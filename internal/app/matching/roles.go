package matching

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// Role is what a column says about an entity.
type Role string

// Roles.
const (
	RoleID      Role = "id"
	RoleName    Role = "name"    // what it is called first
	RoleNames   Role = "names"   // what else it is called, several in a cell
	RoleAcronym Role = "acronym" // MIT
	RoleFormer  Role = "former"  // what it is no longer called
	RoleType    Role = "type"
	RoleCountry Role = "country"
	RolePlace   Role = "place"  // city, region: words that stand beside the name in addresses
	RoleWeight  Role = "weight" // how often it is meant: population, members
	RoleStatus  Role = "status" // what is not active is meant less often
	RoleIgnore  Role = "ignore"
)

// roleNames are the names of columns by what they say, folded and without spaces, and
// the best first where only one column can have the role.
var roleNames = []struct {
	role  Role
	words string
}{
	{RoleID, "id identifier entityid geonameid geonamesid rorid qid uri url iri wikidata wikidataid isni key code uuid gid nr nummer"},
	{RoleName, "name preferredname primaryname displayname officialname preferredlabel preflabel label title fullname institution organisation organization bezeichnung nombre nom"},
	{RoleNames, "alt alts alternatenames alternativenames alternatename alternativename altnames altname altlabel altlabels alias aliases aka akas alsoknownas synonym synonyms " +
		"othernames names labels variants namevariants asciiname nativename tradename weiterenamen andere sinonimos autresnoms"},
	{RoleAcronym, "acronym acronyms abbreviation abbreviations abbr abbrev shortname kuerzel abkuerzung sigla siglas sigle"},
	{RoleFormer, "former formername formernames previousname previousnames oldname oldnames"},
	{RoleType, "type types kind class category entitytype featureclass fcode featurecode art typ tipo"},
	{RoleCountry, "country countrycode countryiso iso2 alpha2 cc land pays pais"},
	{RolePlace, "city town place municipality locality location region state province county admin1 admin1name admin2 ort stadt ville ciudad"},
	{RoleWeight, "population weight members membercount memberscount size workscount works citations citedby inlinks popularity frequency employees students count einwohner poblacion"},
	{RoleStatus, "status"},
}

// roles are all, as they may be told.
var roles = []Role{RoleID, RoleName, RoleNames, RoleAcronym, RoleFormer, RoleType, RoleCountry, RolePlace, RoleWeight, RoleStatus, RoleIgnore}

// Roles lists what a column of entities may be said to hold.
func Roles() string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	return list(names)
}

// EntityColumn is what a column of a file of entities was understood as.
type EntityColumn struct {
	Name  string `json:"name"`
	Role  Role   `json:"role"`
	Why   string `json:"why"`
	split string // what stands between the names in a cell; "" when there is one
}

// rank says what the name of a column means, and how well it fits: 0 is best.
func rank(name string) (Role, int) {
	joined := strings.ReplaceAll(text.Fold(spaced(name)), " ", "")
	for _, n := range roleNames {
		if at := slices.Index(strings.Fields(n.words), joined); at >= 0 {
			return n.role, at
		}
	}
	return RoleIgnore, 0
}

// spaced parts words that are run together: alternateNames.
func spaced(name string) string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// understandEntities finds out what the columns of a file of entities say: by their
// names, and where neither id nor name is among them, by their values.
func understandEntities(header []string, sample []record, told map[string]string) ([]EntityColumn, error) {
	out := make([]EntityColumn, len(header))
	best := map[Role]int{}
	place := make([]int, len(header))
	for i, name := range header {
		role, at := rank(name)
		out[i] = EntityColumn{Name: name, Role: role, Why: "its name says so"}
		if place[i] = at; role == RoleIgnore {
			out[i].Why = "nothing is known about it"
		}
	}
	for i := range out {
		if b, taken := best[out[i].Role]; single(out[i].Role) && (!taken || place[i] < place[b]) {
			best[out[i].Role] = i
		}
	}
	for i := range out {
		if b, only := best[out[i].Role]; only && b != i {
			if out[i].Role == RoleName {
				out[i].Role, out[i].Why = RoleNames, "it is another name"
			} else {
				out[i].Role, out[i].Why = RoleIgnore, fmt.Sprintf("%s says that already", header[b])
			}
		}
	}
	if err := tellRoles(out, told); err != nil {
		return nil, err
	}
	findRoles(out, sample)
	if !slices.ContainsFunc(out, func(c EntityColumn) bool { return c.Role == RoleName || c.Role == RoleNames }) {
		return nil, invalid("No column looks like names. Say which is: --column NAME=name. The columns are %s.", list(header))
	}
	for i := range out {
		if out[i].Role == RoleNames || out[i].Role == RoleAcronym || out[i].Role == RoleFormer {
			out[i].separate(sample, i)
		}
	}
	return out, nil
}

// single says whether only one column can have a role.
func single(r Role) bool {
	return slices.Contains([]Role{RoleID, RoleName, RoleType, RoleCountry, RoleWeight, RoleStatus}, r)
}

func tellRoles(columns []EntityColumn, told map[string]string) error {
	for name, role := range told {
		at := slices.IndexFunc(columns, func(c EntityColumn) bool { return c.Name == name })
		if at < 0 {
			continue // another file may have it; the caller checks that one has
		}
		r := Role(strings.ToLower(role))
		if !slices.Contains(roles, r) {
			return invalid("A column cannot be %q. It is one of %s.", role, Roles())
		}
		if single(r) {
			for i := range columns {
				if columns[i].Role == r {
					columns[i].Role, columns[i].Why = RoleIgnore, "you said that another column is it"
				}
			}
		}
		columns[at].Role, columns[at].Why = r, "you said so"
	}
	return nil
}

// findRoles finds id and name by their values, where no name of a column says which.
func findRoles(columns []EntityColumn, sample []record) {
	has := func(r Role) bool {
		return slices.ContainsFunc(columns, func(c EntityColumn) bool { return c.Role == r })
	}
	type look struct {
		at, distinct, letters, filled int
		spaces                        bool
	}
	var looks []look
	for i := range columns {
		if columns[i].Role != RoleIgnore || columns[i].Why == "you said so" {
			continue
		}
		l, seen := look{at: i}, map[string]bool{}
		for _, r := range sample {
			if i >= len(r.cells) || len(r.cells[i]) == 0 || r.cells[i][0] == "" {
				continue
			}
			v := r.cells[i][0]
			l.filled++
			seen[v] = true
			l.spaces = l.spaces || strings.Contains(v, " ")
			if strings.IndexFunc(v, unicode.IsLetter) >= 0 && strings.IndexFunc(v, unicode.IsDigit) < 0 {
				l.letters++
			}
		}
		l.distinct = len(seen)
		looks = append(looks, l)
	}
	n := len(sample)
	if !has(RoleID) {
		for _, l := range looks {
			if l.distinct == n && !l.spaces && 2*l.letters < n {
				columns[l.at].Role, columns[l.at].Why = RoleID, "its values are different in every row, and codes"
				break
			}
		}
	}
	if !has(RoleName) && !has(RoleNames) {
		slices.SortStableFunc(looks, func(a, b look) int { return cmp.Compare(b.distinct, a.distinct) })
		for _, l := range looks {
			if columns[l.at].Role == RoleIgnore && 2*l.letters > l.filled && 2*l.filled > n {
				columns[l.at].Role, columns[l.at].Why = RoleName, "its values are words, and the most different"
				break
			}
		}
	}
}

// separate finds out what stands between the names in a cell: the rarest of the usual
// marks that several cells have.
func (c *EntityColumn) separate(sample []record, at int) {
	filled := 0
	marks := map[string]int{}
	for _, r := range sample {
		if at >= len(r.cells) || len(r.cells[at]) != 1 || r.cells[at][0] == "" {
			continue
		}
		filled++
		for _, mark := range []string{"|", ";", ","} {
			if strings.Contains(r.cells[at][0], mark) {
				marks[mark]++
			}
		}
	}
	for _, mark := range []string{"|", ";", ","} {
		if 20*marks[mark] > filled {
			c.split = mark
			c.Why += fmt.Sprintf("; several are separated by %s", mark)
			return
		}
	}
}

// values lists what a record says in a column, trimmed and without what is empty.
func (c *EntityColumn) values(r record, at int) (out []string) {
	if at >= len(r.cells) {
		return nil
	}
	for _, v := range r.cells[at] {
		parts := []string{v}
		if c.split != "" && len(r.cells[at]) == 1 {
			parts = strings.Split(v, c.split)
		}
		for _, p := range parts {
			if p = strings.TrimSpace(p); p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// weighed reads a number that may have its thousands apart.
func weighed(s string) float64 {
	w, err := strconv.ParseFloat(strings.NewReplacer(",", "", " ", "", "_", "", "'", "").Replace(s), 64)
	if err != nil || !(w > 0) {
		return 0
	}
	return min(w, 1e12)
}

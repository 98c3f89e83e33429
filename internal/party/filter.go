package party

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// The ways in which the list of people can be narrowed down. They are the names of the
// values in an address, too, which therefore holds nothing personal.
const (
	ByState   = "state"
	ByWaiting = "waiting" // for a decision
	ByKind    = "kind"
	HasMail   = "mail" // whether an e-mail address is known
	ByJoined  = "joined"
	ByUse     = "use"  // objected to or restricted
	ByStub    = "stub" // an address that its person will complete
	BySource  = "source"
	ByEntered = "entered" // within so many days
	ByChanged = "changed" // so long ago somebody said something of it
	ByTag     = "tag"
)

// plainWays are those of which a record has one value at most, with the values.
var plainWays = [...]struct {
	name   string
	values []string
}{
	{ByState, []string{string(Unclaimed), string(Claimed), string(Frozen)}},
	{ByWaiting, []string{"yes"}},
	{ByKind, []string{string(Person), string(Organisation)}},
	{HasMail, []string{"with", "without"}},
	{ByJoined, []string{"yes"}},
	{ByUse, []string{"restrained"}},
	{ByStub, []string{"yes"}},
}

// lately are the days of ByEntered and ByChanged.
var lately = [...]int{1, 7, 30, 365}

// Ways returns how the list can be narrowed, in the order in which it is shown.
func Ways() []string {
	var out []string
	for _, w := range plainWays {
		out = append(out, w.name)
	}
	return append(out, BySource, ByEntered, ByChanged, ByTag)
}

// Filter narrows the list of people. The zero value is everybody.
type Filter struct {
	Query  string            `json:"q,omitempty"` // what is searched for, which may be personal
	Values map[string]string `json:"v,omitempty"` // by the ways, but tags
	Tags   []habeas.TagID    `json:"t,omitempty"` // all of them
}

// MaxQuery is how many bytes of a search are looked at, and maxFilterTags how many tags.
const (
	MaxQuery      = 200
	maxFilterTags = 5
)

// ReadQuery is what is looked at of a text that is searched for.
func ReadQuery(text string) string {
	text = strings.TrimSpace(text)
	return strings.ToValidUTF8(text[:min(len(text), MaxQuery)], "")
}

// ReadFilter makes a filter of what an address or a form says; what it does not know is left
// out.
func ReadFilter(query string, value func(way string) string, tags []string) Filter {
	f := Filter{Query: ReadQuery(query), Values: map[string]string{}}
	for _, w := range plainWays {
		if v := value(w.name); slices.Contains(w.values, v) {
			f.Values[w.name] = v
		}
	}
	for _, way := range []string{ByEntered, ByChanged} {
		if v := value(way); days(v) > 0 {
			f.Values[way] = v
		}
	}
	if v := value(BySource); sourceCode(v) {
		f.Values[BySource] = v
	}
	for _, text := range tags {
		if id, err := habeas.ParseID[habeas.TagKind](text); err == nil && !slices.Contains(f.Tags, id) && len(f.Tags) < maxFilterTags {
			f.Tags = append(f.Tags, id)
		}
	}
	return f
}

// days reads a value of ByEntered or ByChanged; 0 for what is none.
func days(v string) int {
	for _, n := range lately {
		if strconv.Itoa(n) == v {
			return n
		}
	}
	return 0
}

// Narrows reports whether it asks for more than a search does.
func (f Filter) Narrows() bool { return len(f.Values) > 0 || len(f.Tags) > 0 }

// With returns the filter with another value, "" for none.
func (f Filter) With(way, value string) Filter {
	to := Filter{Query: f.Query, Tags: f.Tags, Values: map[string]string{}}
	for w, v := range f.Values {
		if w != way {
			to.Values[w] = v
		}
	}
	if value != "" {
		to.Values[way] = value
	}
	return to
}

// WithTag returns the filter with a tag, or without it when it has it.
func (f Filter) WithTag(id habeas.TagID) Filter {
	to := f
	if i := slices.Index(f.Tags, id); i >= 0 {
		to.Tags = slices.Delete(slices.Clone(f.Tags), i, i+1)
	} else {
		to.Tags = append(slices.Clone(f.Tags), id)
	}
	return to
}

// ErrUnseenFilter refuses a filter by something that the reader does not see.
var ErrUnseenFilter = habeas.Forbidden("This list asks for something that your group does not see.").WithCode("list.unseen")

// Check refuses what would tell of a data set that is not seen.
func (f Filter) Check(s Sight) error {
	if f.Values[HasMail] != "" && !s.Sees("contact") {
		return ErrUnseenFilter
	}
	return nil
}

// SourceCode is how ByKind of source tells sources apart: each system by itself, staff,
// imports and people each as one.
func SourceCode(s Source) string {
	if s.Kind == FromSystem {
		return s.System.String()
	}
	return s.Kind.String()
}

func sourceCode(v string) bool {
	if _, err := habeas.ParseID[habeas.SystemKind](v); err == nil {
		return true
	}
	return slices.Contains([]string{FromImport.String(), FromStaff.String(), FromSelf.String(), FromGuardian.String()}, v)
}

// Facet is one way to narrow a list with how many each value leaves.
type Facet struct {
	Way    string
	Values []FacetValue
}

// FacetValue is a value of a way. N counts the records that are left with it and everything
// else that is asked for.
type FacetValue struct {
	Value  string
	N      int
	Chosen bool
}

// SavedList is a filter under a name, of one member of staff or of all.
type SavedList struct {
	ID      habeas.SavedListID
	By      habeas.AccountID // zero: who shared it is gone
	Shared  bool
	Name    string
	Filter  Filter
	UsedAt  time.Time // to the day
	EndedAt time.Time // zero: it is there
	Version int64
}

const (
	// MaxSavedLists is how many lists somebody saves.
	MaxSavedLists = 50
	// MaxSavedName is how many characters the name of one has.
	MaxSavedName = 60
	// SavedRegret is how long a removed list can be put back.
	SavedRegret = 10 * time.Minute
	// KeepSavedLists is how long a list stays that nobody opens.
	KeepSavedLists = 365 * 24 * time.Hour
)

// ErrNoSavedList says that there is no such list.
var ErrNoSavedList = habeas.NotFound("There is no such saved list.").WithCode("list.none")

// Called gives a list a name.
func (l SavedList) Called(name string) (SavedList, error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || utf8.RuneCountInString(name) > MaxSavedName || strings.ContainsFunc(name, func(r rune) bool { return hidden(r, false) }) {
		return l, habeas.Invalid("name", "Give the list a short name.").WithCode("list.name")
	}
	l.Name = name
	l.Version++
	return l, nil
}

// Beside refuses a second list of the same name, or one too many, beside those that its
// maker sees.
func (l SavedList) Beside(all []SavedList) error {
	for _, o := range all {
		if o.ID != l.ID && Normalise(o.Name) == Normalise(l.Name) {
			return habeas.Invalid("name", "There is a list of this name already.").WithCode("list.twice")
		}
	}
	own := slices.DeleteFunc(slices.Clone(all), func(o SavedList) bool { return o.By != l.By || o.ID == l.ID })
	if len(own) >= MaxSavedLists {
		return habeas.Conflict("You have saved {max} lists, which is all there can be. Remove one.").With("max", strconv.Itoa(MaxSavedLists)).WithCode("list.many")
	}
	return nil
}

// End removes it. For a while it can be put back.
func (l SavedList) End(now time.Time) (SavedList, error) {
	if !l.EndedAt.IsZero() {
		return l, ErrNoSavedList
	}
	l.EndedAt = now
	l.Version++
	return l, nil
}

// Restore puts it back.
func (l SavedList) Restore(now time.Time) (SavedList, error) {
	if l.EndedAt.IsZero() || now.Sub(l.EndedAt) > SavedRegret {
		return l, ErrNoSavedList
	}
	l.EndedAt = time.Time{}
	l.Version++
	return l, nil
}

// OpenTo reports whether somebody of the staff sees it.
func (l SavedList) OpenTo(who habeas.AccountID) bool {
	return l.EndedAt.IsZero() && (l.Shared || l.By == who)
}

// Changes refuses whoever may not rename or remove it: a shared one whose maker is gone is
// everybody's.
func (l SavedList) Changes(who habeas.AccountID) error {
	if l.By == who || l.Shared && l.By.IsZero() {
		return nil
	}
	return habeas.Forbidden("Only who has shared this list changes it.").WithCode("list.other")
}

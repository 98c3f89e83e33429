package party

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Tags (ADR 0035).
//
// A tag is a few words of the organisation, such as "volunteer", that staff give records.
// That somebody has one is said about them: it lies sealed under their record's key, its
// person sees it and who gave it, and it goes with the record. It lies with the party that it
// was given to, as notes do, so it follows merges and their undo; a split leaves it where it
// was. The words of a tag never change: what stands on a record would change with them.

// Tag is the words of one, in the organisation's catalogue.
type Tag struct {
	ID    habeas.TagID
	Words string
}

// Tagging is that a party has a tag.
type Tagging struct {
	ID    habeas.TaggingID `json:"id"`
	Party habeas.PartyID   `json:"p"`
	Tag   habeas.TagID     `json:"t"`
	By    habeas.AccountID `json:"by"`
}

// At is when the tag was given.
func (t Tagging) At() time.Time { return t.ID.Time() }

// TagChange is what was done with a tag at once, for as long as it can be taken back.
type TagChange struct {
	ID    habeas.TagChangeID
	By    habeas.AccountID
	Given bool // else it was taken
	Tag   habeas.TagID
	Done  []Tagging // that were made or ended
	Ends  time.Time
}

// Picked is what staff choose of a list: some records, or all that a filter finds.
type Picked struct {
	IDs    []habeas.PartyID
	All    bool
	Filter Filter
}

const (
	// MaxTagWords is how many characters a tag has.
	MaxTagWords = 40
	// MaxTags is how many tags an organisation has.
	MaxTags = 500
	// MaxTagged is how many tags a record has.
	MaxTagged = 30
	// MaxPicked is how many records are given a tag, or lose it, at once.
	MaxPicked = 10_000
	// TagRegret is how long that can be taken back with one button.
	TagRegret = 10 * time.Minute
)

var (
	// ErrNoTag says that there is no such tag.
	ErrNoTag = habeas.NotFound("There is no such tag.").WithCode("tag.none")
	// ErrTagUsed refuses to remove a tag that somebody has.
	ErrTagUsed = habeas.Conflict("Somebody has this tag. Take it from everybody first.").WithCode("tag.used")
	// ErrTagLate says that nothing is there to be taken back.
	ErrTagLate = habeas.Conflict("This can be taken back no more. Give or take the tag anew.").WithCode("tag.late")
	// ErrNobodyPicked says that no record was chosen.
	ErrNobodyPicked = habeas.Invalid("pick", "Choose at least one record.").WithCode("pick.none")
)

// TagWords cleans the words of a tag.
func TagWords(words string) (string, error) {
	words = strings.Join(strings.Fields(words), " ")
	switch {
	case words == "":
		return "", habeas.Invalid("tag", "Please fill this in.").WithCode("form.empty")
	case !utf8.ValidString(words) || utf8.RuneCountInString(words) > MaxTagWords ||
		strings.ContainsFunc(words, func(r rune) bool { return hidden(r, false) }):
		return "", habeas.Invalid("tag", "A tag has at most {max} characters, all of which can be seen.").With("max", strconv.Itoa(MaxTagWords)).WithCode("tag.words")
	}
	return words, nil
}

// TagNamed finds a tag by its words, however they are written.
func TagNamed(all []Tag, words string) (Tag, bool) {
	i := slices.IndexFunc(all, func(t Tag) bool { return Normalise(t.Words) == Normalise(words) })
	if i < 0 {
		return Tag{}, false
	}
	return all[i], true
}

// Room refuses one tag more than an organisation has.
func Room(all []Tag) error {
	if len(all) >= MaxTags {
		return habeas.Conflict("There are {max} tags, which is all there can be. Remove one that nobody has.").With("max", strconv.Itoa(MaxTags)).WithCode("tag.many")
	}
	return nil
}

// Give says what giving a tag to a record adds; nothing when the record has it, wherever in
// it. taggings are those of the record and of all that is merged into it.
func Give(taggings []Tagging, to habeas.PartyID, tag habeas.TagID, by habeas.AccountID, now time.Time) (*Tagging, error) {
	kinds := map[habeas.TagID]bool{}
	for _, t := range taggings {
		kinds[t.Tag] = true
	}
	switch {
	case kinds[tag]:
		return nil, nil
	case len(kinds) >= MaxTagged:
		return nil, habeas.Conflict("A record has at most {max} tags.").With("max", strconv.Itoa(MaxTagged)).WithCode("tag.full")
	}
	return &Tagging{ID: habeas.NewID[habeas.TaggingKind](now), Party: to, Tag: tag, By: by}, nil
}

// Tags reads them.
type Tags interface {
	// AllTags returns the catalogue, by words.
	AllTags(ctx context.Context) ([]Tag, error)
	// TagsOn returns the tags of a party and of all that are merged into it, oldest first.
	TagsOn(ctx context.Context, id habeas.PartyID) ([]Tagging, error)
	// TagChange returns what was done at once; NotFound when its time is over.
	TagChange(ctx context.Context, id habeas.TagChangeID) (TagChange, error)
}

// TagWriter changes them in a transaction.
type TagWriter interface {
	Tags
	SaveTag(t Tag, e audit.Entry) error
	RemoveTag(id habeas.TagID, e audit.Entry) error
	SaveTagging(t Tagging, e audit.Entry) error
	// RemoveTagging removes one; false, and no entry, when it was gone.
	RemoveTagging(id habeas.TaggingID, e audit.Entry) (bool, error)
}

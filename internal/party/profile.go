package party

import (
	"bytes"
	"cmp"
	"context"
	"crypto/cipher"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/match/text"
)

// ProfileState is whether a record has a public profile, and who may find it.
type ProfileState string

// The states.
const (
	ProfileNone      ProfileState = ""          // nothing public is held, or it may not be shown now
	ProfileShown     ProfileState = "shown"     // whoever has its address sees it; it is in no list
	ProfilePublished ProfileState = "published" // everybody may find it
	ProfileWithdrawn ProfileState = "withdrawn" // by its person
	ProfileHidden    ProfileState = "hidden"    // by staff
)

// Visible reports whether everybody who has the address sees the profile.
func (s ProfileState) Visible() bool { return s == ProfileShown || s == ProfilePublished }

// ShowAttached is the name under which a person shows or does not show what they are
// attached to. No field has it, as it holds no dot.
const ShowAttached = "attached"

// Showing is what was decided about a record's public profile.
type Showing struct {
	Party       habeas.PartyID
	PublishedAt time.Time        // by staff; counts while nobody has claimed the record
	HiddenAt    time.Time        // by staff; zero: they have not
	Account     habeas.AccountID // whose choice Shut is
	Shut        []string         // what its person does not show: "profile.about", ShowAttached
}

// Shows reports whether something of a profile is shown. What an account chose that has
// lost the record counts no more.
func (s Showing) Shows(p Party, name string) bool {
	return s.Account.IsZero() || s.Account != p.Account || !slices.Contains(s.Shut, name)
}

// Attachment is what a person is attached to, such as a module taught (PTY-6).
type Attachment struct {
	Title  string
	Role   string // "Lecturer"; empty when the system does not say
	Term   string // "Autumn 2026", in the words of the system
	Starts string // dates or moments as sent; may be empty
	Ends   string
	System string // who says so
	Past   bool   // it has ended
}

// Profile is what everybody may see of a record.
type Profile struct {
	Ref      Reference // its name in addresses
	Party    habeas.PartyID
	Kind     Kind
	Account  habeas.AccountID // of its person; zero while nobody has claimed it
	Name     string
	Sets     []Set // public data sets, with what is shown of them
	Attached []Attachment
	State    ProfileState
	Decided  bool // its person has decided whether it is public
	Shut     []string
}

// Text returns a public value, or "".
func (p Profile) Text(set, field string) string {
	return Record{Sets: p.Sets}.Text(set, field)
}

// Consented is what a record's person has said about its public profile.
type Consented struct{ Decided, Given bool }

// ProfileOf computes what everybody may see. attached is what the tickets say.
func ProfileOf(rec Record, showing Showing, said Consented, attached []Attachment) Profile {
	p := rec.Party
	out := Profile{Party: p.ID, Kind: p.Kind, Name: rec.Name(), Decided: said.Decided}
	if p.State == Claimed {
		out.Account = p.Account
	}
	if showing.Account == p.Account && !p.Account.IsZero() {
		out.Shut = showing.Shut
	}
	held := false
	for _, set := range rec.Sets {
		if set.Schema.Visibility != Public {
			continue
		}
		held = true
		one := Set{Schema: set.Schema}
		for _, f := range set.Fields {
			if f.Current.Text != "" && showing.Shows(p, set.Schema.Name+"."+f.Schema.Name) {
				one.Fields = append(one.Fields, f)
			}
		}
		if len(one.Fields) > 0 {
			out.Sets = append(out.Sets, one)
		}
	}
	if showing.Shows(p, ShowAttached) {
		out.Attached = attached
	}
	out.State = profileState(p, showing, said, held && out.Name != "" && (len(out.Sets) > 0 || len(out.Attached) > 0))
	return out
}

func profileState(p Party, showing Showing, said Consented, anything bool) ProfileState {
	claimed := p.State == Claimed
	switch {
	case claimed && said.Decided && !said.Given:
		return ProfileWithdrawn
	case !showing.HiddenAt.IsZero():
		return ProfileHidden
	case !anything, !claimed && p.State != Unclaimed, p.Restraint != RestraintNone:
		return ProfileNone
	case claimed && said.Given, !claimed && !showing.PublishedAt.IsZero():
		return ProfilePublished
	}
	return ProfileShown
}

// ProfileCipher is what names of profiles are made with.
const ProfileCipher = "profile"

// ProfileRef names the profile of a party in public addresses: its id, run through a
// block cipher. So it stays the same for good and costs no row, says nothing about when
// the record began, and cannot be compared with any other name of the party (ADR 0032).
func ProfileRef(c cipher.Block, id habeas.PartyID) Reference {
	r := Reference(id)
	c.Encrypt(r[:], r[:])
	return r
}

// ProfileParty is the party that a name stands for. Anything stands for something;
// whether there is such a party decides.
func ProfileParty(c cipher.Block, r Reference) habeas.PartyID {
	c.Decrypt(r[:], r[:])
	return habeas.PartyID(r)
}

// Attachments are what the tickets of a record say its person is attached to, and may
// be public: the system says so of the ticket, or brought something for the profile with
// it. What else a person booked is nobody's business. The newest come first, what has
// ended behind the rest; today is the day in the organisation's time.
func Attachments(said []Statement, tickets map[habeas.TicketID]Ticket, schemas *Schemas, name func(habeas.SystemID) string, today string) []Attachment {
	var out []Attachment
	seen := make(map[habeas.TicketID]bool)
	newest := slices.Clone(said)
	slices.SortFunc(newest, func(a, b Statement) int { return bytes.Compare(b.ID[:], a.ID[:]) })
	for _, s := range newest {
		if s.Ticket.IsZero() || seen[s.Ticket] || s.Occ.Title == "" || !s.public(schemas) {
			continue
		}
		seen[s.Ticket] = true
		if tickets[s.Ticket].State != TicketActive {
			continue
		}
		one := Attachment{Title: s.Occ.Title, Role: s.Occ.Role, Term: s.Occ.Term, Starts: s.Occ.Starts, Ends: s.Occ.Ends}
		one.Past = len(one.Ends) >= len(time.DateOnly) && one.Ends[:len(time.DateOnly)] < today
		if s.Source.Kind == FromSystem {
			one.System = name(s.Source.System)
		}
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b Attachment) int {
		switch {
		case a.Past == b.Past:
			return 0
		case b.Past:
			return -1
		}
		return 1
	})
	return out
}

// public reports whether what a ticket is about may stand on a public profile.
func (s Statement) public(schemas *Schemas) bool {
	if s.Occ.Public {
		return true
	}
	for name := range s.Values {
		if set, ok := schemas.Set(name); ok && set.Visibility == Public {
			return true
		}
	}
	return false
}

// Found reports whether every word of a query begins a word of the profile.
func (p Profile) Found(query string) bool {
	words := text.Words(text.Fold(p.words()))
	for q := range strings.FieldsSeq(text.Fold(query)) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}

// Subjects are what the profile says its person does, and the titles of what they are
// attached to now: by these a list is cut down.
func (p Profile) Subjects() []string {
	out := SplitList(p.Text("profile", "subjects"))
	for _, a := range p.Attached {
		if !a.Past {
			out = append(out, a.Title)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p Profile) words() string {
	var b strings.Builder
	b.WriteString(p.Name)
	for _, set := range p.Sets {
		for _, f := range set.Fields {
			b.WriteString("\n" + f.Current.Text)
		}
	}
	for _, a := range p.Attached {
		b.WriteString("\n" + a.Title + "\n" + a.Role)
	}
	return b.String()
}

// SplitList splits "Piano, harmony; ear training" into its parts.
func SplitList(list string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Profiles reads what was decided about public profiles.
type Profiles interface {
	// Showing returns what was decided about one; the zero Showing where nothing was.
	Showing(ctx context.Context, id habeas.PartyID) (Showing, error)
	// Published lists records that may be in the public list, after the given one.
	Published(ctx context.Context, after habeas.PartyID, limit int) ([]habeas.PartyID, error)
}

// ProfileWriter changes it in a transaction.
type ProfileWriter interface {
	Profiles
	SaveShowing(s Showing, e audit.Entry) error
}

// Publication is what a person decides about their profile.
type Publication string

// The decisions.
const (
	Publish   Publication = "publish"
	Withdraw  Publication = "withdraw"
	Undecided Publication = "undecided" // as if they had decided nothing
)

// ProfileStep is what staff decide about a profile.
type ProfileStep string

// The decisions.
const (
	StepPublish ProfileStep = "publish"
	StepUnlist  ProfileStep = "unlist" // takes StepPublish back
	StepHide    ProfileStep = "hide"
	StepShow    ProfileStep = "show" // takes StepHide back
)

// Known reports whether it is one of the decisions.
func (s ProfileStep) Known() bool {
	return s == StepPublish || s == StepUnlist || s == StepHide || s == StepShow
}

// Step returns what stands after staff have decided, and the event that witnesses it.
// They publish for nobody who can decide themselves.
func (s Showing) Step(p Party, what ProfileStep, mayPublish bool, now time.Time) (Showing, audit.Event, error) {
	switch what {
	case StepPublish:
		if !mayPublish {
			return s, "", habeas.Forbidden("The organisation does not publish profiles that nobody has claimed. An administrator can change that.").WithCode("profile.policy")
		}
		if p.State != Unclaimed {
			return s, "", habeas.Forbidden("This record belongs to its person: only they can publish it.").WithCode("party.claimed")
		}
		s.PublishedAt = now
		return s, audit.ProfilePublished, nil
	case StepUnlist:
		s.PublishedAt = time.Time{}
		return s, audit.ProfileUnlisted, nil
	case StepHide:
		s.HiddenAt = now
		return s, audit.ProfileHidden, nil
	case StepShow:
		s.HiddenAt = time.Time{}
		return s, audit.ProfileShown, nil
	}
	return s, "", habeas.Invalid("decision", "Choose one of the decisions offered.").WithCode("decision.unknown")
}

// Subjects is a subject with how many profiles name it.
type Subjects struct {
	Name string
	N    int
}

// CountSubjects lists the subjects of profiles, those that most name first.
func CountSubjects(all []Profile) []Subjects {
	counts := make(map[string]int)
	for _, p := range all {
		for _, s := range p.Subjects() {
			counts[s]++
		}
	}
	out := make([]Subjects, 0, len(counts))
	for name, n := range counts {
		out = append(out, Subjects{name, n})
	}
	slices.SortFunc(out, func(a, b Subjects) int { return cmp.Or(b.N-a.N, strings.Compare(a.Name, b.Name)) })
	return out
}

// SortProfiles puts profiles in the order of their names, however they are written.
func SortProfiles(all []Profile) {
	slices.SortFunc(all, func(a, b Profile) int {
		return cmp.Or(strings.Compare(text.Fold(a.Name), text.Fold(b.Name)), bytes.Compare(a.Ref[:], b.Ref[:]))
	})
}

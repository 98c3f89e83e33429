package party

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Restraint is why a record is kept and not used (PTY-29).
type Restraint string

// The restraints. An objection weighs more: it asks staff for an answer.
const (
	RestraintNone Restraint = ""
	Restricted    Restraint = "restricted" // GDPR article 18
	Objected      Restraint = "objected"   // GDPR article 21
)

// restrained returns the party under a restraint. An objection is not weakened by asking
// for restriction as well.
func restrained(p Party, to Restraint, now time.Time) Party {
	if p.Restraint == Objected && to == Restricted || p.Restraint == to {
		return p
	}
	if p.Restraint == RestraintNone {
		p.RestrainedAt = now
	}
	p.Restraint = to
	if to == RestraintNone {
		p.RestrainedAt = time.Time{}
	}
	p.Version++
	return p
}

// ToldState is what was decided when a record was last looked at for a notice.
type ToldState string

// The states.
const (
	ToldSent      ToldState = "sent"       // a mail went to its address
	ToldAlready   ToldState = "already"    // an earlier mail to the address said all of it
	ToldBySelf    ToldState = "self"       // its person entered it, or has it
	ToldNoAddress ToldState = "no-address" // there is nobody to write to
	ToldAccount   ToldState = "account"    // the address belongs to an account, which sees the offer
	ToldStopped   ToldState = "stopped"    // the address wants no such mails, or takes none
	ToldAstray    ToldState = "astray"     // the address said: this is not me
)

// Told is a record as it was last looked at for a notice.
type Told struct {
	Party   habeas.PartyID
	Version int64 // of the record then: when it has changed since, it is looked at again
	State   ToldState
	At      time.Time
}

// StopToken is the SHA-256 of the token of a stop link: all that storage sees.
type StopToken [32]byte

// StopState is what a stop link stands for, and whether it was used.
type StopState struct {
	Stopped bool
	Digest  bool // it came with a digest, not with a notice
}

// Notified is an address that notices go to.
type Notified struct {
	Address   keyring.LookupHash
	Stop      StopToken
	Sets      []string // data sets that were named so far
	Mail      habeas.MailID
	SentAt    time.Time // zero: none was sent
	SeenAt    time.Time
	StoppedAt time.Time
	BouncedAt time.Time
}

// Writable reports whether the address may be written to.
func (n Notified) Writable() bool { return n.StoppedAt.IsZero() && n.BouncedAt.IsZero() }

// Holding is what stands at one address: the unclaimed records that lead to it.
type Holding struct {
	Records  []Record
	Blocked  bool // the address said of the record asked about: this is not me
	Account  bool // an account has proved the address
	Notified Notified
}

// JudgeNotice says whether the people at an address are told about a record, and in
// which data sets' names. One mail says what all records there hold together, and not
// how many there are.
func JudgeNotice(p Party, said []Statement, hasAddress bool, h Holding) (ToldState, []string) {
	switch {
	case p.State != Unclaimed || bySelf(said):
		return ToldBySelf, nil
	case !hasAddress:
		return ToldNoAddress, nil
	case h.Blocked:
		return ToldAstray, nil
	case h.Account:
		return ToldAccount, nil
	case !h.Notified.Writable():
		return ToldStopped, nil
	}
	names := SetNames(h.Records)
	news := slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(h.Notified.Sets, n) })
	if !news && !h.Notified.SentAt.IsZero() {
		return ToldAlready, nil
	}
	return ToldSent, names
}

// bySelf reports whether the person entered the record: nobody else spoke before.
func bySelf(said []Statement) bool { return len(said) > 0 && said[0].Source.Kind == FromSelf }

// SetNames lists which data sets the records hold anything in, sorted, each once.
func SetNames(records []Record) []string {
	var names []string
	for _, r := range records {
		for _, s := range r.Sets {
			names = append(names, s.Schema.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Origin is who supplied something of a record, and between when.
type Origin struct {
	Source      Source
	First, Last time.Time
}

// Origins lists who spoke of a record, the first to speak first. Several members of
// staff are one origin, and so are several imports.
func Origins(said []Statement) []Origin {
	var out []Origin
	for _, s := range said {
		source := s.Source
		if source.Kind != FromSystem {
			source.Account, source.Import = habeas.AccountID{}, habeas.ImportID{}
		}
		i := slices.IndexFunc(out, func(o Origin) bool { return o.Source == source })
		if i < 0 {
			out, i = append(out, Origin{Source: source, First: s.At(), Last: s.At()}), len(out)
		}
		out[i].First, out[i].Last = earlier(out[i].First, s.At()), later(out[i].Last, s.At())
	}
	slices.SortStableFunc(out, func(a, b Origin) int { return a.First.Compare(b.First) })
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// MaskAll hides every value: what a record shows whose address may be read by somebody
// else than its person.
func (r Record) MaskAll() Record {
	r.Party.Opened = nil
	return r.MaskFor(true)
}

// Held is a record as the page after a mailed code shows it: masked, with who said what
// when, and what was asked for already.
type Held struct {
	Record   Record // masked
	Origins  []Origin
	Requests []Request // newest first
	Claimed  bool      // an account has it: what is beyond reading goes through there
	Closed   bool      // that account is closed: nobody can sign in to it
	Unsure   bool      // the address may be somebody else's: staff look before anything is erased
	Shut     bool      // nothing of it is shown: the address may be somebody else's
	Goes     time.Time // when the retention clock erases it; zero: not announced
	Bound    Bound     // what stays when it is erased
}

// VisitPurpose is what a visit is good for.
type VisitPurpose string

// The purposes of a visit.
const (
	VisitNotice VisitPurpose = "notice" // to see what is held at the address
	VisitPass   VisitPurpose = "pass"   // to use a consent code as the reader of the address
)

// Visit is a browser in which somebody proved an address, for one purpose.
type Visit struct {
	Hash      [32]byte // of the cookie's token
	Purpose   VisitPurpose
	Address   keyring.LookupHash
	Mailbox   string
	Display   string
	Language  string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Looking is what a proved address opens without an account.
type Looking struct {
	Visit   Visit
	Held    []Held
	Stopped bool // the address wants no such mails
}

// VisitLife is how long a proof lasts that opens notices and nothing else.
const VisitLife = 30 * time.Minute

// RequestKind is what a person asks of the organisation.
type RequestKind string

// The kinds of request.
const (
	AskErase    RequestKind = "erase"
	AskObject   RequestKind = "object"
	AskRestrict RequestKind = "restrict"
	AskNotMe    RequestKind = "not-me"
)

// Known reports whether the kind is one that people press a button for. Staff write down
// more (see Rights).
func (k RequestKind) Known() bool {
	return k == AskErase || k == AskObject || k == AskRestrict || k == AskNotMe
}

// Channel is how a request came.
type Channel string

// The channels.
const (
	ByNotice  Channel = "notice"  // on the page after a mailed code
	ByAccount Channel = "account" // by its person, signed in
	ByStaff   Channel = "staff"   // in person, by letter or telephone, entered by staff
)

// RequestState is where a request stands.
type RequestState string

// The states.
const (
	RequestOpen      RequestState = "open"
	RequestDone      RequestState = "done"
	RequestRefused   RequestState = "refused" // with the legal reason
	RequestWithdrawn RequestState = "withdrawn"
)

// Request is something a person asked for, with its clock (PTY-29). The row outlives
// the record, without naming it.
type Request struct {
	ID      habeas.RequestID
	Party   habeas.PartyID // zero once the record was erased, or where none is known
	Kind    RequestKind
	Channel Channel
	State   RequestState
	Due     time.Time // a month after it came (GDPR article 12, 3), three once extended
	ActAt   time.Time // when the server carries it out by itself; zero: staff do
	EndedAt time.Time
	EndedBy habeas.AccountID
	Answer  string // what staff said
	Mailbox string // where the answer goes
	Said    string // the language of the answer

	Came       time.Time // when it came, where that is not when it was written down; zero: it is
	ExtendedAt time.Time // zero: its month holds
	RemindedAt time.Time // when staff were last told that its month ends
	Assigned   habeas.AccountID
	WhyLonger  string // why it takes longer, as the person was told
	Identity   string // how staff made sure who asks
	Note       string // what is asked for, as staff wrote it down
}

// At is when the request came.
func (r Request) At() time.Time {
	if !r.Came.IsZero() {
		return r.Came
	}
	return r.ID.Time()
}

// DaysLeft counts the days until the month is over; negative when it is.
func (r Request) DaysLeft(now time.Time) int {
	left := r.Due.Sub(now)
	days := int(left / (24 * time.Hour))
	if left < 0 && left%(24*time.Hour) != 0 {
		days--
	}
	return days
}

// UndoErase is how long somebody who asked for erasure by a mailed code may take it
// back before it is done.
const UndoErase = 24 * time.Hour

// NewRequest makes one that came now. An erasure is carried out by the server after
// UndoErase, unless staff must look first.
func NewRequest(id habeas.PartyID, kind RequestKind, by Channel, unsure bool, now time.Time) Request {
	r := Request{
		ID: habeas.NewID[habeas.RequestKind](now), Party: id, Kind: kind, Channel: by, State: RequestOpen, Due: monthsAfter(now, 1),
	}
	if kind == AskErase && !unsure {
		r.ActAt = now.Add(UndoErase)
	}
	if kind == AskRestrict { // done at once: there is nothing to decide
		r.State, r.EndedAt = RequestDone, now
	}
	return r
}

// Answer is what staff decide about an open request.
type Answer string

// The answers.
const (
	AnswerGrant  Answer = "grant"  // do it: erase, or let the objection stand
	AnswerRefuse Answer = "refuse" // with the legal reason, which the person reads
)

var (
	errAnswer = habeas.Invalid("answer", "Choose one of the options.").WithCode("form.choice")
	errReason = habeas.Invalid("reason", "Say the legal reason: the person will read it.").WithCode("request.reason")
	errEnded  = habeas.Conflict("This request has its answer already.").WithCode("request.ended")
)

// AnswerWith returns the request as answered.
func (r Request) AnswerWith(a Answer, reason string, by habeas.AccountID, now time.Time) (Request, error) {
	switch {
	case r.State != RequestOpen:
		return r, errEnded
	case a != AnswerGrant && a != AnswerRefuse:
		return r, errAnswer
	case a == AnswerRefuse && strings.TrimSpace(reason) == "":
		return r, errReason
	case a == AnswerRefuse:
		r.State = RequestRefused
	default:
		r.State = RequestDone
	}
	r.EndedAt, r.EndedBy, r.Answer, r.ActAt = now, by, strings.TrimSpace(reason), time.Time{}
	return r, nil
}

// Settled returns a “not me” as answered by the decision on its record: keeping it apart
// agrees, releasing it does not.
func (r Request) Settled(d Decision, by habeas.AccountID, now time.Time) Request {
	r.State = RequestDone
	if d == Release {
		r.State = RequestRefused
	}
	r.EndedAt, r.EndedBy = now, by
	return r
}

// Reopened returns the request as it was before its answer.
func (r Request) Reopened() Request {
	r.State, r.EndedAt, r.EndedBy, r.Answer = RequestOpen, time.Time{}, habeas.AccountID{}, ""
	return r
}

// Withdraw returns the request as taken back by who asked.
func (r Request) Withdraw(now time.Time) (Request, error) {
	stands := r.State == RequestDone && r.Kind == AskRestrict || r.State == RequestDone && r.Kind == AskObject
	if r.State != RequestOpen && !stands || r.Kind == AskNotMe {
		return r, errEnded
	}
	r.State, r.EndedAt, r.ActAt = RequestWithdrawn, now, time.Time{}
	return r, nil
}

// Notices reads what people who hold no account are told, and what they ask for.
type Notices interface {
	// ToBeTold lists unclaimed records older than before that were not looked at since
	// their last change, in their order, after the given one.
	ToBeTold(ctx context.Context, before time.Time, after habeas.PartyID, limit int) ([]Party, error)
	// NotifiedAt returns what is known of an address; zero when nothing is.
	NotifiedAt(ctx context.Context, address keyring.LookupHash) (Notified, error)
	// NotifiedBy finds the address of a stop link.
	NotifiedBy(ctx context.Context, stop StopToken) (n Notified, found bool, err error)
	Visit(ctx context.Context, hash [32]byte, purpose VisitPurpose, now time.Time) (v Visit, found bool, err error)
	// Requests lists those about one record, newest first.
	Requests(ctx context.Context, id habeas.PartyID) ([]Request, error)
	Request(ctx context.Context, id habeas.RequestID) (Request, error)
	// OpenRequests lists those without an answer, most urgent first.
	OpenRequests(ctx context.Context, limit int) ([]Request, error)
	// EndedRequests lists those with one, newest first.
	EndedRequests(ctx context.Context, limit int) ([]Request, error)
	// EachRequest visits all, newest first, without what is sealed in them.
	EachRequest(ctx context.Context, visit func(Request) error) error
	// ToRemind lists those without an answer that are due before a moment and of which
	// staff were not reminded since another.
	ToRemind(ctx context.Context, due, since time.Time, limit int) ([]Request, error)
	// ToCarryOut lists those whose undo window is over.
	ToCarryOut(ctx context.Context, now time.Time, limit int) ([]Request, error)
}

// NoticeWriter writes them in a transaction.
type NoticeWriter interface {
	Notices
	// SaveNotified notes that a mail was sent to an address, that it was seen, or that
	// the address wants no more.
	SaveNotified(n Notified, e audit.Entry) error
	// SaveRequest inserts or updates a request.
	SaveRequest(r Request, e audit.Entry) error
	// SaveFulfilled inserts a request that was fulfilled by what done witnesses, an entry
	// that is written already in this transaction.
	SaveFulfilled(r Request, done audit.Entry) error
}

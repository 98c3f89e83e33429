package account

import (
	"net/netip"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// LogClass is what a line of the account log is about. The list is the policy's and no
// longer: what is not on it is not logged (LOG-01, LOG-02, LOG-03).
type LogClass string

// The classes.
const (
	LogRegistered LogClass = "registered" // an account began, with its first credential
	LogAuthorized LogClass = "authorized" // somebody signed in
	LogRefused    LogClass = "refused"    // tried to, without success
	LogActivated  LogClass = "activated"  // a further credential works from now on
	LogRevoked    LogClass = "revoked"    // a credential works no more
	LogReset      LogClass = "reset"      // the account, its registration or its file was recovered by a mailed code
)

// LogClasses are all of them.
func LogClasses() []LogClass {
	return []LogClass{LogRegistered, LogAuthorized, LogRefused, LogActivated, LogRevoked, LogReset}
}

// ShowsAddress reports whether a line shows the address that the request came from, to its
// person and to who reads the log. The address of other lines is only searched for (LOG-04).
func (c LogClass) ShowsAddress() bool { return c == LogRevoked || c == LogReset }

// logged maps the events of accounts to the log.
var logged = map[audit.Event]struct {
	class      LogClass
	credential string // where the entry names none
}{
	audit.SignInSucceeded:    {LogAuthorized, ""},
	audit.SignInFailed:       {LogRefused, ""},
	audit.AccountCreated:     {LogRegistered, ""},
	audit.AccountReopened:    {LogActivated, "account"},
	audit.AddressProved:      {LogActivated, "address"},
	audit.CredentialAdded:    {LogActivated, ""},
	audit.CredentialEnded:    {LogRevoked, ""},
	audit.AccountClosed:      {LogRevoked, "account"},
	audit.AccountRecovered:   {LogReset, ""},
	audit.FileReset:          {LogReset, "file"},
	audit.RegistrationReset:  {LogReset, "certificate"},
	audit.RoleGranted:        {LogActivated, "role"},
	audit.CertificateIssued:  {LogActivated, "certificate"},
	audit.CertificateRevoked: {LogRevoked, "certificate"},
	audit.RoleRevoked:        {LogRevoked, "role"},
}

// LogLine is one line of the account log.
type LogLine struct {
	Event      habeas.EventID // of the ledger's line beside it
	Class      LogClass
	At         time.Time
	Account    habeas.AccountID // zero: an attempt at no account
	Credential string           // which kind of credential, or by which proof; may be empty
	From       netip.Addr       // where the request came from; the zero Addr: not known or not shown
}

// LineOf makes the line of an entry; ok is false for what is not logged. An attempt that
// leads to no account has nothing that identifies anybody: no address either. What somebody
// else did to the account, an administrator, has no address: it would be theirs.
func LineOf(e audit.Entry, from netip.Addr) (l LogLine, ok bool) {
	c, ok := logged[e.Event]
	if !ok {
		return l, false
	}
	l = LogLine{Event: e.ID, Class: c.class, At: e.At, Account: habeas.AccountID(e.Subject), Credential: c.credential, From: from}
	for _, name := range []string{"credential", "proof"} {
		if l.Credential == "" {
			l.Credential = e.Detail[name]
		}
	}
	if e.Subject.IsZero() || !e.Actor.Account.IsZero() && e.Actor.Account != l.Account {
		l.From = netip.Addr{}
	}
	return l, true
}

// Shown is the line as its person and who reads the log see it.
func (l LogLine) Shown() LogLine {
	if !l.Class.ShowsAddress() {
		l.From = netip.Addr{}
	}
	return l
}

// LogMonths is how long a line stays here, in months: at most six (LOG-06).
const LogMonths = 6

// logMargin is how long before the end of that time a month goes, so that a server that
// stood still for an evening keeps the promise too.
const logMargin = 24 * time.Hour

// MonthOf is the month of the log, in UTC, in which a moment lies.
func MonthOf(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// LeavesAt is the moment from which on a month of the log is no more here. Months go whole,
// so no line lives longer than LogMonths after it was written; the last ones of a month live
// a month less.
func LeavesAt(month time.Time) time.Time {
	return MonthOf(month).AddDate(0, LogMonths, 0).Add(-logMargin)
}

// LogSince is the first month of the log that is here at a moment. Nothing before it is read,
// whether it was rotated yet or not.
func LogSince(now time.Time) time.Time {
	month := MonthOf(now).AddDate(0, -LogMonths, 0)
	for !now.Before(LeavesAt(month)) {
		month = month.AddDate(0, 1, 0)
	}
	return month
}

// Network is what two lines share an address by: an IPv4 address, or the first 64 bits of an
// IPv6 address, since one subscriber holds all of those. It is empty for the zero Addr.
func Network(from netip.Addr) string {
	if !from.IsValid() {
		return ""
	}
	from = from.Unmap().WithZone("")
	if p, err := from.Prefix(64); err == nil && from.Is6() {
		return p.String()
	}
	return from.String()
}

// ReadingKind is which log is read, or what else of an account.
type ReadingKind string

// The kinds of reading.
const (
	ReadAccount  ReadingKind = "account"  // the lines of one account
	ReadShared   ReadingKind = "shared"   // which accounts and contributions share an address with it
	ReadAuthor   ReadingKind = "author"   // who contributed to a public thing
	ReadSessions ReadingKind = "sessions" // the session log, which is about nobody
	ReadQueries  ReadingKind = "queries"  // the query log, of questions about public things
	ReadHolder   ReadingKind = "holder"   // no log, but the certificates of an account
)

// ReadingKinds are all of them.
func ReadingKinds() []ReadingKind {
	return []ReadingKind{ReadAccount, ReadShared, ReadAuthor, ReadSessions, ReadQueries, ReadHolder}
}

// ReadingLife is how long what an administrator has said they read may be read: a working
// afternoon. Then they say again why.
const ReadingLife = 4 * time.Hour

// MostReadingWords bounds what is said beside a purpose, in characters.
const MostReadingWords = 300

// Reading is that an administrator reads a log, and for what.
type Reading struct {
	ID      habeas.ReadingID
	By      habeas.AccountID
	Kind    ReadingKind
	About   habeas.AccountID // zero where the reading is about no account
	Object  string           // of ReadAuthor: which thing
	Purpose string           // sentence of a ReadPurpose
	Words   string           // which case; may be empty
	At      time.Time
}

// Open reports whether the reading still shows something.
func (r Reading) Open(now time.Time) bool { return now.Sub(r.At) < ReadingLife }

var (
	errLogPurpose = habeas.Invalid("purpose", "Say why you read this. Whose log it is will see it.").WithCode("log.purpose")
	errLogKind    = habeas.Invalid("kind", "Choose one of the options.").WithCode("log.kind")
	errLogWords   = habeas.Invalid("words", "Name the case in at most {max} characters.").WithCode("log.words").With("max", "300")
	errLogAbuse   = habeas.Invalid("purpose", "Who shares an address is shown in a case of abuse only. Name the case, too.").WithCode("log.abuse")

	// ErrNoReading is the one answer to a reading that is over, never was, or is another's.
	ErrNoReading = habeas.NotFound("Say first why you read this; after some hours you are asked again.").WithCode("log.reading")
)

// Check refuses a reading whose purpose is not on the list. Addresses that accounts share
// are found in a case of abuse alone, and the case has a name (LOG-16).
func (r Reading) Check() error {
	key, known := purposeKey(r.Purpose)
	switch {
	case !known:
		return errLogPurpose
	case len([]rune(r.Words)) > MostReadingWords:
		return errLogWords
	case r.Kind == ReadShared && (key != string(GroundAbuse) || r.Words == ""):
		return errLogAbuse
	}
	for _, k := range ReadingKinds() {
		if k == r.Kind {
			return nil
		}
	}
	return errLogKind
}

// MonthCount is how many lines of a class a month had.
type MonthCount struct {
	Month time.Time
	Class LogClass
	N     int64
}

// fewest is the smallest number that the public is told; below it nothing but that is.
const fewest = 10

// Coarse is a number as the public may know it: rounded so that one person more or less is
// not seen. few says that it is smaller than ten, which is all that is told of it.
func Coarse(n int64) (about int64, few bool) {
	if n < fewest {
		return 0, true
	}
	step := int64(5)
	for n >= 20*step {
		step *= 10
		if n < 4*step {
			step /= 2
		}
	}
	return (n + step/2) / step * step, false
}

// PublicMonth is what the public is told of one month.
type PublicMonth struct {
	Month  time.Time
	Counts map[LogClass]int64 // rounded; a class that is not there had fewer than ten lines
}

// PublicClasses are what the public is told of: no credential, and nothing of single people.
func PublicClasses() []LogClass {
	return []LogClass{LogRegistered, LogAuthorized, LogRefused, LogReset}
}

// PublicMonths rounds the counts of the months before this one, newest first. The month that
// goes on is left out: whoever asked twice would see each line come.
func PublicMonths(all []MonthCount, this time.Time) []PublicMonth {
	sums := make(map[time.Time]map[LogClass]int64)
	for _, c := range all {
		if !c.Month.Before(this) {
			continue
		}
		if sums[c.Month] == nil {
			sums[c.Month] = make(map[LogClass]int64)
		}
		sums[c.Month][c.Class] += c.N
	}
	var out []PublicMonth
	for month, n := range sums {
		p := PublicMonth{month, make(map[LogClass]int64)}
		for _, class := range PublicClasses() {
			if about, few := Coarse(n[class]); !few {
				p.Counts[class] = about
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y PublicMonth) int { return y.Month.Compare(x.Month) })
	return out
}

package habeas

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// Kind names what an ID identifies. It is a compile-time tag: an ID of one
// kind cannot be passed where another is expected.
type Kind interface {
	// Prefix is the three-letter tag that starts the text form of the ID.
	Prefix() string
}

// The kinds of identifier.
type (
	PartyKind     struct{} // a person or an organisation
	AccountKind   struct{} // somebody who can sign in
	SystemKind    struct{} // a connected system
	StatementKind struct{} // what one source said about one party on one occasion
	TicketKind    struct{} // a booking, membership or other occasion
	ClaimKind     struct{} // a request to take control of a record
	EventKind     struct{} // an audit entry
	SubjectKind   struct{} // a party or an account, as owner of a key
	MailKind      struct{} // a message in the outbox
	ChallengeKind struct{} // a mailed code or a WebAuthn ceremony in progress
	RequestKind   struct{} // what a person asked of the organisation, with its clock
	MergeKind     struct{} // two records that were found to be about one party
	SplitKind     struct{} // a record that was found to be about two parties
	ImportKind    struct{} // a file of records that was brought in
	PassKind      struct{} // a consent that its person hands over as a code or link
	DisputeKind   struct{} // the statement that a claim was wrong
	RemainderKind struct{} // what a legal duty keeps of an erased record, as owner of a key
	BreachKind    struct{} // a breach of personal data, as the register holds it
	BulkKind      struct{} // pairs of records that are merged together
	NoteKind      struct{} // what staff noted on a record
	TagKind       struct{} // a short word of the organisation about people
	TaggingKind   struct{} // that a record has one
	TagChangeKind struct{} // what was done with a tag at once, to be taken back
	SavedListKind struct{} // a filter of the list of people under a name
	ListFileKind  struct{} // a list that was taken away as a file
	RelationKind  struct{} // what two parties are to each other
	HouseholdKind struct{} // who lives together
	GuardianKind  struct{} // an account that acts for somebody who has none
	LetterKind    struct{} // a code that goes out by post
	ReleaseKind   struct{} // a case of release of data
	BlockKind     struct{} // an account or network that is kept out

	StaffUserKind  struct{} // somebody whom a system has named as working here
	StaffGroupKind struct{} // a group of them

	ReadingKind      struct{} // that an administrator reads a log, and for what
	ContributionKind struct{} // what somebody did to a public thing

	GrantKind       struct{} // the decision that somebody shall hold a role
	ApplicationKind struct{} // that somebody asks for a role
	EscrowKind      struct{} // a private key that its person leaves with the organisation, as owner of a key
	KeeperSetKind   struct{} // key keepers who were asked together
	KeeperKind      struct{} // one of them

	SiteKind    struct{} // a site that a trusted entity creator speaks for
	MandateKind struct{} // that somebody lets a trusted entity creator act for them
)

// Prefix implements Kind.
func (PartyKind) Prefix() string { return "pty" }

// Prefix implements Kind.
func (AccountKind) Prefix() string { return "acc" }

// Prefix implements Kind.
func (SystemKind) Prefix() string { return "sys" }

// Prefix implements Kind.
func (StatementKind) Prefix() string { return "stm" }

// Prefix implements Kind.
func (TicketKind) Prefix() string { return "tkt" }

// Prefix implements Kind.
func (ClaimKind) Prefix() string { return "clm" }

// Prefix implements Kind.
func (EventKind) Prefix() string { return "evt" }

// Prefix implements Kind.
func (SubjectKind) Prefix() string { return "sub" }

// Prefix implements Kind.
func (MailKind) Prefix() string { return "mai" }

// Prefix implements Kind.
func (ChallengeKind) Prefix() string { return "chl" }

// Prefix implements Kind.
func (RequestKind) Prefix() string { return "req" }

// Prefix implements Kind.
func (MergeKind) Prefix() string { return "mrg" }

// Prefix implements Kind.
func (SplitKind) Prefix() string { return "spl" }

// Prefix implements Kind.
func (ImportKind) Prefix() string { return "imp" }

// Prefix implements Kind.
func (PassKind) Prefix() string { return "pas" }

// Prefix implements Kind.
func (BulkKind) Prefix() string { return "blk" }

// Prefix implements Kind.
func (NoteKind) Prefix() string { return "nte" }

// Prefix implements Kind.
func (TagKind) Prefix() string { return "tag" }

// Prefix implements Kind.
func (TaggingKind) Prefix() string { return "tgn" }

// Prefix implements Kind.
func (TagChangeKind) Prefix() string { return "tgc" }

// Prefix implements Kind.
func (SavedListKind) Prefix() string { return "lst" }

// Prefix implements Kind.
func (ListFileKind) Prefix() string { return "lsf" }

// Prefix implements Kind.
func (DisputeKind) Prefix() string { return "dsp" }

// Prefix implements Kind.
func (RemainderKind) Prefix() string { return "rem" }

// Prefix implements Kind.
func (BreachKind) Prefix() string { return "brc" }

// Prefix implements Kind.
func (RelationKind) Prefix() string { return "rel" }

// Prefix implements Kind.
func (HouseholdKind) Prefix() string { return "hou" }

// Prefix implements Kind.
func (GuardianKind) Prefix() string { return "grd" }

// Prefix implements Kind.
func (LetterKind) Prefix() string { return "ltr" }

// Prefix implements Kind.
func (ReleaseKind) Prefix() string { return "rls" }

// Prefix implements Kind.
func (BlockKind) Prefix() string { return "blo" }

// Prefix implements Kind.
func (StaffUserKind) Prefix() string { return "stu" }

// Prefix implements Kind.
func (StaffGroupKind) Prefix() string { return "stg" }

// Prefix implements Kind.
func (ReadingKind) Prefix() string { return "rdg" }

// Prefix implements Kind.
func (ContributionKind) Prefix() string { return "ctb" }

// Prefix implements Kind.
func (GrantKind) Prefix() string { return "grt" }

// Prefix implements Kind.
func (ApplicationKind) Prefix() string { return "apl" }

// Prefix implements Kind.
func (EscrowKind) Prefix() string { return "esc" }

// Prefix implements Kind.
func (KeeperSetKind) Prefix() string { return "kps" }

// Prefix implements Kind.
func (KeeperKind) Prefix() string { return "kpr" }

// Prefix implements Kind.
func (SiteKind) Prefix() string { return "sit" }

// Prefix implements Kind.
func (MandateKind) Prefix() string { return "man" }

// ID is a 128-bit identifier: 48 bits of Unix milliseconds, then 80 random
// bits. IDs made later sort later, so rows keyed by them are appended rather
// than scattered. An ID is for inside the server: because it carries a time, it
// is never given to another system (those get random references).
type ID[K Kind] [16]byte

// The identifiers by kind.
type (
	PartyID     = ID[PartyKind]
	AccountID   = ID[AccountKind]
	SystemID    = ID[SystemKind]
	StatementID = ID[StatementKind]
	TicketID    = ID[TicketKind]
	ClaimID     = ID[ClaimKind]
	EventID     = ID[EventKind]
	SubjectID   = ID[SubjectKind]
	MailID      = ID[MailKind]
	ChallengeID = ID[ChallengeKind]
	RequestID   = ID[RequestKind]
	MergeID     = ID[MergeKind]
	SplitID     = ID[SplitKind]
	ImportID    = ID[ImportKind]
	PassID      = ID[PassKind]
	DisputeID   = ID[DisputeKind]
	RemainderID = ID[RemainderKind]
	BreachID    = ID[BreachKind]
	BulkID      = ID[BulkKind]
	NoteID      = ID[NoteKind]
	TagID       = ID[TagKind]
	TaggingID   = ID[TaggingKind]
	TagChangeID = ID[TagChangeKind]
	SavedListID = ID[SavedListKind]
	ListFileID  = ID[ListFileKind]
	RelationID  = ID[RelationKind]
	HouseholdID = ID[HouseholdKind]
	GuardianID  = ID[GuardianKind]
	LetterID    = ID[LetterKind]
	ReleaseID   = ID[ReleaseKind]
	BlockID     = ID[BlockKind]

	StaffUserID  = ID[StaffUserKind]
	StaffGroupID = ID[StaffGroupKind]

	ReadingID      = ID[ReadingKind]
	ContributionID = ID[ContributionKind]

	GrantID       = ID[GrantKind]
	ApplicationID = ID[ApplicationKind]
	EscrowID      = ID[EscrowKind]
	KeeperSetID   = ID[KeeperSetKind]
	KeeperID      = ID[KeeperKind]

	SiteID    = ID[SiteKind]
	MandateID = ID[MandateKind]
)

// idText is Crockford's alphabet in lower case: no i, l, o, u.
var idText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// sequence numbers the events made by this process.
var sequence atomic.Uint32

// NewID returns a fresh identifier for the given moment. Events of one process sort
// in the order they were made also within a millisecond, because people read them in
// this order: 32 of their random bits are a counter, which tells no more than the
// place in the public ledger does.
func NewID[K Kind](now time.Time) ID[K] {
	var id ID[K]
	rand.Read(id[:]) // never fails: crypto/rand aborts the program instead
	binary.BigEndian.PutUint32(id[:4], uint32(uint64(now.UnixMilli())>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(now.UnixMilli()))
	var k K
	if _, ok := any(k).(EventKind); ok {
		binary.BigEndian.PutUint32(id[6:10], sequence.Add(1))
	}
	return id
}

// ParseID reads the text form made by [ID.String]. The error is of kind
// Invalid and does not repeat the input.
func ParseID[K Kind](s string) (ID[K], error) {
	var id ID[K]
	var k K
	rest, ok := strings.CutPrefix(s, k.Prefix()+"_")
	if !ok || len(rest) != idText.EncodedLen(len(id)) {
		return id, Invalid("id", "This is not a valid identifier.")
	}
	b, err := idText.DecodeString(rest)
	if err != nil {
		return id, Invalid("id", "This is not a valid identifier.")
	}
	copy(id[:], b)
	if id.String() != s { // spare bits set: another spelling of the same bytes
		return ID[K]{}, Invalid("id", "This is not a valid identifier.")
	}
	return id, nil
}

// String returns the text form: prefix, underscore, 26 characters.
func (id ID[K]) String() string {
	var k K
	return k.Prefix() + "_" + idText.EncodeToString(id[:])
}

// IsZero reports whether the ID is unset.
func (id ID[K]) IsZero() bool { return id == ID[K]{} }

// Time returns the moment the ID was made, to the millisecond.
func (id ID[K]) Time() time.Time {
	ms := int64(binary.BigEndian.Uint32(id[:4]))<<16 | int64(binary.BigEndian.Uint16(id[4:6]))
	return time.UnixMilli(ms).UTC()
}

// MarshalText implements encoding.TextMarshaler; a zero ID is the empty text.
func (id ID[K]) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID[K]) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*id = ID[K]{}
		return nil
	}
	*id, err = ParseID[K](string(b))
	return err
}

// Bytes16 copies an ID out of a database column. It fails when the column does
// not hold exactly 16 bytes, which means the row is damaged.
func Bytes16[K Kind](b []byte) (ID[K], error) {
	var id ID[K]
	if len(b) != len(id) {
		return id, fmt.Errorf("habeas: identifier of %d bytes, want %d", len(b), len(id))
	}
	copy(id[:], b)
	return id, nil
}

// SubjectOf returns the subject, the owner of a key, that a party, an account, an import
// or the remainder of an erased record is. All draw from one number space, so two subjects never meet.
func SubjectOf[K interface {
	Kind
	PartyKind | AccountKind | ImportKind | RemainderKind | EscrowKind
}](id ID[K]) SubjectID {
	return SubjectID(id)
}

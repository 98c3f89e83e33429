package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// EscrowSplit is the class of a private key that key keepers give back: the page encrypts it
// under a random key before it is sent, and shares that key among n people by Shamir's scheme.
// k of them together open it; the organisation, and fewer than k, learn nothing (T5, T8).
const EscrowSplit EscrowClass = "keepers"

// The bounds of a set of key keepers. One alone would be a second password, in somebody
// else's hands.
const (
	MinKeepers = 2 // also of those who are needed
	MaxKeepers = 7
)

// KeepAsked is how long people are asked to be key keepers before the asking ends.
const KeepAsked = 30 * 24 * time.Hour

// KeeperAsks is how often within KeeperAskWindow an account may ask people, so that nobody
// floods mailboxes.
const (
	KeeperAsks      = 5
	KeeperAskWindow = 24 * time.Hour
)

// Lengths of what keepers' pages send, in bytes.
const (
	keeperPoint = 32                  // a public key of X25519
	shareSize   = 32 + 33 + 16        // HPKE to it: its encapsulated key, a share, the tag
	replySize   = pointSize + 33 + 16 // HPKE to a browser, whose key is of P-256
)

// KeeperState is how somebody stands who was asked to be a key keeper.
type KeeperState string

// The states.
const (
	KeeperInvited  KeeperState = "invited"
	KeeperReady    KeeperState = "agreed"   // the set is not made yet
	KeeperHolds    KeeperState = "holds"    // a share
	KeeperDeclined KeeperState = "declined" // before
	KeeperResigned KeeperState = "resigned" // after
	KeeperGone     KeeperState = "lost"     // their certificate counts no more, or their account is erased
)

// Keeper is somebody who was asked to keep a share of the private key of a registration file.
type Keeper struct {
	ID       habeas.KeeperID
	Set      habeas.KeeperSetID // who was asked together
	Owner    habeas.AccountID   // whose key it is
	Escrow   habeas.EscrowID    // zero until the set is made
	Account  habeas.AccountID   // of the keeper; zero until they agree, and after they are erased
	Hash     keyring.LookupHash // of the address that was asked; zero once there is an answer
	Serial   pki.Serial         // of the keeper's certificate
	Need     int                // how many of the set together give the key back
	State    KeeperState
	At       time.Time
	Answered time.Time

	Name      string // the address that was asked, as its person wrote it; empty: erased
	Mailbox   string
	Point     []byte // the public key that shares are sealed to
	Signature []byte // of the keeper's certificate key, over AgreeText
	Share     []byte // sealed to Point

	Reset habeas.ChallengeID // the one that Reply is for; zero: none
	Reply []byte             // the share, sealed to the browser of that reset
}

// Made reports whether the set has been made: shares were handed out.
func (k Keeper) Made() bool { return !k.Escrow.IsZero() }

// Counts reports whether the keeper can help, or could once the set is made.
func (k Keeper) Counts() bool { return k.State == KeeperReady || k.State == KeeperHolds }

// Counting returns how many of a set can help.
func Counting(set []Keeper) (n int) {
	for _, k := range set {
		if k.Counts() {
			n++
		}
	}
	return n
}

// Ready reports whether a set that is not made can be: everybody has answered, and enough have agreed.
func Ready(set []Keeper) bool {
	return len(set) > 0 && Ended(set) && Counting(set) >= set[0].Need
}

// Ended reports whether everybody of a set that is not made has answered.
func Ended(set []Keeper) bool {
	for _, k := range set {
		if k.State == KeeperInvited {
			return false
		}
	}
	return true
}

// Replies returns those who gave their share for a reset.
func Replies(set []Keeper, reset habeas.ChallengeID) (out []Keeper) {
	for _, k := range set {
		if k.State == KeeperHolds && k.Reset == reset && len(k.Reply) > 0 {
			out = append(out, k)
		}
	}
	return out
}

// CheckKeepers refuses a number of people, or of those who are needed, that makes no sense.
func CheckKeepers(asked, need int) error {
	switch {
	case asked < MinKeepers || asked > MaxKeepers:
		return ErrKeeperNumber
	case need < MinKeepers || need > asked:
		return ErrKeeperNeed
	}
	return nil
}

// Agreement is what the page of a keeper sends who agrees.
type Agreement struct {
	Serial           pki.Serial // of the keeper's certificate
	Point, Signature []byte
}

// Check refuses what no page of ours sends.
func (a Agreement) Check() error {
	if len(a.Point) != keeperPoint || len(a.Signature) != signatureLen {
		return ErrKeeper
	}
	return nil
}

// CheckReply refuses what no page of ours sends.
func CheckReply(message []byte) error {
	if len(message) != replySize {
		return ErrKeeper
	}
	return nil
}

// MaxShares is how long the shares of a deposit are at most, as the page writes them.
const MaxShares = MaxKeepers * (40 + 2*shareSize)

// Share is one keeper's part of a deposit.
type Share struct {
	Keeper habeas.KeeperID
	Sealed []byte
}

// ParseShares reads the shares of a deposit as the page writes them: the keeper's id, a colon,
// the sealed share in base64url; commas between. Error: ErrDeposit.
func ParseShares(s string) ([]Share, error) {
	var out []Share
	for one := range strings.SplitSeq(s, ",") {
		id, word, _ := strings.Cut(one, ":")
		var share Share
		var err error
		if share.Keeper, err = habeas.ParseID[habeas.KeeperKind](id); err != nil {
			return nil, ErrDeposit
		}
		if share.Sealed, err = base64.RawURLEncoding.Strict().DecodeString(word); err != nil || len(share.Sealed) != shareSize {
			return nil, ErrDeposit
		}
		if out = append(out, share); len(out) > MaxKeepers {
			return nil, ErrDeposit
		}
	}
	return out, nil
}

// keeperProtocol begins every text that something about keepers is bound to. The page's half is
// internal/web/ui/js/keepers-key.js.
const keeperProtocol = "habeas keepers v1"

func keeperText(parts ...string) []byte {
	return []byte(keeperProtocol + "\n" + strings.Join(parts, "\n"))
}

// AgreeText is what the certificate key of a keeper signs: for whom, in which set, under which
// public key. So nobody who keeps the public key here can put another in its place.
func AgreeText(k Keeper, a Agreement) []byte {
	return keeperText("agree", k.Set.String(), k.ID.String(), k.Owner.String(), a.Serial.String(), base64.RawURLEncoding.EncodeToString(a.Point))
}

// ShareText is the associated data of a share that is sealed to its keeper.
func ShareText(k Keeper, owner pki.Serial) []byte {
	return keeperText("share", k.Set.String(), k.ID.String(), k.Owner.String(), owner.String())
}

// SplitText is the associated data of the private key under the key that is shared.
func SplitText(set habeas.KeeperSetID, owner habeas.AccountID, serial pki.Serial, need int) []byte {
	return keeperText("key", set.String(), owner.String(), serial.String(), strconv.Itoa(need))
}

// PassText is the associated data of a share on its way to the browser of a reset.
func PassText(k Keeper, reset habeas.ChallengeID) []byte {
	return keeperText("pass", reset.String(), k.ID.String())
}

// Digest is the SHA-256 of a deposit with its shares: what the consent covers.
func (d Deposit) Digest() []byte {
	h := sha256.New()
	h.Write(d.Sealed)
	for _, s := range d.Shares {
		h.Write([]byte(s.Keeper.String()))
		h.Write(s.Sealed)
	}
	return h.Sum(nil)
}

// KeeperReader is what the use cases read of key keepers.
type KeeperReader interface {
	// Keepers are those whom an account has asked: of the set that is made, and of the one that
	// is to be, in the order in which they were asked.
	Keepers(ctx context.Context, owner habeas.AccountID) ([]Keeper, error)
	// Keeping are the places in which an account keeps shares or is asked to, by its addresses.
	Keeping(ctx context.Context, id habeas.AccountID) ([]Keeper, error)
	// Keeper finds one; found is false when there is none.
	Keeper(ctx context.Context, id habeas.KeeperID) (k Keeper, found bool, err error)
	// LostKeepers are those whose certificate counts no more and of whom that is not noted yet.
	LostKeepers(ctx context.Context, now time.Time, limit int) ([]Keeper, error)
}

// KeeperWriter changes it in one transaction, with the entry that witnesses it.
type KeeperWriter interface {
	KeeperReader
	// AskKeepers inserts a set in the place of one that was never made.
	AskKeepers(set []Keeper, entry audit.Entry) error
	// DropKeepers forgets the set of an account that was never made.
	DropKeepers(owner habeas.AccountID, entry audit.Entry) error
	// SaveKeeper writes what became of one.
	SaveKeeper(k Keeper, entry audit.Entry) error
	// SplitEscrow inserts an escrow with the shares of its set, in the place of the account's
	// escrow before.
	SplitEscrow(e Escrow, set []Keeper, entry audit.Entry) error
}

// Why key keepers are refused.
var (
	// ErrKeeperNumber and ErrKeeperNeed refuse a set.
	ErrKeeperNumber = habeas.Invalid("addresses", "Ask two to seven people, each at an address of their own.").WithCode("keeper.number")
	ErrKeeperNeed   = habeas.Invalid("need", "At least two of them are needed, and at most all of them.").WithCode("keeper.need")
	// ErrKeeperSelf refuses one's own address.
	ErrKeeperSelf = habeas.Invalid("addresses", "One of the addresses is your own. Ask other people.").WithCode("keeper.self")
	// ErrKeeper is the one refusal of what a keeper's page has sent, whatever is wrong with it.
	ErrKeeper = habeas.Invalid("file", "What the page sent does not fit. Load the page again, and choose your newest registration file.").WithCode("keeper.fit")
	// ErrNoKeeper is the one refusal of a place that is not the actor's, or not any more.
	ErrNoKeeper = habeas.Gone("You are not asked for this any more: it was taken back, answered already, or its time is over.").WithCode("keeper.none")
	// ErrKeeperTwice refuses a second place in one set.
	ErrKeeperTwice = habeas.Conflict("You have agreed already, at another of your addresses. One person counts once.").WithCode("keeper.twice")
	// ErrKeepers refuses to make a set that is not complete.
	ErrKeepers = habeas.Conflict("Something has changed meanwhile about the people whom you asked. Load the page again.").WithCode("keeper.changed")
	// ErrKeepersFew refuses a key before enough keepers have given their shares.
	ErrKeepersFew = habeas.Conflict("Not enough of your key keepers have answered yet.").WithCode("reset.keepers")
	// ErrKeeperAsks refuses to ask still more people.
	ErrKeeperAsks = habeas.TooMany("You have asked people often today. Ask again tomorrow.").WithCode("keeper.asks")
)

package account

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Operation is what somebody did, or tried to do, to a public thing: "profile.publish".
type Operation string

// Pseudonym stands for somebody in a log that is kept for ever. It grows from the key of
// their subject: who has the key finds it, and once the key is destroyed nobody does,
// in no copy of the log (ADR 0041).
type Pseudonym [16]byte

// IsZero reports whether it stands for nobody.
func (p Pseudonym) IsZero() bool { return p == Pseudonym{} }

// The uses of pseudonyms. One log's say nothing in another.
const (
	pseudonymOfContributor = "habeas/contributor"
	pseudonymInArchive     = "habeas/archive"
)

// ContributorOf is the pseudonym in the contribution log of whose key it is.
func ContributorOf(key audit.Deriver) Pseudonym {
	return Pseudonym(key.Derive(pseudonymOfContributor, len(Pseudonym{})))
}

// ArchivedAs is the pseudonym in the archive of the account log.
func ArchivedAs(key audit.Deriver) Pseudonym {
	return Pseudonym(key.Derive(pseudonymInArchive, len(Pseudonym{})))
}

// Contribution is one line of the contribution log (LOG-09 to LOG-12). Everybody may know
// that something was changed; who did it is known to administrators who say why, while the
// contributor's account lives.
type Contribution struct {
	ID        habeas.ContributionID
	At        time.Time
	Operation Operation
	Object    string          // which thing; empty where the attempt was refused (LOG-10)
	By        Pseudonym       // who did it
	Via       habeas.SystemID // through which connected system it came; zero: none (LOG-11)
	Through   Pseudonym       // through which trusted entity creator; zero: none (LOG-11)
	Refused   bool
}

// Digest is what the ledger says of a line, so that none can be changed afterwards.
func (c Contribution) Digest() [sha256.Size]byte {
	var through []byte
	if !c.Through.IsZero() {
		through = c.Through[:]
	}
	text, err := json.Marshal(struct {
		ID        habeas.ContributionID `json:"id"`
		At        string                `json:"at"`
		Operation Operation             `json:"operation"`
		Object    string                `json:"object"`
		By        []byte                `json:"by"`
		Via       habeas.SystemID       `json:"via,omitzero"`
		Through   []byte                `json:"through,omitempty"` // absent in lines from before there were any
		Refused   bool                  `json:"refused"`
	}{c.ID, c.At.UTC().Format("2006-01-02T15:04:05.000Z"), c.Operation, c.Object, c.By[:], c.Via, through, c.Refused})
	if err != nil {
		panic("account: a contribution of plain values cannot be written: " + err.Error())
	}
	return sha256.Sum256(text)
}

// Act is something done to a public thing, or tried: what the rooms that hold such things
// say to the contribution log.
type Act struct {
	Operation Operation
	Object    string
	Refused   bool
}

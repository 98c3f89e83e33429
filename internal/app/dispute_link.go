package app

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// DisputeOf is what the link in a mail about a claim is derived from: the claim, and
// the address to which the mail went.
type DisputeOf struct {
	Claim   habeas.ClaimID     `json:"c"`
	Address keyring.LookupHash `json:"a"`
}

// disputeToken is what the link carries: 256 bits. No row holds it, only its hash
// (PTY-A24).
func disputeToken(keys *keyring.Ring, of DisputeOf) []byte {
	t := keys.Token("dispute", append(of.Claim[:], of.Address[:]...))
	defer clear(t[:])
	return base64.RawURLEncoding.AppendEncode(nil, t[:])
}

// disputeHash is what a row holds of it.
func disputeHash(keys *keyring.Ring, of DisputeOf) (h [32]byte) {
	sealed.Do(func() {
		t := keys.Token("dispute", append(of.Claim[:], of.Address[:]...))
		defer clear(t[:])
		h = sha256.Sum256(t[:])
	})
	return h
}

// tellClaimed tells whoever should know that a record has its account now: the account,
// and every other address that the record knew before, because one of them may be that
// of its right person. Each mail carries a link of its own that disputes the claim
// (PTY-14, PTY-20).
func (r *Records) tellClaimed(tx *sqlstore.Tx, kind mail.Kind, c party.Claim, said []party.Statement, to Letter, who party.Claimant) error {
	main, err := email.Parse(to.To)
	if err != nil {
		return habeas.Internal(err)
	}
	to.Kind, to.Link = kind, "/me/records/"+c.Party.String()
	if err := r.postDisputable(tx, c, habeas.SubjectOf(c.Account), to, main); err != nil {
		return err
	}
	told, language := slices.Clone(who.Addresses), to.Language
	for _, s := range said {
		if s.Source.Kind != party.FromSelf { // the record's language, as others know it
			language = cmp.Or(s.Values.Get("contact", "language"), language)
		}
		other, err := email.Parse(s.Values.Get("contact", "email"))
		if err != nil || s.Source.Kind == party.FromSelf {
			continue
		}
		hash := r.Keys.Lookup(party.LookupEmail, other.Key())
		blocked, err := tx.Records().Blocked(tx.Context(), hash, c.Party)
		if err != nil {
			return err
		}
		if blocked || slices.Contains(told, hash) {
			continue
		}
		told = append(told, hash)
		letter := Letter{Kind: mail.KindClaimedKnown, To: other.Mailbox(), Language: language, Link: "/notice"}
		if err := r.postDisputable(tx, c, habeas.SubjectOf(c.Party), letter, other); err != nil {
			return err
		}
	}
	return nil
}

// postDisputable leaves a mail with a link that disputes a claim.
func (r *Records) postDisputable(tx *sqlstore.Tx, c party.Claim, subject habeas.SubjectID, l Letter, to email.Address) error {
	l.Dispute = DisputeOf{Claim: c.ID, Address: r.Keys.Lookup(party.LookupEmail, to.Key())}
	link := party.DisputeLink{
		Hash: disputeHash(r.Keys, l.Dispute), Party: c.Party, Claim: c.ID, Address: l.Dispute.Address,
		Expires: r.Clock.Now().Add(r.Rules.LinkLife), Mailbox: to.Mailbox(), Language: l.Language,
	}
	if err := tx.Disputes().SaveDisputeLink(link, r.event(audit.ClaimTold, c.Party, habeas.Server, nil)); err != nil {
		return err
	}
	return r.Mailer.Post(tx, subject, l)
}

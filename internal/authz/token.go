package authz

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/sealed"
)

// TokenLife is how long a bearer token is good for.
const TokenLife = time.Hour

// What secrets and tokens begin with, so that scanners of code and logs know them.
const (
	secretPrefix = "hbs_"
	tokenPrefix  = "hbt_"
	secretBytes  = 32
)

// Errors of authorization. All but the last look alike from outside: whether the
// system, the secret or the connection was wrong is not said.
var (
	ErrClient = (&habeas.Error{Kind: habeas.KindUnauthenticated, Message: "This client id and secret are not known here."}).WithCode("client.invalid")
	ErrToken  = (&habeas.Error{Kind: habeas.KindUnauthenticated, Message: "The access token is missing, expired or ended. Ask for a new one."}).WithCode("token.invalid")
	ErrScope  = habeas.Invalid("scope", "This system may not ask for one of these scopes.").WithCode("scope.invalid")
)

// Hash is SHA-256 of a secret or token. These have 256 random bits, so the hash
// needs neither salt nor stretching.
type Hash [sha256.Size]byte

// HashOf returns the hash under which a secret or token is kept. What cannot be read any
// more has a hash that fits nothing.
func HashOf(text sealed.Value) (h Hash) {
	if text.Use(func(plain []byte) error { h = sha256.Sum256(plain); return nil }) != nil {
		_, _ = rand.Read(h[:]) // never fails: crypto/rand aborts the program instead
	}
	return h
}

// IsZero reports whether there is no hash.
func (h Hash) IsZero() bool { return h == Hash{} }

// draw makes a client secret or token on its way to its owner, who sees it once. Where no
// protected memory is left there is none to be had.
func draw(in *sealed.Session, prefix string) (sealed.Value, Hash, error) {
	text, err := in.Random("secret of a system", prefix, secretBytes)
	if err != nil {
		return sealed.Value{}, Hash{}, (&habeas.Error{Kind: habeas.KindUnavailable, Message: "The server has no protected memory left. Try again."}).WithCode("memory.full")
	}
	return text, HashOf(text), nil
}

// Token is a granted access: what is stored of it, and the text for the system.
type Token struct {
	Hash    Hash
	System  habeas.SystemID
	Scopes  []Scope
	Expires time.Time
	Text    sealed.Value
	Sandbox bool // its system is only tried out
}

// Knows reports whether secret is one of the system's live ones, in a time that
// does not depend on which or how much of it fits.
func (s System) Knows(secret sealed.Value) bool {
	h := HashOf(secret)
	now := subtle.ConstantTimeCompare(h[:], s.Secret[:])
	before := subtle.ConstantTimeCompare(h[:], s.OldSecret[:])
	if s.OldSecret.IsZero() {
		before = 0
	}
	if s.Secret.IsZero() {
		now = 0
	}
	return now|before == 1
}

// Authorize grants a token to a system that shows its id and a live secret. The
// zero System stands for an unknown id and is refused in the same time. In either
// case the entry says what happened (LOG-01); a refusal is ErrClient or ErrScope. The text
// of the token lives as long as the session.
func (s System) Authorize(in *sealed.Session, secret sealed.Value, asked []Scope, now time.Time) (Token, audit.Entry, error) {
	fits := s.Knows(secret)
	if !fits || !s.Connected() {
		return Token{}, s.entry(habeas.Server, audit.SystemRefused, "client", now), ErrClient
	}
	scopes, err := s.narrow(asked)
	if err != nil {
		return Token{}, s.entry(s.Actor(), audit.SystemRefused, "scope", now), err
	}
	text, hash, err := draw(in, tokenPrefix)
	if err != nil {
		return Token{}, audit.Entry{}, err
	}
	t := Token{Hash: hash, System: s.ID, Scopes: scopes, Expires: now.Add(TokenLife), Text: text, Sandbox: s.Sandbox}
	return t, s.entry(s.Actor(), audit.SystemAuthorized, "token", now), nil
}

// Bearer is who shows a token and what it permits.
type Bearer struct {
	Actor   habeas.Actor
	Scopes  []Scope
	Expires time.Time
	Sandbox bool // nothing real is read or written with this token
}

// May reports whether the token permits something.
func (b Bearer) May(s Scope) bool { return slices.Contains(b.Scopes, s) }

// Reads lists the data sets that the token lets its bearer read.
func (b Bearer) Reads() []string { return Reads(b.Scopes) }

// Reads are the data sets that scopes permit to read.
func Reads(scopes []Scope) []string {
	var sets []string
	for _, s := range scopes {
		if set, ok := strings.CutPrefix(string(s), readPrefix); ok {
			sets = append(sets, set)
		}
	}
	return sets
}

// JoinScopes writes scopes as OAuth does: separated by spaces (RFC 6749, 3.3).
func JoinScopes(scopes []Scope) string {
	s := make([]string, len(scopes))
	for i := range scopes {
		s[i] = string(scopes[i])
	}
	return strings.Join(s, " ")
}

// SplitScopes reads what [JoinScopes] wrote.
func SplitScopes(text string) []Scope {
	var out []Scope
	for s := range strings.FieldsSeq(text) {
		out = append(out, Scope(s))
	}
	return out
}

package account

import (
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// Letters to people (TP-05). Who agrees to be written to has a link to give away. Whoever is
// signed in and has the link writes; the sender's address is shown, the reader's never. That one
// agrees is a consent like others, and each time it is given the link is another: the one before
// leads nowhere.

// ConsentWritten is that people who are signed in and have the link may write to the account.
const ConsentWritten ConsentKind = "account.written"

// How much people write to each other within WritingWindow.
const (
	WritingsFrom  = 20 // one account, to whomever
	WritingsTo    = 50 // everybody, to one account
	WritingWindow = 24 * time.Hour
)

var (
	// ErrNobodyToWrite says that a link leads to nobody: wrong, older, or taken back.
	ErrNobodyToWrite = habeas.NotFound("This link leads to nobody. Ask whoever gave it to you for a new one.").WithCode("write.nobody")
	// ErrManyWritings refuses who writes too often, and everybody to one who is written to too often.
	ErrManyWritings = habeas.TooMany("Too much was written. Try again tomorrow.").WithCode("write.many")
	errWriting      = habeas.Invalid("words", "Write at most {max} characters.").WithCode("write.words").With("max", "1000")
)

// CheckWriting refuses an empty and a long text.
func CheckWriting(words string) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(words)); n == 0 || n > MostMessage {
		return errWriting
	}
	return nil
}

// Handle is what a link to write to somebody stands for: whose it is, and which decision of theirs.
type Handle struct {
	Account habeas.AccountID
	At      time.Time // of the decision, in milliseconds
}

// Bytes writes it, to be sealed.
func (h Handle) Bytes() []byte {
	return binary.BigEndian.AppendUint64(h.Account[:], uint64(h.At.UnixMilli())) //nolint:gosec // after 1970
}

// ParseHandle reads what Bytes wrote.
func ParseHandle(b []byte) (h Handle, ok bool) {
	if len(b) != len(h.Account)+8 {
		return h, false
	}
	copy(h.Account[:], b)
	h.At = time.UnixMilli(int64(binary.BigEndian.Uint64(b[len(h.Account):]))) //nolint:gosec // what is too large is no decision
	return h, true
}

package account

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
)

// Message is what somebody writes to the organisation on its contact page. No account is
// needed, and nothing of it is kept but the mail until it is delivered.
type Message struct {
	Complaint bool
	Words     string
	Reply     email.Address // where the answer goes
	HasReply  bool
	Client    string // the network that it comes from, for the limit only
}

// MostMessage is how long a message may be, in characters: it goes into one mail.
const MostMessage = 1000

// How many messages one network, and all of them, may send within MessageWindow.
const (
	MessagesPerClient = 5
	MessagesPerHour   = 60
	MessageWindow     = time.Hour
)

var (
	errMessageWords = habeas.Invalid("words", "Write what it is about, in at most {max} characters.").WithCode("contact.words").With("max", "1000")

	// ErrManyMessages refuses who writes too often, and everybody while too many do.
	ErrManyMessages = habeas.TooMany("Too many messages were sent from here. Write again in an hour, or reach us in another way.").WithCode("contact.many")
)

// Check refuses an empty and a long message.
func (m Message) Check() error {
	if n := utf8.RuneCountInString(strings.TrimSpace(m.Words)); n == 0 || n > MostMessage {
		return errMessageWords
	}
	return nil
}

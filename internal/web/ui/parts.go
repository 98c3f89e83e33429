package ui

import (
	"time"

	"github.com/habeas-data/habeas"
)

// The data shapes of parts/*.html. The comment of each begins with the name of
// the template that shows it: {{template "field-row" .Data.Phone}}. Every text in
// them is already in the reader's language; times are shown in the server's zone.

// Link leads somewhere. It is used by many parts.
type Link struct {
	Text string
	URL  string
}

// Hidden is a form value that travels with a button.
type Hidden struct{ Name, Value string }

// Heading is "heading": the top of a page.
type Heading struct {
	Title   string
	Lead    string // one sentence under the title; may be empty
	Back    *Link  // to the page above
	Actions []Link // the first is the main one
}

// Fields is "fields": a sheet of field rows, as a rule one data set.
type Fields struct {
	Title  string
	Note   string // who may see it, or what it is for
	Action *Link
	Rows   []FieldRow
	Why    *Why // what it is held for; nil: not said here
}

// FieldRow is "field-row": one field, what it says, and where that came from.
type FieldRow struct {
	ID         string // for links to this row; may be empty
	Label      string
	Value      string    // empty: "Not known"
	Masked     string    // "•••• 1984": shown instead of the value
	Opens      string    // what would open a masked value, as a sentence
	OpensURL   string    // where to do that
	Source     string    // "City Bookings, ticket of 3 May"
	At         time.Time // when it was supplied; zero hides the age
	Yours      bool      // the person said so themselves: marked by the green edge
	Mono       bool      // an identifier
	EditURL    string
	HistoryURL string
}

// Choice is a verb to press. Text says what happens; Value is what the form sends.
type Choice struct {
	Text  string
	Value string
}

// Change is one field of a decision: what it says now and what it would say.
type Change struct {
	Label string
	Old   string // empty: nothing yet
	New   string // empty: removed
}

// Decision is "decision": a proposal or a request, told in one sentence, with two
// verbs and a quiet third.
type Decision struct {
	ID       string
	Sentence string
	From     string // who asks
	At       time.Time
	Changes  []Change
	Action   string // where the form posts to
	Name     string // of the button pressed; "choice" when empty
	Hidden   []Hidden
	Yes, No  Choice
	Quiet    *Choice // "Always accept from City Bookings"
	Next     string  // what happens next, and whether it can be undone
	Dispute  bool    // the red edge: somebody contradicts the person
}

// ReceiptState is what checking a receipt has shown.
type ReceiptState string

// The states of a receipt.
const (
	ReceiptUnchecked ReceiptState = ""
	ReceiptGood      ReceiptState = "good"
	ReceiptBad       ReceiptState = "bad"
	ReceiptPending   ReceiptState = "pending" // not yet in a published checkpoint
)

// Receipt is "receipt": the sealed card for one entry of the audit.
type Receipt struct {
	ID        string
	Act       string
	At        time.Time
	Hash      string // in full; the card shows beginning and end
	State     ReceiptState
	Words     string // what was checked and what came of it
	CheckURL  string // posted to by the Check button; empty hides it
	DetailURL string
}

// Look is one time somebody saw something, a line of [Looks].
type Look struct {
	At      time.Time
	Who     string
	Kind    habeas.ActorKind // decides the symbol
	Purpose string
	Saw     string
	URL     string // to the entry
}

// LookDay is the looks of one day.
type LookDay struct {
	Day   time.Time
	Looks []Look
}

// Looks is "looks": who looked, a time line grouped by day.
type Looks struct {
	Days  []LookDay
	Empty string // the sentence when nobody did
	Older *Link
}

// GroupLooks groups looks, newest first, by the calendar day of the zone.
func GroupLooks(looks []Look, zone *time.Location) []LookDay {
	var days []LookDay
	for _, l := range looks {
		y, m, d := l.At.In(zone).Date()
		day := time.Date(y, m, d, 12, 0, 0, 0, zone) // noon exists on every day
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, LookDay{Day: day})
		}
		last := &days[len(days)-1]
		last.Looks = append(last.Looks, l)
	}
	return days
}

// Empty is "empty": what a page says when it has nothing yet.
type Empty struct {
	Text   string
	Action *Link
}

// NoticeKind is how serious a notice is.
type NoticeKind string

// The kinds of notice.
const (
	NoticeInfo    NoticeKind = "info"
	NoticeDone    NoticeKind = "done"
	NoticeWarning NoticeKind = "warning"
	NoticeDanger  NoticeKind = "danger"
)

// Notice is "notice": a sentence or two that the reader should not miss.
type Notice struct {
	Kind  NoticeKind
	Title string // may be empty
	Text  string
	Link  *Link
}

// Undo is "undo": the bar that takes back what has just been done.
type Undo struct {
	Text   string // "You accepted the new phone number."
	Action string // where the form posts to
	Hidden []Hidden
	Until  time.Time // how long it is possible; zero for no limit
	Key    string    // a letter that presses the button, where the page has such keys
}

// Progress is "progress": work that takes longer than a second.
type Progress struct {
	Title  string // what is being done
	Done   int
	Total  int    // 0: not known how much there is
	Unit   string // "1,200 of 5,000 people": the text beside the bar; made from the numbers when empty
	Leave  string // whether one may leave the page
	Reload string // address of this page, for a link without JavaScript
}

// Tile is one number of "tiles", a row of them.
type Tile struct {
	Label string
	Value string
	Note  string
	URL   string
}

// Column is a column of a [Table].
type Column struct {
	Text    string
	Numeric bool
	Sort    string // "ascending" or "descending" when the table is sorted by it
	URL     string // sorts by it
}

// TagKind is the meaning of a tag, told by shape and colour.
type TagKind string

// The kinds of tag.
const (
	TagQuiet    TagKind = "quiet"
	TagYours    TagKind = "yours"
	TagProposal TagKind = "proposal"
	TagDanger   TagKind = "danger"
	TagInfo     TagKind = "info"
)

// Tag is "tag": a word that sets something apart.
type Tag struct {
	Kind TagKind
	Text string
}

// Cell is one cell of a [Table].
type Cell struct {
	Text string
	URL  string
	Mono bool // an identifier
	Tag  *Tag
	Note string // below it, small
	Pick string // value of a box that chooses the row, of the form "picked"
}

// Pager is "pager": the way through a long list by cursor.
type Pager struct {
	Shown string // "1–50 of 1,204"
	Prev  string
	Next  string
}

// Table is "table": dense rows for staff.
type Table struct {
	ID      string // unique on the page
	Caption string
	Columns []Column
	Rows    [][]Cell // the first cell of a row is its heading
	Pager   *Pager
	Empty   Empty // shown instead when there are no rows
	Prose   bool  // cells hold sentences: they wrap, and on a phone each row is a card
}

// Side is one line of [SideBySide]. What only one record holds neither differs nor agrees.
type Side struct {
	Label  string
	Left   string
	Right  string
	Differ bool
}

// SideBySide is "side-by-side": two records compared. Keys 1 to 3 press the
// verbs, U the last.
type SideBySide struct {
	ID          string
	Caption     string
	Left, Right string // headings
	Rows        []Side
	Action      string
	Name        string // of the button pressed; "choice" when empty
	Hidden      []Hidden
	One, Two    Choice
	Three       *Choice // key 3
	Undo        *Choice
	Next        string
}

// Tour is "tour": the bar that leads through the demo.
type Tour struct {
	Title string
	Text  string
	Step  int // 0: on no tour; the bar only says where one is
	Of    int
	Back  string
	Next  *Link
	Exit  string
	Post  bool   // Back, Next and Exit are posted to: each step signs somebody else in
	Links []Link // the other pages of the demo
}

// ControlKind is the type of a form control: an HTML input type or one of these.
type ControlKind string

// The kinds of control. Empty means text.
const (
	ControlText     ControlKind = "text"
	ControlEmail    ControlKind = "email"
	ControlTel      ControlKind = "tel"
	ControlDate     ControlKind = "date"
	ControlMoment   ControlKind = "datetime-local"
	ControlNumber   ControlKind = "number"
	ControlSearch   ControlKind = "search"
	ControlFile     ControlKind = "file"
	ControlCode     ControlKind = "code" // a mailed code: big spaced characters, one-time-code autofill
	ControlTextarea ControlKind = "textarea"
	ControlSelect   ControlKind = "select"
	ControlRadio    ControlKind = "radio"
	ControlCheckbox ControlKind = "checkbox" // one box; Value is sent when it is ticked
	ControlHeading  ControlKind = "heading"  // no control: Label, with Hint below it, begins a part of a long form
)

// Option is one answer of a select or of radio buttons.
type Option struct {
	Value string
	Text  string
	Hint  string // radio only
}

// Control is "control": a form control with label, hint and error.
type Control struct {
	Kind         ControlKind
	Name         string
	Label        string
	Hint         string
	Error        string
	Value        string
	Options      []Option
	Checked      bool   // checkbox only
	Optional     bool   // says so in the label; others are required
	Autocomplete string // HTML autofill token
	InputMode    string
	MaxLength    int
	Accept       string // file only
	Same         string // name of the control whose value this one repeats (form.js)
	CheckURL     string // asked by POST {"value": …} for {"hint": …} when the field is left (form.js)
}

// FieldError is a line of "form-errors".
type FieldError struct {
	Field string // name of the control it links to; may be empty
	Text  string
}

// Form is "form": error summary, controls, button.
type Form struct {
	Action   string
	Get      bool // a search: sends its values in the address
	Upload   bool // holds a file
	Hidden   []Hidden
	Errors   []FieldError
	Controls []Control
	Submit   string // verb on the button
	Danger   bool   // the button destroys
	Cancel   *Link
	Next     string // what happens next, and whether it can be undone
}

// Passkey is "passkey": the button that makes or uses a passkey (js/passkey.js). On
// press the script posts the form's values as one JSON object to OptionsURL, hands
// the {"publicKey": …} it gets to the browser, posts the browser's answer as JSON to
// FinishURL and follows {"location": …}. A failure is problem+json; its detail is
// shown. A control with autocomplete "username webauthn" offers passkeys as one types.
type Passkey struct {
	Register   bool // make a new one; otherwise sign in
	OptionsURL string
	FinishURL  string
	Controls   []Control
	Button     string
	Hint       string
}

// Copy is "copy": an identifier with a button that copies it.
type Copy struct {
	ID    string // unique on the page
	Label string // what it is, for screen readers
	Text  string
}

// Line is "account-line": one thing that opens or reaches an account, with a quiet
// verb beside it.
type Line struct {
	Icon   string
	Text   string
	Note   string
	Tag    *Tag
	Action string // where its verb posts to; empty: no verb
	Verb   string
	Hidden []Hidden
}

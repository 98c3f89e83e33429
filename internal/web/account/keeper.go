package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Keepers is what the pages about key keepers ask of the server, as part of [Escrows].
type Keepers interface {
	// KeepersOf are those whom the actor has asked, and who keep shares of their key. The set
	// is made by KeepEscrow.
	KeepersOf(ctx context.Context, a habeas.Actor) (KeepersOf, error)
	// AskKeepers asks people at these addresses, whether they have an account or not.
	AskKeepers(ctx context.Context, a habeas.Actor, asked []email.Address, need int) error
	// DropKeepers ends an asking.
	DropKeepers(ctx context.Context, a habeas.Actor) error

	// Keeping are the places in which the actor keeps shares of others, or is asked to.
	Keeping(ctx context.Context, a habeas.Actor) (Keeping, error)
	// Agree takes a place; LeaveKeeping declines or gives it up.
	Agree(ctx context.Context, a habeas.Actor, id habeas.KeeperID, with account.Agreement) error
	LeaveKeeping(ctx context.Context, a habeas.Actor, id habeas.KeeperID) error
	// PassShare gives the actor's share for a reset, sealed to the browser that asked.
	PassShare(ctx context.Context, a habeas.Actor, id habeas.KeeperID, reset habeas.ChallengeID, message []byte) error
	// KeepersAnswered is how many have given their share for a reset, and how many are needed.
	KeepersAnswered(ctx context.Context, r account.FileReset) (have, need int, err error)
}

// KeepersOf is how somebody stands with their key keepers.
type KeepersOf struct {
	Escrowing
	Made  []account.Keeper // who keep shares, kept or lost
	Asked []account.Keeper // of the set that is to be
	Ready []ReadyKeeper    // those of Asked who get a share, once the set can be made
}

// ReadyKeeper is a keeper with what the page checks before it makes a share for them.
type ReadyKeeper struct {
	account.Keeper
	Name  string
	Chain [][]byte // certificates up to the root
}

// Keeping are somebody's places as a key keeper.
type Keeping struct {
	Registered bool // there is a certificate that counts, and Serial is its number
	Serial     pki.Serial
	Places     []Place
}

// Place is one of them. It says nothing about others who keep shares of the same key.
type Place struct {
	account.Keeper
	Owner, Address string             // name and address in the registration of who asked
	OwnerSerial    pki.Serial         // of the certificate whose key is shared
	Reset          *account.FileReset // for which the share is asked; nil: none
}

const (
	keepersAt = registrationAt + "/keepers"
	keepingAt = "/me/keeping"
	placeAt   = keepingAt + "/place"
)

func (s *Pages) mountKeepers(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+keepersAt, s.keepersPage)
	s.Handle(m, ui.SignedIn, "POST "+keepersAt, s.Limited(s.askKeepers))
	s.Handle(m, ui.SignedIn, "POST "+keepersAt+"/drop", s.dropKeepers)
	s.Handle(m, ui.SignedIn, "POST "+keepersAt+"/make", s.Limited(s.makeKeepers))
	s.Handle(m, ui.SignedIn, "GET "+keepingAt, s.keepingPage)
	s.Handle(m, ui.SignedIn, "GET "+placeAt, s.placePage)
	s.Handle(m, ui.SignedIn, "POST "+placeAt+"/agree", s.Limited(s.agree))
	s.Handle(m, ui.SignedIn, "POST "+placeAt+"/pass", s.Limited(s.passShare))
	s.Handle(m, ui.SignedIn, "POST "+placeAt+"/leave", s.leaveKeeping)
}

// KeepersPage is the data of account/keepers.
type KeepersPage struct {
	Heading    ui.Heading
	Notices    []ui.Notice
	Registered bool
	Made       []ui.Line
	MadeWords  string // what the set can do
	Asked      []ui.Line
	Split      *Splitting // nil: not everybody has answered
	Ask        *ui.Form
	Again      bool // Ask replaces what is there
	Errors     []ui.FieldError
}

// Splitting is what the script needs to make a set.
type Splitting struct {
	Account, Serial, To, Set string
	Words, Need              int
	Keepers                  string // JSON
	Agree                    string
}

func (s *Pages) keepers(r *http.Request, v ui.Visit) (KeepersPage, error) {
	p := v.P
	k, err := s.Escrows.KeepersOf(r.Context(), v.Actor)
	page := KeepersPage{
		Heading: ui.Heading{
			Title: p.T("Your key keepers"), Back: &ui.Link{Text: p.T("Forgotten password of the file"), URL: escrowAt},
			Lead: p.T("People whom you trust can keep your key together: each gets a share, and only some of them together open it. The organisation cannot, and neither can fewer of them."),
		},
		Registered: k.Registered,
	}
	if err != nil {
		return page, err
	}
	for _, one := range k.Made {
		page.Made = append(page.Made, s.keeperLine(p, one))
	}
	for _, one := range k.Asked {
		page.Asked = append(page.Asked, s.keeperLine(p, one))
	}
	if len(k.Made) > 0 {
		madeWords(p, &page, k.Made)
	}
	page.Again = len(k.Made) > 0 || len(k.Asked) > 0
	switch {
	case len(k.Ready) > 0:
		page.Split, err = splitting(v, k)
	case len(k.Asked) > 0 && account.Ended(k.Asked):
		page.Notices = append(page.Notices, ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Too few have agreed"), Text: p.T("Ask others below: it takes the place of this asking.")})
	}
	if k.Registered {
		page.Ask = askForm(p)
	}
	return page, err
}

// madeWords says how well a set stands.
func madeWords(p lang.Printer, page *KeepersPage, set []account.Keeper) {
	have, need := account.Counting(set), set[0].Need
	page.MadeWords = p.T("{need} of them together give your key back. {have} can help now.", "need", need, "have", have)
	switch {
	case have < need:
		page.Notices = append(page.Notices, ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Your key keepers cannot help any more"), Text: p.T("Too few of them are left. Choose new ones while you have your file and its password.")})
	case have == need && have < len(set):
		page.Notices = append(page.Notices, ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Your key keepers are fewer now"), Text: p.T("If one more is lost, they cannot help. Choose new ones while you have your file and its password.")})
	}
}

// keeperLine shows one of them to who asked.
func (s *Pages) keeperLine(p lang.Printer, k account.Keeper) ui.Line {
	now := s.Clock.Now()
	l := ui.Line{Icon: "person", Text: k.Name, Note: p.T("Asked {day}.", "day", p.Ago(k.At, now))}
	if k.Name == "" {
		l.Text = p.T("Somebody whose account was erased")
	}
	switch k.State {
	case account.KeeperInvited:
		l.Tag = &ui.Tag{Kind: ui.TagProposal, Text: p.T("has not answered yet")}
	case account.KeeperReady:
		l.Tag = &ui.Tag{Kind: ui.TagYours, Text: p.T("has agreed")}
	case account.KeeperHolds:
		l.Tag = &ui.Tag{Kind: ui.TagYours, Text: p.T("keeps a share")}
	case account.KeeperDeclined:
		l.Tag = &ui.Tag{Kind: ui.TagQuiet, Text: p.T("has declined")}
	case account.KeeperResigned:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("keeps it no more")}
	case account.KeeperGone:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("cannot help any more")}
		l.Note = p.T("Their certificate counts no more, so their share does not open.")
	}
	return l
}

func askForm(p lang.Printer) *ui.Form {
	need := ui.Control{Kind: ui.ControlSelect, Name: "need", Label: p.T("How many of them are needed together?"), Value: strconv.Itoa(account.MinKeepers), Hint: p.T("Fewer than you ask, so that one may lose their file or be on a journey.")}
	for n := account.MinKeepers; n <= account.MaxKeepers; n++ {
		need.Options = append(need.Options, ui.Option{Value: strconv.Itoa(n), Text: strconv.Itoa(n)})
	}
	return &ui.Form{
		Action: keepersAt, Submit: p.T("Ask them"),
		Controls: []ui.Control{{
			Kind: ui.ControlTextarea, Name: "addresses", Label: p.T("Their e-mail addresses"), MaxLength: account.MaxKeepers * ui.MaxAddress,
			Hint: p.T("Two to seven people, one address on each line. They need a registration file here; who has none can make one. They are not told of each other."),
		}, need},
		Next: p.T("They are mailed and see your name and address. Nothing of your key goes to anybody before all have answered and you make the shares. After {n} days the asking ends.", "n", int(account.KeepAsked.Hours()/24)),
	}
}

func splitting(v ui.Visit, k KeepersOf) (*Splitting, error) {
	type keeper struct {
		ID        string   `json:"id"`
		Serial    string   `json:"serial"`
		Point     string   `json:"point"`
		Signature string   `json:"signature"`
		Chain     []string `json:"chain"`
	}
	var all []keeper
	for _, r := range k.Ready {
		one := keeper{ID: r.ID.String(), Serial: r.Serial.String(), Point: encoded(r.Point), Signature: encoded(r.Signature)}
		for _, cert := range r.Chain {
			one.Chain = append(one.Chain, encoded(cert))
		}
		all = append(all, one)
	}
	text, err := json.Marshal(all)
	return &Splitting{
		Account: v.Account.String(), Serial: k.Serial.String(), To: encoded(k.Key), Set: k.Ready[0].Set.String(), Words: account.EscrowWords, Need: k.Ready[0].Need,
		Keepers: string(text),
		Agree:   v.P.T("I agree that my private key leaves this browser, encrypted so that only these people together open it, and is kept here until I withdraw it or my certificate ends."),
	}, err
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *Pages) keepersPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.keepers(r, v)
	if err != nil {
		return err
	}
	p := v.P
	if text := map[string]string{
		"asked":   p.T("They are asked. You get a mail with each answer."),
		"dropped": p.T("The asking has ended. Nobody keeps anything of it."),
		"made":    p.T("The shares are made. All your addresses were told."),
	}[r.URL.Query().Get("done")]; text != "" {
		page.Notices = append([]ui.Notice{{Kind: ui.NoticeDone, Text: text}}, page.Notices...)
	}
	return s.Render(w, r, http.StatusOK, "account/keepers", page)
}

// typedAddresses reads addresses, one on each line.
func typedAddresses(f *edge.Form) (out []email.Address) {
	for line := range strings.Lines(f.Text("addresses", account.MaxKeepers*ui.MaxAddress)) {
		line = strings.Trim(line, " \t\r\n,;")
		if line == "" {
			continue
		}
		address, err := email.Parse(line)
		if err != nil {
			f.Fail("addresses", errAddressLine)
			return nil
		}
		out = append(out, address)
	}
	return out
}

var errAddressLine = habeas.Invalid("addresses", "One of the lines is no e-mail address. Write one address on each line, such as ana@example.org.").WithCode("keeper.address")

func (s *Pages) askKeepers(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	asked, need := typedAddresses(f), f.Int("need", account.MinKeepers, account.MaxKeepers)
	if err = f.Err(); err == nil {
		err = s.Escrows.AskKeepers(r.Context(), v.Actor, asked, need)
	}
	if err != nil {
		page, pageErr := s.keepers(r, v)
		if pageErr != nil || page.Ask == nil {
			return orFirst(pageErr, err)
		}
		return s.Again(w, r, v, err, "account/keepers", &page, page.Ask, f)
	}
	http.Redirect(w, r, keepersAt+"?done=asked", http.StatusSeeOther)
	return nil
}

func orFirst(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (s *Pages) dropKeepers(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.verb(w, r, v, s.Escrows.DropKeepers, keepersAt+"?done=dropped")
}

// makeKeepers keeps the deposit that the script has made, with its shares.
func (s *Pages) makeKeepers(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	d := deposited(f)
	d.Shares, err = account.ParseShares(f.String("shares", account.MaxShares))
	if err == nil {
		err = f.Err()
	}
	if d.Class = account.EscrowSplit; err == nil && d.Words == 0 {
		err = errAgree
	}
	if err == nil {
		err = s.Escrows.KeepEscrow(r.Context(), v.Actor, d)
	}
	if err != nil {
		page, pageErr := s.keepers(r, v)
		if pageErr != nil {
			return pageErr
		}
		var form ui.Form
		if ui.Refused(r, err); !form.Fail(v.P, err) {
			return err
		}
		page.Errors = form.Errors
		return s.Render(w, r, http.StatusBadRequest, "account/keepers", page)
	}
	http.Redirect(w, r, keepersAt+"?done=made", http.StatusSeeOther)
	return nil
}

package account

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// KeepingPage is the data of account/keeping: of whoever keeps shares for others.
type KeepingPage struct {
	Heading ui.Heading
	Notice  *ui.Notice
	Lines   []PlaceLine
	Empty   ui.Empty
}

// PlaceLine is one place, with the page about it.
type PlaceLine struct {
	Text, Note string
	Tag        ui.Tag
	URL, Verb  string
	Main       bool // there is something to do
}

func (s *Pages) keepingPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	k, err := s.Escrows.Keeping(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := KeepingPage{
		Heading: ui.Heading{
			Title: p.T("Keys you help to keep"),
			Lead:  p.T("Others can ask you to keep a share of their key. Alone it opens nothing. With the shares of others it gives them their registration file back, if they forget its password."),
		},
		Empty: ui.Empty{Text: p.T("Nobody has asked you to keep a share of their key. Who wants that asks at one of your proved addresses.")},
	}
	if text := map[string]string{
		"agreed": p.T("You have agreed. Nothing more to do: you are mailed if your share is needed. Keep your registration file and its password."),
		"passed": p.T("You have given your share. It opens only in the browser whose words you typed."),
		"left":   p.T("You keep nothing there any more, and who asked you is told."),
	}[r.URL.Query().Get("done")]; text != "" {
		page.Notice = &ui.Notice{Kind: ui.NoticeDone, Text: text}
	}
	for _, place := range k.Places {
		page.Lines = append(page.Lines, s.placeLine(p, place))
	}
	return s.Render(w, r, http.StatusOK, "account/keeping", page)
}

func (s *Pages) placeLine(p lang.Printer, place Place) PlaceLine {
	l := PlaceLine{
		Text: place.Owner + " · " + place.Address, URL: placeAt + "?k=" + place.ID.String(), Verb: p.T("Look at it"),
		Note: p.T("Asked {day}.", "day", p.Ago(place.At, s.Clock.Now())),
	}
	switch {
	case place.State == account.KeeperInvited:
		l.Tag, l.Verb, l.Main = ui.Tag{Kind: ui.TagProposal, Text: p.T("asks you")}, p.T("See who asks"), true
	case place.State == account.KeeperReady:
		l.Tag = ui.Tag{Kind: ui.TagQuiet, Text: p.T("you have agreed")}
	case place.waits():
		l.Tag, l.Verb, l.Main = ui.Tag{Kind: ui.TagDanger, Text: p.T("needs your share")}, p.T("Look at it"), true
	default:
		l.Tag = ui.Tag{Kind: ui.TagYours, Text: p.T("you keep a share")}
	}
	return l
}

// waits reports whether a reset waits for the share.
func (place Place) waits() bool { return place.Reset != nil && place.Keeper.Reset != place.Reset.ID }

// PlacePage is the data of account/place.
type PlacePage struct {
	Heading ui.Heading
	Notices []ui.Notice
	Errors  []ui.FieldError

	ID, Set, Owner, Serial string // for the script
	Name                   string // of whose key it is
	Agree                  bool   // can be agreed to
	Pass                   *Passing
	Leave                  string // the verb of leaving
	LeaveNote              string
}

// Passing is what the script needs to give a share.
type Passing struct {
	Share, OwnerSerial, Reset, Recipient string
	Until                                string
}

// place finds a place of somebody's by what the request says.
func (s *Pages) place(r *http.Request, v ui.Visit, word string) (k Keeping, place Place, err error) {
	id, _ := habeas.ParseID[habeas.KeeperKind](word) // what cannot be read is nobody's place
	if k, err = s.Escrows.Keeping(r.Context(), v.Actor); err != nil {
		return k, place, err
	}
	for _, one := range k.Places {
		if one.ID == id {
			return k, one, nil
		}
	}
	return k, place, account.ErrNoKeeper
}

func (s *Pages) placeOf(r *http.Request, v ui.Visit, word string) (PlacePage, error) {
	p := v.P
	k, place, err := s.place(r, v, word)
	if err != nil {
		return PlacePage{}, err
	}
	page := PlacePage{
		Heading: ui.Heading{Title: p.T("A share of the key of {name}", "name", place.Owner), Back: &ui.Link{Text: p.T("Keys you help to keep"), URL: keepingAt}},
		ID:      place.ID.String(), Set: place.Set.String(), Owner: place.Keeper.Owner.String(), Serial: place.Serial.String(), Name: place.Owner,
		Leave: p.T("Keep it no more"), LeaveNote: p.T("Your share is destroyed, and {name} is told. It cannot be taken back.", "name", place.Owner),
	}
	switch {
	case place.State == account.KeeperInvited:
		page.Heading.Lead = p.T("{name} ({address}) asks you to keep a share of the key of their registration file.", "name", place.Owner, "address", place.Address)
		page.Leave, page.LeaveNote = p.T("Decline"), p.T("{name} is told. Nothing else happens.", "name", place.Owner)
		if page.Agree = k.Registered; !k.Registered {
			page.Notices = append(page.Notices, ui.Notice{
				Kind: ui.NoticeInfo, Title: p.T("You need a registration file first"), Text: p.T("Your share is encrypted so that only your own registration file opens it. Make one, then come back here."),
				Link: &ui.Link{Text: p.T("Make your registration file"), URL: registrationAt},
			})
		}
		page.Serial = k.Serial.String()
	case place.State == account.KeeperReady:
		page.Heading.Lead = p.T("You have agreed. {name} makes the shares once everybody has answered.", "name", place.Owner)
	case place.waits():
		page.Heading.Lead = p.T("Somebody who can read the mail of {name} wants the key back. Make sure that it is {name}: call them, or meet them.", "name", place.Owner)
		page.Pass = &Passing{
			Share: encoded(place.Share), OwnerSerial: place.OwnerSerial.String(), Reset: place.Reset.ID.String(), Recipient: encoded(place.Reset.Recipient),
			Until: p.DateTime(place.Reset.Ends, s.Zone()),
		}
	case place.Reset != nil:
		page.Heading.Lead = p.T("You have given your share for the reset that is under way.")
	default:
		page.Heading.Lead = p.T("Nothing to do: nobody asks for your share. Keep your registration file and its password.")
	}
	return page, nil
}

func (s *Pages) placePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.placeOf(r, v, r.URL.Query().Get("k"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/place", page)
}

// placeForm reads a form about a place, does it, and shows the page again if it is refused.
// read takes what it needs out of the form and returns what is to be done.
func (s *Pages) placeForm(w http.ResponseWriter, r *http.Request, v ui.Visit, done string, read func(f *edge.Form, id habeas.KeeperID) func() error) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	word := f.String("k", 64)
	id, _ := habeas.ParseID[habeas.KeeperKind](word)
	do := read(f, id)
	if err = f.Err(); err == nil {
		err = do()
	}
	if err == nil {
		http.Redirect(w, r, keepingAt+"?done="+done, http.StatusSeeOther)
		return nil
	}
	page, pageErr := s.placeOf(r, v, word)
	if pageErr != nil {
		return pageErr
	}
	var form ui.Form
	if ui.Refused(r, err); !form.Fail(v.P, err) {
		return err
	}
	page.Errors = form.Errors
	return s.Render(w, r, http.StatusBadRequest, "account/place", page)
}

func (s *Pages) agree(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.placeForm(w, r, v, "agreed", func(f *edge.Form, id habeas.KeeperID) func() error {
		a := account.Agreement{Serial: serialIn(f), Point: bytesIn(f, "point", 32), Signature: bytesIn(f, "signature", 64)}
		return func() error { return s.Escrows.Agree(r.Context(), v.Actor, id, a) }
	})
}

func (s *Pages) passShare(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.placeForm(w, r, v, "passed", func(f *edge.Form, id habeas.KeeperID) func() error {
		reset, _ := habeas.ParseID[habeas.ChallengeKind](f.String("reset", 64))
		message := bytesIn(f, "message", account.MaxDeposit)
		return func() error { return s.Escrows.PassShare(r.Context(), v.Actor, id, reset, message) }
	})
}

func (s *Pages) leaveKeeping(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.placeForm(w, r, v, "left", func(_ *edge.Form, id habeas.KeeperID) func() error {
		return func() error { return s.Escrows.LeaveKeeping(r.Context(), v.Actor, id) }
	})
}

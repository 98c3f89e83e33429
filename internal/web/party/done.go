package party

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// doneCookie tells the page after a redirect what has just been done: a key of the
// closed list in doneNotice and at most the name of a data set, never a text, so a
// planted cookie can say nothing of its own. It ends when it was shown.
const doneCookie = "habeas_done"

func (s *Pages) done(w http.ResponseWriter, key string) {
	http.SetCookie(w, &http.Cookie{
		Name: doneCookie, Value: key, Path: "/", MaxAge: 60, Secure: s.Origin.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// withDone puts the notice of what has just been done above the page. detail is what
// followed the key after a dot, such as the data set that was corrected.
func (s *Pages) withDone(w http.ResponseWriter, r *http.Request, v ui.Visit) (out *http.Request, key, detail string) {
	c, err := r.Cookie(doneCookie)
	if err != nil {
		return r, "", ""
	}
	http.SetCookie(w, &http.Cookie{Name: doneCookie, Path: "/", MaxAge: -1, Secure: s.Origin.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	key, detail, _ = strings.Cut(c.Value, ".")
	n, ok := doneNotice(v.P, key)
	if !ok {
		return r, key, detail
	}
	return ui.WithNotice(r, n), key, detail
}

// doneNotice is the sentence for what was done.
func doneNotice(p lang.Printer, key string) (ui.Notice, bool) {
	n := ui.Notice{Kind: ui.NoticeDone}
	switch key {
	case "accepted":
		n.Title, n.Text = p.T("This record is yours now"), p.T("You see where everything came from, you can correct it, take a copy or erase it.")
	case "not-me":
		n.Title, n.Text = p.T("Thank you for telling us"), p.T("The record does not lead to your address any more. Staff look for the right person.")
	case "evidence":
		n.Title, n.Text = p.T("It matched"), p.T("What this is enough for is open to you now.")
	case "facts":
		n.Kind, n.Title, n.Text = ui.NoticeWarning, p.T("That is not enough"), p.T("A member of staff has to look first. They have been told.")
	case "linked":
		n.Title, n.Text = p.T("Record and account are linked"), p.T("The person is told by mail.")
	case "dispute-opened":
		n.Title, n.Text = p.T("The record is frozen"), p.T("Its account is told. Now it waits for a decision.")
	case "dispute-keep":
		n.Title, n.Text = p.T("The claim stands"), p.T("The record is open again, and everybody concerned is told.")
	case "dispute-undo":
		n.Title, n.Text = p.T("The claim is undone"), p.T("The account has lost the record, its addresses lead here no more, and everybody concerned is told.")
	case "dispute-reopen":
		n.Title, n.Text = p.T("The decision was taken back"), p.T("The record is frozen again and waits.")
	case "dispute-adopt":
		n.Text = p.T("Your word was added. What was said before stays in the history.")
	case "undone":
		n.Text = p.T("It is as it was before.")
	case "taken-back":
		n.Text = p.T("Taken back: it is as it was before.")
	case "entered":
		n.Text = p.T("The record was added.")
	case "invited":
		n.Title, n.Text = p.T("The record was added"), p.T("The invitation is on its way.")
	case "known":
		n.Text = p.T("What you typed was added to the record that was known already.")
	case "amended":
		n.Text = p.T("Your word was added. What was said before stays in the history.")
	case "unchanged":
		n.Kind, n.Text = ui.NoticeInfo, p.T("Nothing was different, so nothing was changed.")
	case "address":
		n.Text = p.T("The address was replaced. The old one does not lead to this record any more.")
	case "invitation":
		n.Text = p.T("The invitation is on its way. The code in it can be used for one day.")
	case "apart":
		n.Text = p.T("Kept apart: the address does not lead to that record any more.")
	case "released":
		n.Text = p.T("Released: its person can make the record theirs now.")
	case "settled":
		n.Text = p.T("Every word is where you said. You can correct either record at any time.")
	case "merge-agreed":
		n.Text = p.T("Thank you. Both records are one now.")
	case "merge-waits":
		n.Text = p.T("Thank you. The records become one when the other account has agreed too.")
	case "split-agreed":
		n.Text = p.T("Thank you. It is a record of its own now, and no longer part of yours.")
	case "join-refused":
		n.Text = p.T("Nothing was changed. Staff see that you said no.")
	case "at-home":
		n.Text = p.T("They are in one household now.")
	case "home-named":
		n.Text = p.T("The household has its name on every record in it.")
	case "hand-over":
		n.Title, n.Text = p.T("The hand-over has begun"), p.T("The person can take the record now: with an e-mail address of their own or a code by letter. The guardian acts until then.")
	case "extended":
		n.Text = p.T("The day was moved.")
	case "resigned":
		n.Text = p.T("You act for this person no more. Staff are told.")
	case "ward-corrected":
		n.Text = p.T("Your word as guardian counts now.")
	case "tie-objected":
		n.Text = p.T("Noted: you say that this is not so. Staff see it on the record.")
	case "pair-different", "pair-later":
		n.Text = p.T("Noted.")
	case "noted":
		n.Text = p.T("Your note is written. Its person sees it.")
	case "note-changed":
		n.Text = p.T("The note has a new version. What it said before stays to be read.")
	case "note-struck":
		n.Text = p.T("The note is struck out. It stays to be read, with your reason.")
	case "note-back":
		n.Text = p.T("The note was taken back: it is gone.")
	case "note-answered":
		n.Text = p.T("Your answer stands beside the note, for everybody who works with your record.")
	case "tagged":
		n.Text = p.T("Done.")
	case "tagged-nobody":
		n.Kind, n.Text = ui.NoticeInfo, p.T("Nothing was different, so nothing was changed.")
	case "tag-removed":
		n.Text = p.T("The tag is gone. Whoever gives it again makes it anew.")
	case "list-saved":
		n.Text = p.T("The list is saved.")
	case "list-renamed":
		n.Text = p.T("The list has its new name.")
	case "list-removed":
		n.Text = p.T("The list was removed.")
	case "searching":
		n.Kind, n.Text = ui.NoticeInfo, p.T("The search has begun. You may leave this page.")
	case "published":
		n.Title, n.Text = p.T("Your profile is published"), p.T("Everybody can find it now. You can take it off the web at any time.")
	case "profile-chosen":
		n.Text = p.T("It shows as you chose.")
	case "profile-publish":
		n.Text = p.T("The profile is published.")
	case "profile-unlist":
		n.Text = p.T("The profile is in no list any more. Whoever has its address still sees it.")
	case "profile-hide":
		n.Text = p.T("The profile is off the web.")
	case "profile-show":
		n.Text = p.T("The profile shows again.")
	case "reminded":
		n.Text = p.T("Its person is asked by mail to complete the record.")
	case "decided":
		n.Kind, n.Text = ui.NoticeInfo, p.T("Somebody has decided this already.")
	default:
		return n, false
	}
	return n, true
}

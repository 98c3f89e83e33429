package demo

import (
	"net/http"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// tourCookie holds the step of the tour that the visitor is on.
const tourCookie = "habeas_tour"

// tourStep is what the bar says at one step. The pages below it are the real ones.
type tourStep struct{ title, text, next string }

// tourSteps lead through the demo in about a minute.
var tourSteps = []tourStep{
	{
		lang.Mark("You are Tim."),
		lang.Mark("You never signed up here, yet there is a record about you: friends booked for you."),
		lang.Mark("Open the record"),
	},
	{
		lang.Mark("One line is wrong."),
		lang.Mark("Show your membership number, MF-000114, to open what is hidden. City Bookings has you born in 1986; it was 1987. Correct that line, then make the record yours."),
		lang.Mark("See who read it"),
	},
	{
		lang.Mark("Who read it."),
		lang.Mark("Each look and each change, and why. Nobody looks unseen, administrators included."),
		lang.Mark("Check one of these lines"),
	},
	{
		lang.Mark("Prove it."),
		lang.Mark("Press “Prove it”: it turns green, this line is in the signed log. Flip one byte of a copy: it turns red and names the place."),
		lang.Mark("Go to the staff’s side"),
	},
	{
		lang.Mark("You are Nora, at the desk."),
		lang.Mark("You have found Tim. Open his record: you are asked why, and Tim will read it."),
		lang.Mark("Be Tim again"),
	},
	{
		lang.Mark("Erase me."),
		lang.Mark("Type the word and erase the record. Its key goes with it, so copies and backups turn to noise. Then search every byte of the disk."),
		lang.Mark("Search the disk"),
	},
}

// WithTour puts the bar of the tour, or the way back to the demo's pages, above
// every page that next renders.
func WithTour(rd *ui.Renderer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f := ui.FrameOf(r)
		f.Tour = tourBar(rd.Printer(r), tourStepOf(r), r.URL.Path)
		next.ServeHTTP(w, ui.WithFrame(r, f))
	})
}

// tourStepOf reads the step from the cookie; 0 when the visitor is on no tour.
func tourStepOf(r *http.Request) int {
	c, err := r.Cookie(tourCookie)
	if err != nil {
		return 0
	}
	step, err := strconv.Atoi(c.Value)
	if err != nil || step < 1 || step > len(tourSteps) {
		return 0
	}
	return step
}

func tourBar(p lang.Printer, step int, path string) *ui.Tour {
	if step == 0 {
		if path == "/demo" {
			return nil
		}
		return &ui.Tour{
			Title: p.T("A demo."), Text: p.T("Everybody here is invented, and nothing leaves this machine."),
			Links: []ui.Link{
				{Text: p.T("Start page"), URL: "/demo"},
				{Text: p.T("Outbox"), URL: "/demo/outbox"},
				{Text: p.T("Play City Bookings"), URL: "/demo/booking"},
			},
		}
	}
	s := tourSteps[step-1]
	t := &ui.Tour{
		Title: p.T(s.title), Text: p.T(s.text), Step: step, Of: len(tourSteps), Post: true,
		Next: &ui.Link{Text: p.T(s.next), URL: tourURL(step + 1)}, Exit: "/demo/tour/0",
	}
	if step > 1 {
		t.Back = tourURL(step - 1)
	}
	if path == "/demo/search" {
		t.Next = nil
		t.Text = p.T("That was the tour. You can take it again, or go on as anybody you like.")
		t.Title = p.T("Nothing found.")
	}
	return t
}

func tourURL(step int) string { return "/demo/tour/" + strconv.Itoa(step) }

// goTo signs in as whoever the step is about and opens its page. 0 ends the tour,
// and the step after the last one is the search.
func (d Pages) goTo(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	step, err := strconv.Atoi(r.PathValue("step"))
	if err != nil || step < 0 || step > len(tourSteps)+1 {
		return habeas.NotFound("The tour has no such step.").WithCode("demo.step")
	}
	switch step {
	case 0:
		endTour(w)
		http.Redirect(w, r, "/demo", http.StatusSeeOther)
		return nil
	case len(tourSteps) + 1:
		http.Redirect(w, r, "/demo/search", http.StatusSeeOther)
		return nil
	}
	step, who, path, err := d.Demo.Stop(r.Context(), step)
	if habeas.KindOf(err) == habeas.KindGone {
		endTour(w)
		http.Redirect(w, r, "/demo#again", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: tourCookie, Value: strconv.Itoa(step), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return d.play(w, r, who, path)
}

func endTour(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: tourCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

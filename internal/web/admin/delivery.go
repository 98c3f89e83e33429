package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Deliveries is what the pages about mail ask of the server. Every method refuses
// everybody who is no administrator.
type Deliveries interface {
	// Recent lists the newest deliveries, those given up first.
	Recent(ctx context.Context, a habeas.Actor, limit int) ([]jobs.Delivery, error)
	// Counts counts them by state.
	Counts(ctx context.Context, a habeas.Actor) (map[string]int, error)
	// SendTest queues a mail to the actor's own main address.
	SendTest(ctx context.Context, a habeas.Actor) (habeas.MailID, error)
	// SendAgain lets a mail that was given up be tried again, in a minute; Leave takes
	// that back before it is tried. Both are a Conflict when it is too late.
	SendAgain(ctx context.Context, a habeas.Actor, id habeas.MailID) error
	Leave(ctx context.Context, a habeas.Actor, id habeas.MailID) error
	// Standing looks up what others read about the domain that mails come from. selector
	// names the DKIM key; empty: the usual names. It takes some seconds at most.
	Standing(ctx context.Context, a habeas.Actor, selector string) (mail.Standing, error)
}

const deliveriesPath = "/admin/mail"

// deliveriesShown is how many lines the delivery record shows.
const deliveriesShown = 100

// DeliveriesPage is the data of admin/mail.
type DeliveriesPage struct {
	Heading ui.Heading
	Tiles   []ui.Tile
	Rows    []DeliveryRow
	Empty   ui.Empty
}

// DeliveryRow is one line of the delivery record.
type DeliveryRow struct {
	jobs.Delivery
	Tag    *ui.Tag
	Words  string // what the last answer means
	Action string // path that "send again" posts to; empty when it cannot be
	Test   bool   // the test mail that was just asked for
}

func (s *Pages) mountDeliveries(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+deliveriesPath, s.deliveries)
	s.Handle(m, ui.Administrator, "POST "+deliveriesPath+"/test", s.sendTest)
	s.Handle(m, ui.Administrator, "POST "+deliveriesPath+"/{id}/again", s.sendAgain)
	s.Handle(m, ui.Administrator, "POST "+deliveriesPath+"/{id}/leave", s.leave)
	s.Handle(m, ui.Administrator, "GET "+standingPath, s.standing)
}

func (s *Pages) deliveries(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	counts, err := s.Deliveries.Counts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	recent, err := s.Deliveries.Recent(r.Context(), v.Actor, deliveriesShown)
	if err != nil {
		return err
	}
	p := v.P
	page := DeliveriesPage{
		Heading: ui.Heading{
			Title: p.T("Mail"),
			Lead:  p.T("What became of the mails of this server. It shows neither to whom they went nor what they said."),
		},
		Tiles: []ui.Tile{
			{Label: p.T("Waiting"), Value: p.Number(int64(counts[string(jobs.Waiting)])), Note: p.T("tried again by themselves for two days")},
			{Label: p.T("Delivered"), Value: p.Number(int64(counts[string(jobs.Ended)])), Note: p.T("in the last 30 days")},
			{Label: p.T("Given up"), Value: p.Number(int64(counts[string(jobs.Failed)])), Note: p.T("bounced, or no server took them")},
		},
		Empty: ui.Empty{Text: p.T("No mail has been written yet.")},
	}
	test, _ := habeas.ParseID[habeas.MailKind](r.URL.Query().Get("test")) // anything else: none
	for _, d := range recent {
		row := DeliveryRow{Delivery: d, Tag: deliveryTag(p, d.State), Words: answerWords(p, d), Test: d.ID == test}
		if d.Again {
			row.Action = deliveriesPath + "/" + d.ID.String() + "/again"
		}
		page.Rows = append(page.Rows, row)
	}
	return s.Render(w, s.deliveriesDone(r, v, recent, test), http.StatusOK, "admin/mail", page)
}

// deliveriesDone puts what has just happened above the list.
func (s *Pages) deliveriesDone(r *http.Request, v ui.Visit, recent []jobs.Delivery, test habeas.MailID) *http.Request {
	f, p := ui.FrameOf(r), v.P
	for _, d := range recent {
		if d.ID == test {
			f.Notices = append(f.Notices, testNotice(p, d))
		}
		if d.ID.String() == r.URL.Query().Get("again") && d.State == jobs.Waiting && d.Tries == 0 {
			f.Undo = &ui.Undo{Text: p.T("The mail is sent again in a minute."), Action: deliveriesPath + "/" + d.ID.String() + "/leave"}
		}
	}
	return ui.WithFrame(r, f)
}

// testNotice says how far the test mail got.
func testNotice(p lang.Printer, d jobs.Delivery) ui.Notice {
	look := &ui.Link{Text: p.T("Look again"), URL: deliveriesPath + "?" + url.Values{"test": {d.ID.String()}}.Encode()}
	switch d.State {
	case jobs.Ended:
		return ui.Notice{
			Kind: ui.NoticeDone, Title: p.T("The mail server took the test mail"),
			Text: p.T("Look whether it lies in your mailbox, or among unwanted mail."),
			Link: &ui.Link{Text: p.T("How others see our mail"), URL: standingPath},
		}
	case jobs.Failed:
		return ui.Notice{Kind: ui.NoticeDanger, Title: p.T("The test mail did not get through"), Text: answerWords(p, d)}
	case jobs.Waiting:
	}
	if d.Reason != "" {
		return ui.Notice{Kind: ui.NoticeWarning, Title: p.T("The test mail did not get through yet"), Text: answerWords(p, d), Link: look}
	}
	return ui.Notice{Kind: ui.NoticeInfo, Text: p.T("The test mail is on its way to your main address."), Link: look}
}

func deliveryTag(p lang.Printer, state jobs.State) *ui.Tag {
	switch state {
	case jobs.Ended:
		return &ui.Tag{Kind: ui.TagInfo, Text: p.T("delivered")}
	case jobs.Failed:
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("given up")}
	case jobs.Waiting:
	}
	return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("waiting")}
}

func (s *Pages) sendTest(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	id, err := s.Deliveries.SendTest(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	return toDeliveries(w, r, "test", id)
}

func (s *Pages) sendAgain(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.onDelivery(w, r, v, "again", s.Deliveries.SendAgain)
}

func (s *Pages) leave(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.onDelivery(w, r, v, "left", s.Deliveries.Leave)
}

func (s *Pages) onDelivery(w http.ResponseWriter, r *http.Request, v ui.Visit, done string, act func(context.Context, habeas.Actor, habeas.MailID) error) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	id, err := habeas.ParseID[habeas.MailKind](r.PathValue("id"))
	if err != nil {
		return habeas.NotFound("There is no such mail.").WithCode("mail.none")
	}
	if err := act(r.Context(), v.Actor, id); err != nil {
		return err
	}
	return toDeliveries(w, r, done, id)
}

func toDeliveries(w http.ResponseWriter, r *http.Request, done string, id habeas.MailID) error {
	http.Redirect(w, r, deliveriesPath+"?"+url.Values{done: {id.String()}}.Encode(), http.StatusSeeOther)
	return nil
}

// emptyForm reads a form that is nothing but its button.
func emptyForm(w http.ResponseWriter, r *http.Request) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	return f.Err()
}

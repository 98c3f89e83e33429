package ui

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/session"
)

// The flows whose steps are written to the session log.
const (
	FlowSignIn     = "sign-in"
	FlowClaim      = "claim"
	FlowStaffEntry = "staff-entry"
)

// RecordedFlows lists them.
func RecordedFlows() []string { return []string{FlowSignIn, FlowClaim, FlowStaffEntry} }

type visitHandler = func(http.ResponseWriter, *http.Request, Visit) error

// Begins records a request as a step of a flow that begins with it, or goes on if the
// browser is in that flow already. What ties the requests together is the flow cookie, else
// the sign-in; it is kept in memory only.
func (b *Base) Begins(flow string, h visitHandler) visitHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visit) error {
		if b.Flows == nil {
			return h(w, r, v)
		}
		s := &step{flows: b.Flows, key: b.keys(r, v, flow)[0]}
		s.log = b.Flows.Start(s.key, flow)
		return s.run(w, r, v, h)
	}
}

// Continues records a request as a step of a flow if the browser is in one of these.
func (b *Base) Continues(h visitHandler, flows ...string) visitHandler {
	return func(w http.ResponseWriter, r *http.Request, v Visit) error {
		if b.Flows == nil {
			return h(w, r, v)
		}
		for _, flow := range flows {
			for _, key := range b.keys(r, v, flow) {
				if l := b.Flows.Continue(key); l != nil && l.Flow() == flow {
					return (&step{flows: b.Flows, key: key, log: l}).run(w, r, v, h)
				}
			}
		}
		return h(w, r, v)
	}
}

// keys are what may tie a request to a flow, the best first: zero when the flow cookie
// comes with the answer only. Staff entry goes by the sign-in, so that it does not end what
// else the browser is in.
func (b *Base) keys(r *http.Request, v Visit, flow string) []session.Key {
	signed := session.Key(v.Signed)
	cookie, ok := b.Cookies.Flow(r)
	if flow == FlowStaffEntry || !ok {
		return []session.Key{signed}
	}
	return []session.Key{session.Key(cookie), signed}
}

// step is one request of a flow that is recorded.
type step struct {
	flows *session.Flows
	log   *session.Log
	key   session.Key // zero until the flow has a cookie
	tx    *session.Transaction
	done  bool // the flow ends with this step
}

type stepKey struct{}

func stepOf(ctx context.Context) *step {
	s, _ := ctx.Value(stepKey{}).(*step)
	return s
}

func (s *step) run(w http.ResponseWriter, r *http.Request, v Visit, h visitHandler) (err error) {
	s.tx = s.log.Begin()
	s.tx.Request(r.Pattern)
	ctx := session.With(context.WithValue(r.Context(), stepKey{}, s), s.tx)
	aborted := true
	defer func() { s.end(w, r, err, aborted) }()
	err = h(w, r.WithContext(ctx), v)
	aborted = false
	return err
}

// end writes the step, and ends the session if the flow is over or nothing can continue it.
func (s *step) end(w http.ResponseWriter, r *http.Request, err error, aborted bool) {
	switch {
	case aborted || err != nil && habeas.KindOf(err) == habeas.KindInternal:
		s.tx.Ends(session.Failed, edge.RequestID(r.Context()))
		s.tx.Response("error page")
	case err != nil:
		if s.tx.Outcome() != session.Refused { // else the handler has said why
			note(s.tx, err)
		}
		s.tx.Response("error page")
	case w.Header().Get("Location") != "":
		s.tx.Response("go to " + route(w.Header().Get("Location")))
	}
	s.tx.End()
	switch {
	case s.done:
		s.flows.End(s.key, s.tx.Outcome())
		s.log.Close(s.tx.Outcome()) // where no cookie came: nobody else knows the session
	case s.key == (session.Key{}):
		s.log.Close("")
	}
}

// route is a path without what names anything in it: only words of our own are kept.
func route(location string) string {
	path, _, _ := strings.Cut(location, "?")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyz-") != "" || len(part) > 20 {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// tie gives the session of a request the flow cookie that has just been made.
func tie(r *http.Request, key edge.TokenHash) {
	if s := stepOf(r.Context()); s != nil && s.key == (session.Key{}) {
		s.key = session.Key(key)
		s.flows.Tie(s.key, s.log)
	}
}

// Typed records what was typed into fields of a form: sealed, and taken out of everything
// else that the session logs.
func Typed(r *http.Request, f *edge.Form, names ...string) {
	tx := session.From(r.Context())
	if tx == nil {
		return
	}
	for _, name := range names {
		if text := f.Typed(name); text != "" {
			_, _ = tx.Seal(name, []byte(text)) // the log says when it could not be sealed
			continue
		}
		_ = f.Secret(name).Use(func(text []byte) error { // the request's own ends before the flow
			_, err := tx.Seal(name, bytes.Clone(text))
			return err
		})
	}
}

// Refused records why a form is shown again.
func Refused(r *http.Request, err error) { note(session.From(r.Context()), err) }

// Reached records that a flow came to a place in it.
func Reached(r *http.Request, place string) { session.From(r.Context()).Step(place, "") }

// FlowEnds records that a flow is over, if the request belongs to it.
func FlowEnds(r *http.Request, flow string, o session.Outcome) {
	if s := stepOf(r.Context()); s != nil && s.log.Flow() == flow {
		s.tx.Ends(o, "")
		s.done = true
	}
}

// note writes what an error says to people, with its code and field: constants of the
// program all of them.
func note(tx *session.Transaction, err error) {
	if tx == nil || err == nil {
		return
	}
	tx.Ends(session.Refused, "")
	for _, e := range errorsIn(err) {
		code := e.Code
		if code == "" {
			code = e.Kind.String()
		}
		if e.Field != "" {
			code += " in " + e.Field
		}
		tx.Output(e.Message)
		tx.Parameter("error", code)
	}
}

// errorsIn lists the errors for people that err holds.
func errorsIn(err error) []*habeas.Error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*habeas.Error
		for _, one := range many.Unwrap() {
			all = append(all, errorsIn(one)...)
		}
		return all
	}
	var e *habeas.Error
	if errors.As(err, &e) {
		return []*habeas.Error{e}
	}
	return nil
}

package edge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
)

// Failure is an error as it is answered: what a page renderer needs.
type Failure struct {
	Status   int
	Kind     habeas.ErrorKind
	Main     *habeas.Error   // the sentence for the whole answer; never nil
	Fields   []*habeas.Error // what is wrong field by field; may be empty
	Incident string          // set for our own faults: what the person may quote to us
}

// Failures turns errors into answers: a problem+json document (RFC 9457), or a
// page for a client that accepts HTML. It is safe for concurrent use.
type Failures struct {
	// Page renders a failure for people; it writes status and body. Nil: every
	// client gets problem+json.
	Page func(w http.ResponseWriter, r *http.Request, f Failure)
	// Log takes incidents. Nil: slog.Default().
	Log *slog.Logger
	// Scrub removes personal data from the text of a cause before it is logged.
	// Nil: only the types of the errors are logged, not their text.
	Scrub func(string) string
}

// Problems is several errors at once, one per field. errors.Join of
// *habeas.Error values does the same.
type Problems []*habeas.Error

// Error implements error.
func (p Problems) Error() string {
	s := make([]string, len(p))
	for i, e := range p {
		s[i] = e.Error()
	}
	return strings.Join(s, "; ")
}

// Unwrap lets errors.Is and errors.As look at each.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errs
}

// WithStatus fixes the HTTP status of an answer where the kind alone is too
// coarse, such as 405, 415 or 421.
func WithStatus(err error, status int) error { return &answer{error: err, status: status} }

// RetryAfter tells the client how long to wait, rounded up to whole seconds.
func RetryAfter(err error, d time.Duration) error { return &answer{error: err, retry: d} }

type answer struct {
	error
	status int
	retry  time.Duration
}

func (a *answer) Unwrap() error { return a.error }

// Write answers r with err. Our own faults get an incident id and are logged;
// everything else is the caller's to mend and leaves only its access-log line.
func (f *Failures) Write(w http.ResponseWriter, r *http.Request, err error) {
	failure, retry := classify(err)
	if failure.Kind == habeas.KindInternal && !errors.Is(err, context.Canceled) {
		if failure.Incident = RequestID(r.Context()); failure.Incident == "" {
			failure.Incident = rand.Text()[:12]
		}
		f.report(r, failure.Incident, err)
	}
	if rec, ok := w.(*recorder); ok && rec.status != 0 {
		return // the answer had begun: there is only the log left to write to
	}
	h := w.Header()
	// What the handler had prepared is not what is sent now.
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if retry > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((retry+time.Second-1)/time.Second), 10))
	}
	h.Add("Vary", "Accept")
	if f.Page != nil && acceptsHTML(r) {
		f.Page(w, r, failure)
		return
	}
	writeProblem(w, failure)
}

// Problem returns the document that Write would answer r with, and how long to wait,
// for an answer that holds several outcomes. Our own faults are logged in the same way.
func (f *Failures) Problem(r *http.Request, err error) (Problem, time.Duration) {
	failure, retry := classify(err)
	if failure.Kind == habeas.KindInternal && !errors.Is(err, context.Canceled) {
		if failure.Incident = RequestID(r.Context()); failure.Incident == "" {
			failure.Incident = rand.Text()[:12]
		}
		f.report(r, failure.Incident, err)
	}
	return ProblemOf(failure), retry
}

// report logs an incident: where, which types of error, and their text only if
// it can be scrubbed.
func (f *Failures) report(r *http.Request, incident string, err error) {
	log := f.Log
	if log == nil {
		log = slog.Default()
	}
	attrs := []slog.Attr{
		slog.String("incident", incident),
		slog.String("method", method(r)),
		slog.String("route", r.Pattern),
		slog.String("types", errorTypes(err)),
	}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, slog.Any("stack", p.stack))
	}
	if f.Scrub != nil {
		attrs = append(attrs, slog.String("error", f.Scrub(err.Error())))
	}
	log.LogAttrs(r.Context(), slog.LevelError, "incident", attrs...)
}

// errorTypes names the chain of types in err, outermost first.
func errorTypes(err error) string {
	var names []string
	for err != nil && len(names) < 10 {
		names = append(names, fmt.Sprintf("%T", err))
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				names = append(names, "["+errorTypes(e)+"]")
			}
			break
		}
		err = errors.Unwrap(err)
	}
	return strings.Join(names, " > ")
}

// classify finds the answer to an error that may hold several.
func classify(err error) (Failure, time.Duration) {
	found, foreign := flatten(err, nil)
	f := Failure{Kind: habeas.KindInvalid}
	switch {
	case foreign && errors.Is(err, context.DeadlineExceeded):
		f.Main = habeas.Unavailable("This took too long. Try again in a moment.")
	case foreign || len(found) == 0:
		f.Main = habeas.Internal(err)
	default:
		f.Main, f.Fields = arrange(found)
	}
	f.Kind = f.Main.Kind
	if f.Kind == habeas.KindInternal {
		f.Main, f.Fields = habeas.Internal(err), nil // whatever it said was not for people
	}
	f.Status = statusOf(f.Kind)
	var retry time.Duration
	if f.Kind == habeas.KindUnavailable || f.Kind == habeas.KindSealed {
		retry = 5 * time.Second
	}
	for e := err; e != nil; {
		var a *answer
		if !errors.As(e, &a) {
			break
		}
		if a.status != 0 && f.Kind != habeas.KindInternal {
			f.Status = a.status
		}
		retry = max(retry, a.retry)
		e = a.error
	}
	return f, retry
}

// arrange picks the sentence for the whole answer: the first error that is not
// about input, for it decides what the caller can do; else the one error; else
// a summary. Errors about fields are listed beside it.
func arrange(found []*habeas.Error) (*habeas.Error, []*habeas.Error) {
	var fields []*habeas.Error
	for _, e := range found {
		if e.Kind != habeas.KindInvalid {
			return e, nil
		}
		if e.Field != "" {
			fields = append(fields, e)
		}
	}
	if len(found) == 1 {
		return found[0], fields
	}
	return &habeas.Error{
		Kind: habeas.KindInvalid, Code: "several",
		Message: "Some fields need your attention.",
	}, fields
}

// flatten collects the *habeas.Error values that err holds, and says whether
// there is anything else, which nobody outside may see.
func flatten(err error, found []*habeas.Error) ([]*habeas.Error, bool) {
	switch e := err.(type) {
	case nil:
		return found, false
	case *habeas.Error:
		return append(found, e), false
	case interface{ Unwrap() []error }:
		foreign := false
		for _, one := range e.Unwrap() {
			var f bool
			found, f = flatten(one, found)
			foreign = foreign || f
		}
		return found, foreign
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return flatten(inner, found)
		}
	}
	return found, true
}

// statusOf maps kinds to HTTP status codes (RFC 9110, RFC 6585).
func statusOf(k habeas.ErrorKind) int {
	switch k {
	case habeas.KindInvalid:
		return http.StatusBadRequest
	case habeas.KindUnauthenticated:
		return http.StatusUnauthorized
	case habeas.KindForbidden:
		return http.StatusForbidden
	case habeas.KindNotFound:
		return http.StatusNotFound
	case habeas.KindConflict:
		return http.StatusConflict
	case habeas.KindGone:
		return http.StatusGone
	case habeas.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case habeas.KindTooMany:
		return http.StatusTooManyRequests
	case habeas.KindUnavailable, habeas.KindSealed:
		return http.StatusServiceUnavailable
	case habeas.KindInternal:
	}
	return http.StatusInternalServerError
}

// acceptsHTML reports whether a client asks for HTML by name and does not
// refuse it; "*/*" alone is a program.
func acceptsHTML(r *http.Request) bool {
	for _, line := range r.Header["Accept"] {
		for part := range strings.SplitSeq(line, ",") {
			media, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case "text/html", "application/xhtml+xml":
				q := strings.ReplaceAll(params, " ", "")
				return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
			}
		}
	}
	return false
}

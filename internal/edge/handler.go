package edge

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
)

// Handler answers a request or returns why it cannot. An error must be
// returned before anything is written: what has gone out cannot be taken back.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Mux routes requests to Handlers and answers every failure through Failures,
// also "no such page" and "wrong method". Register everything before serving;
// after that it is safe for concurrent use.
type Mux struct {
	// Failures answers what handlers return. Required.
	Failures *Failures
	// Admit, unless nil, is asked about each request with the pattern that matched; an
	// error of it is the answer. Set it before serving.
	Admit func(r *http.Request, pattern string) error

	mux      http.ServeMux
	patterns []string
}

// Handle registers h. The pattern is one of [http.ServeMux] and must name its
// method, so that no handler changes state on a GET that nobody thought of; a
// "GET" pattern serves HEAD too. It panics on a bad or conflicting pattern, as
// ServeMux does: both are programming errors found at start.
func (m *Mux) Handle(pattern string, h Handler) {
	m.mount(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			m.Failures.Write(w, r, err)
		}
	}))
}

// HandleHTTP registers a plain handler, such as a file server, under the same rules.
func (m *Mux) HandleHTTP(pattern string, h http.Handler) { m.mount(pattern, h) }

// Handle registers h on m. It lets a subject mount its routes in one line each.
func Handle(m *Mux, pattern string, h Handler) { m.Handle(pattern, h) }

// Patterns returns what is registered, sorted, for a test that compares it
// with the published description of the API.
func (m *Mux) Patterns() []string {
	p := slices.Clone(m.patterns)
	slices.Sort(p)
	return p
}

func (m *Mux) mount(pattern string, h http.Handler) {
	if method, _, found := strings.Cut(pattern, " "); !found || method == "" {
		panic(fmt.Sprintf("edge: pattern %q names no method", pattern))
	}
	m.mux.Handle(pattern, h)
	m.patterns = append(m.patterns, pattern)
}

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := record(w)
	defer m.contain(rec, r)
	// Asked first because ServeMux answers what it does not know by itself, in
	// plain text. The second match below costs less than an interposed writer.
	h, pattern := m.mux.Handler(r)
	rec.pattern = pattern
	if pattern == "" {
		m.unmatched(rec, r, h)
		return
	}
	if m.Admit != nil {
		if err := m.Admit(r, pattern); err != nil {
			m.Failures.Write(rec, r, err)
			return
		}
	}
	m.mux.ServeHTTP(rec, r)
}

// unmatched learns from ServeMux's own answer whether the path or only the
// method is unknown, and says so in our words.
func (m *Mux) unmatched(w *recorder, r *http.Request, h http.Handler) {
	probe := &recorder{ResponseWriter: make(discard)}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.Header().Get("Allow"))
		err := (&habeas.Error{Kind: habeas.KindInvalid, Message: "This address does not take this method."}).WithCode("method")
		m.Failures.Write(w, r, WithStatus(err, http.StatusMethodNotAllowed))
		return
	}
	m.Failures.Write(w, r, habeas.NotFound("There is nothing at this address."))
}

// contain turns a panic into an incident. If the answer had begun, the
// connection is cut, so that nobody takes half a page for a whole one.
func (m *Mux) contain(w *recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	begun := w.status != 0
	m.Failures.Write(w, r, &panicked{value: v, stack: frames()})
	if begun {
		panic(http.ErrAbortHandler)
	}
}

// panicked is a contained panic. Its text never holds the value, which may be
// somebody's data; runtime errors, which are about code, are the exception.
type panicked struct {
	value any
	stack []string
}

func (p *panicked) Error() string {
	if err, ok := p.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic with a %T", p.value)
}

// frames names the functions on the stack of a panic, without their arguments.
func frames() []string {
	var pcs [24]uintptr
	n := runtime.Callers(4, pcs[:]) // Callers, frames, contain, the panic itself
	it := runtime.CallersFrames(pcs[:n])
	var out []string
	for {
		f, more := it.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "net/http.") {
			out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return out
		}
	}
}

// recorder remembers what was answered, for the access log and for contain.
type recorder struct {
	http.ResponseWriter
	status  int // zero until the header is written
	bytes   int64
	pattern string
}

// record wraps w once, however many layers ask.
func record(w http.ResponseWriter) *recorder {
	if rec, ok := w.(*recorder); ok {
		return rec
	}
	return &recorder{ResponseWriter: w}
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discard is a ResponseWriter that keeps only its header.
type discard map[string][]string

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

package scrub

import (
	"context"
	"fmt"
	"log/slog"
	"unsafe"
)

// Handler passes log records on to next with personal data taken out: of the message, and
// of attributes that are strings, errors or anything that is written by its text form, in
// groups, too. Numbers, booleans, times and durations pass as they are, and so do the names
// of attributes, which are constants of a program. It is a second net below package sealed.
//
// Values that resolve themselves (slog.LogValuer) are resolved here. A value of any other
// type becomes its text form, because a next handler could encode it in a way that nobody
// looked at. A record without such values, in which nothing is found, costs no memory.
func Handler(next slog.Handler, s *Scrubber) slog.Handler { return &handler{next, s} }

type handler struct {
	next slog.Handler
	s    *Scrubber
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error { //nolint:gocritic // the interface takes a value
	message, changed := h.text(r.Message)
	if !changed {
		r.Attrs(func(a slog.Attr) bool {
			_, changed = h.value(a.Value)
			return !changed
		})
	}
	if !changed {
		return h.next.Handle(ctx, r)
	}
	clean := slog.NewRecord(r.Time, r.Level, message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		a.Value, _ = h.value(a.Value)
		clean.AddAttrs(a)
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		a.Value, _ = h.value(a.Value)
		clean[i] = a
	}
	return &handler{h.next.WithAttrs(clean), h.s}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler { return &handler{h.next.WithGroup(name), h.s} }

// value is a value without personal data, and whether it is another than v.
func (h *handler) value(v slog.Value) (slog.Value, bool) {
	switch v.Kind() {
	case slog.KindString:
		if s, changed := h.text(v.String()); changed {
			return slog.StringValue(s), true
		}
		return v, false
	case slog.KindLogValuer:
		v, _ = h.value(v.Resolve())
		return v, true
	case slog.KindGroup:
		return h.group(v)
	case slog.KindAny:
		if v.Any() == nil {
			return v, false
		}
		s, _ := h.text(textOf(v.Any()))
		return slog.StringValue(s), true
	default: // numbers, booleans, times
		return v, false
	}
}

func (h *handler) group(v slog.Value) (slog.Value, bool) {
	attrs := v.Group()
	for i, a := range attrs {
		if _, changed := h.value(a.Value); !changed {
			continue
		}
		clean := append([]slog.Attr(nil), attrs...)
		for j := i; j < len(clean); j++ {
			clean[j].Value, _ = h.value(clean[j].Value)
		}
		return slog.GroupValue(clean...), true
	}
	return v, false
}

// textOf is how a value looks in a log.
func textOf(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprintf("%+v", v) // calls Error or String, and survives their panics
}

// text scrubs a string; changed is false when nothing was found.
func (h *handler) text(in string) (out string, changed bool) {
	if in == "" {
		return in, false
	}
	h.s.mu.RLock()
	defer h.s.mu.RUnlock()
	e := takeEngine(h.s, Options{Format: Mixed})
	defer e.release()
	src := unsafe.Slice(unsafe.StringData(in), len(in)) // read only: finders write to no window
	if e.clean(src) {
		return in, false
	}
	b, counts := e.whole(nil, src)
	if counts.All() == 0 {
		return in, false
	}
	return string(b), true
}

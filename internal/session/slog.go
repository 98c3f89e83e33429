package session

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// Handler passes log records on to another handler. A record whose context carries a
// transaction (see [With]) is scrubbed with its session's scrubber before, text and
// attributes alike, and is written into the session's log as well.
type Handler struct {
	root  slog.Handler // without attributes and groups
	bound slog.Handler // with them: for records of no session
	with  []bound
}

// bound is what WithAttrs or WithGroup was told.
type bound struct {
	group string
	attrs []slog.Attr
}

// NewHandler returns a Handler in front of next.
func NewHandler(next slog.Handler) *Handler { return &Handler{root: next, bound: next} }

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.root.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.root, h.bound.WithAttrs(attrs), append(h.with[:len(h.with):len(h.with)], bound{attrs: attrs})}
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &Handler{h.root, h.bound.WithGroup(name), append(h.with[:len(h.with):len(h.with)], bound{group: name})}
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	t := From(ctx)
	if t == nil {
		return h.bound.Handle(ctx, r)
	}
	clean := t.log.clean
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, clean.attr(a))
		return true
	})
	for i := len(h.with) - 1; i >= 0; i-- { // the innermost group holds the record's own
		if b := h.with[i]; b.group != "" {
			attrs = []slog.Attr{{Key: b.group, Value: slog.GroupValue(attrs...)}}
		} else {
			own := make([]slog.Attr, 0, len(b.attrs)+len(attrs))
			for _, a := range b.attrs {
				own = append(own, clean.attr(a))
			}
			attrs = append(own, attrs...)
		}
	}
	out := slog.NewRecord(r.Time, r.Level, clean.text(r.Message), r.PC)
	out.AddAttrs(attrs...)
	var text strings.Builder
	text.WriteString(out.Message)
	for _, a := range attrs {
		appendAttr(&text, "", a)
	}
	t.record(r.Level, text.String())
	return h.root.Handle(ctx, out)
}

// attr scrubs an attribute. Numbers that are somebody's become text; what is neither text
// nor number is shown by its text form, which sealed values guard.
func (c *cleaner) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		group := v.Group()
		attrs := make([]slog.Attr, len(group))
		for i := range group {
			attrs[i] = c.attr(group[i])
		}
		return slog.Attr{Key: c.text(a.Key), Value: slog.GroupValue(attrs...)}
	case slog.KindBool, slog.KindDuration, slog.KindTime:
	case slog.KindAny:
		v = slog.StringValue(c.text(fmt.Sprint(v.Any())))
	default:
		if s := v.String(); c.text(s) != s {
			v = slog.StringValue(c.text(s))
		}
	}
	return slog.Attr{Key: c.text(a.Key), Value: v}
}

func appendAttr(b *strings.Builder, prefix string, a slog.Attr) {
	if a.Value.Kind() == slog.KindGroup {
		for _, inner := range a.Value.Group() {
			appendAttr(b, prefix+a.Key+".", inner)
		}
		return
	}
	fmt.Fprintf(b, " %s%s=%s", prefix, a.Key, a.Value)
}

package scrub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// card is a value that resolves itself, as sealed values do.
type card string

func (c card) LogValue() slog.Value { return slog.StringValue("card " + string(c)) }

// broken panics where it should say what it is.
type broken struct{}

func (*broken) Error() string { panic("4111 1111 1111 1111") }

// logger writes records without time as JSON.
func logger(s *Scrubber, w io.Writer) *slog.Logger {
	return slog.New(Handler(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}), s))
}

// Proves SCR-7.
func TestLogRecordsLoseWhatIsPersonal(t *testing.T) {
	const mail = "jude.fawley@example.org"
	type person struct{ Name, Mail string }
	for name, c := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"message":    {func(l *slog.Logger) { l.Info("mail to " + mail) }, `{"level":"INFO","msg":"mail to ⟦EMAIL:a⟧"}`},
		"string":     {func(l *slog.Logger) { l.Info("m", "to", mail, "n", 7) }, `{"level":"INFO","msg":"m","to":"⟦EMAIL:a⟧","n":7}`},
		"error":      {func(l *slog.Logger) { l.Info("m", "err", fmt.Errorf("to %s: %w", mail, io.EOF)) }, `{"level":"INFO","msg":"m","err":"to ⟦EMAIL:a⟧: EOF"}`},
		"struct":     {func(l *slog.Logger) { l.Info("m", "who", person{"x", mail}) }, `{"level":"INFO","msg":"m","who":"{Name:x Mail:⟦EMAIL:a⟧}"}`},
		"bytes":      {func(l *slog.Logger) { l.Info("m", "b", []byte(mail)) }, `{"level":"INFO","msg":"m","b":"⟦EMAIL:a⟧"}`},
		"group":      {func(l *slog.Logger) { l.Info("m", slog.Group("g", "n", 1, "to", mail)) }, `{"level":"INFO","msg":"m","g":{"n":1,"to":"⟦EMAIL:a⟧"}}`},
		"log valuer": {func(l *slog.Logger) { l.Info("m", "c", card("4111 1111 1111 1111")) }, `{"level":"INFO","msg":"m","c":"card ⟦CARD:a⟧"}`},
		"with":       {func(l *slog.Logger) { l.With("to", mail).WithGroup("g").Info("m", "x", mail) }, `{"level":"INFO","msg":"m","to":"⟦EMAIL:a⟧","g":{"x":"⟦EMAIL:a⟧"}}`},
		"nil":        {func(l *slog.Logger) { l.Info("m", "x", nil, "s", "") }, `{"level":"INFO","msg":"m","x":null,"s":""}`},
		"time":       {func(l *slog.Logger) { l.Info("m", "d", time.Second, "ok", true) }, `{"level":"INFO","msg":"m","d":1000000000,"ok":true}`},
		"nothing":    {func(l *slog.Logger) { l.Debug("all well", "path", "/api/v1/parties") }, `{"level":"DEBUG","msg":"all well","path":"/api/v1/parties"}`},
		"panic":      {func(l *slog.Logger) { l.Info("m", "err", error(&broken{})) }, `{"level":"INFO","msg":"m","err":"%!v(PANIC=Error method: ⟦CARD:a⟧)"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			c.log(logger(newReal(t), &b))
			if got := shown(b.Bytes()); got != c.want+"\n" {
				t.Errorf("logged\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestTheNextHandlerIsAskedAndHeard(t *testing.T) {
	h := Handler(slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{Level: slog.LevelWarn}), newReal(t))
	if h.Enabled(context.Background(), slog.LevelInfo) || !h.Enabled(context.Background(), slog.LevelWarn) {
		t.Error("the level of the next handler does not count")
	}
	bad := errors.New("disk full")
	h = Handler(slog.NewTextHandler(failing{bad}, nil), newReal(t))
	for _, m := range []string{"all well", "jude.fawley@example.org"} {
		if err := h.Handle(context.Background(), slog.NewRecord(time.Time{}, slog.LevelInfo, m, 0)); !errors.Is(err, bad) {
			t.Errorf("%q: %v", m, err)
		}
	}
}

func TestARecordWithoutFindingsCostsNoMemory(t *testing.T) {
	s := newReal(t)
	h := Handler(discard{}, s)
	r := slog.NewRecord(time.Time{}, slog.LevelInfo, "request served", 0)
	r.AddAttrs(slog.String("path", "/api/v1/parties"), slog.Int("status", 200), slog.Group("took", slog.String("unit", "ms"), slog.Float64("n", 3.1)))
	if n := testing.AllocsPerRun(200, func() { _ = h.Handle(context.Background(), r) }); n >= 1 && !raced {
		t.Errorf("it took %v allocations", n)
	}
	line, buf := []byte("request served by nobody"), make([]byte, 0, 100)
	if n := testing.AllocsPerRun(200, func() { buf = s.Append(buf[:0], line) }); n >= 1 && !raced {
		t.Errorf("Append took %v allocations", n)
	}
	if !strings.HasPrefix(string(buf), "request") {
		t.Errorf("Append made %q", buf)
	}
}

// discard takes records and does nothing.
type discard struct{ slog.Handler }

func (discard) Handle(context.Context, slog.Record) error { return nil }

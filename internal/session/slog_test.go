package session

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestALogRecordOfARequestIsWrittenIntoItsSession(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	var console bytes.Buffer
	log := slog.New(NewHandler(slog.NewTextHandler(&console, &slog.HandlerOptions{Level: slog.LevelInfo})))
	log = log.With("node", 7).WithGroup("").WithGroup("mail").With("host", "mx")
	ctx := With(t.Context(), tx)
	log.InfoContext(ctx, "mail queued", "tries", 2, slog.Group("of", "kind", "code"), "error", errors.New("refused"))
	log.DebugContext(ctx, "too fine")
	log.InfoContext(context.Background(), "elsewhere")
	tx.End()
	events := k.session().Lines[0].Events
	if len(events) != 1 || events[0].Level != "INFO" || events[0].Text != "mail queued node=7 mail.host=mx mail.tries=2 mail.of.kind=code mail.error=refused" {
		t.Errorf("the session says %+v", events)
	}
	lines := strings.Split(strings.TrimSpace(console.String()), "\n")
	for i, want := range []string{`msg="mail queued" node=7 mail.host=mx mail.tries=2 mail.of.kind=code mail.error=refused`, `msg=elsewhere node=7 mail.host=mx`} {
		if len(lines) != 2 || !strings.HasSuffix(lines[i], want) {
			t.Errorf("the console says\n%s\nwant line %d to end in %s", console.String(), i, want)
		}
	}
}

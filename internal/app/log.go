package app

import (
	"io"
	"log/slog"

	"github.com/habeas-data/habeas/scrub"
)

// NewLog is the log of a process: lines of text or JSON from a level on. What its callers
// write holds no personal data; what slips in through an error or a library's message is
// taken out on the way (SCR-7).
func NewLog(w io.Writer, format string, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var out slog.Handler = slog.NewTextHandler(w, options)
	if format == "json" {
		out = slog.NewJSONHandler(w, options)
	}
	return slog.New(scrub.Handler(out, scrub.New()))
}

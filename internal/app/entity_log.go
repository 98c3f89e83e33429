package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

const (
	askedWaiting = 2000 // questions that wait to be written; more are not noted
	askedEvery   = 5 * time.Second
	askedResults = 10 // of each so many results are noted
	maxAskedID   = 40
)

// QueryLog notes some of the questions about entities for internal use (LOG-13, ENT-34). No
// question waits for it. It is safe for concurrent use.
type QueryLog struct {
	DB       *sqlstore.DB
	Clock    habeas.Clock
	Settings QueryLogSettings
	Log      *slog.Logger

	waiting chan entity.Asked
}

// NewQueryLog returns a log that notes as many as the settings say.
func NewQueryLog(db *sqlstore.DB, clock habeas.Clock, settings QueryLogSettings, log *slog.Logger) *QueryLog {
	return &QueryLog{DB: db, Clock: clock, Settings: settings, Log: log, waiting: make(chan entity.Asked, askedWaiting)}
}

// Note may note a question with its answer, and returns its name in the log then. What the
// server asks itself is no question.
func (l *QueryLog) Note(ctx context.Context, q entity.Question, a entity.Answer) string {
	if q.Form == "" || l.Settings.Percent <= 0 || rand.IntN(100) >= l.Settings.Percent { //nolint:gosec // a sample, no secret
		return ""
	}
	out := entity.Asked{ID: entity.NewAskedID(), At: l.Clock.Now(), Form: q.Form, Text: q.Text, Types: q.Types, Found: len(a.Hits)}
	if q.Text == "" {
		out.Text = q.External.Scheme + ":" + q.External.Value
	}
	if len(out.Text) > entity.MaxAsked {
		out.Text = out.Text[:entity.MaxAsked]
	}
	for _, h := range a.Hits[:min(len(a.Hits), askedResults)] {
		out.Results = append(out.Results, h.ID)
	}
	if l.Settings.Addresses {
		out.From = audit.Origin(ctx)
	}
	select {
	case l.waiting <- out:
		return out.ID
	default:
		return "" // more come in than can be written
	}
}

// Keep writes what was noted until ctx ends.
func (l *QueryLog) Keep(ctx context.Context) {
	tick := time.NewTicker(askedEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			ctx = context.WithoutCancel(ctx)
			if err := l.Flush(ctx); err != nil {
				l.Log.Warn("the last questions were not noted", "error", err)
			}
			return
		}
		if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
			l.Log.Warn("questions were not noted", "error", err)
		}
	}
}

// Flush writes what was noted until now.
func (l *QueryLog) Flush(ctx context.Context) error {
	var all []entity.Asked
	for len(all) < askedWaiting {
		select {
		case a := <-l.waiting:
			all = append(all, a)
			continue
		default:
		}
		break
	}
	if len(all) == 0 {
		return nil
	}
	return l.DB.Ops().KeepAsked(ctx, all)
}

// Select notes which result of a question was meant (ENT-35).
func (l *QueryLog) Select(ctx context.Context, s entity.Selection) error {
	if l.Settings.Percent <= 0 || s.Ask == "" || len(s.Ask) > maxAskedID {
		return nil
	}
	if err := l.Flush(ctx); err != nil {
		return err
	}
	return l.DB.Ops().MarkSelected(ctx, s)
}

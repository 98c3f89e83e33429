package app

import (
	"context"
	"encoding/json"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
)

// copiedLog is a line of the account log.
type copiedLog struct {
	At         string           `json:"at"`
	Class      account.LogClass `json:"class"`
	Credential string           `json:"credential,omitempty"`
	From       string           `json:"from,omitempty"`
}

// copiedContribution is a line of the contribution log.
type copiedContribution struct {
	At        string            `json:"at"`
	Operation account.Operation `json:"operation"`
	Object    string            `json:"object,omitempty"`
	Refused   bool              `json:"refused,omitempty"`
	Through   bool              `json:"through_a_creator,omitempty"`
	AsCreator bool              `json:"as_a_creator,omitempty"` // somebody else is the author
}

// inspected adds what the account's rows and logs hold.
func (r *Records) inspected(ctx context.Context, a habeas.Actor, c *copied) error {
	lines, acts, err := r.ownLogs(ctx, a)
	if err != nil {
		return err
	}
	for _, l := range lines {
		one := copiedLog{At: l.At.Format(time.RFC3339), Class: l.Class, Credential: l.Credential}
		if l.From.IsValid() {
			one.From = l.From.String()
		}
		c.Log = append(c.Log, one)
	}
	own, err := r.DB.Logs().Contributor(ctx, a.Account)
	if err != nil {
		return err
	}
	for _, act := range acts {
		c.Contributions = append(c.Contributions, copiedContribution{act.At.Format(time.RFC3339), act.Operation, act.Object, act.Refused, !act.Through.IsZero(), act.By != own})
	}
	c.Held, err = r.DB.Accounts().Inspect(ctx, a.Account)
	return err
}

// ownLogs are the actor's lines of both logs, as they see them.
func (r *Records) ownLogs(ctx context.Context, a habeas.Actor) ([]account.LogLine, []account.Contribution, error) {
	logs := r.DB.Logs()
	lines, err := logs.Lines(ctx, a.Account, account.LogSince(r.Clock.Now()), 10_000)
	if err != nil {
		return nil, nil, err
	}
	for i := range lines {
		lines[i] = lines[i].Shown()
	}
	by, err := logs.Contributor(ctx, a.Account)
	if err != nil {
		return nil, nil, err
	}
	acts, err := logs.ContributionsBy(ctx, by, 10_000)
	return lines, acts, err
}

// Inspect is everything held about the actor, to look at. Unlike a copy it is not written
// into their activity: looking at one's own data is nobody's business.
func (r *Records) Inspect(ctx context.Context, a habeas.Actor) (account.Inspection, error) {
	var out account.Inspection
	c, _, err := r.gather(ctx, a)
	if err != nil {
		return out, err
	}
	out.Tables = c.Held
	if out.Log, out.Contributions, err = r.ownLogs(ctx, a); err != nil {
		return out, err
	}
	out.JSON, err = json.MarshalIndent(c, "", "  ")
	return out, err
}

package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/habeas-data/habeas"
)

// clockSlack is by how much the machine's clock may differ from the time that has
// passed before that is worth a line: NTP slews by far less.
const clockSlack = 5 * time.Second

// clockWatch says in the log when the machine's clock was set, because times in records
// and the ends of codes and sign-ins go by it.
type clockWatch struct {
	wall   habeas.Clock
	steady func() time.Duration // time that has passed; nil: the monotonic clock's
	log    *slog.Logger

	lastWall   time.Time
	lastSteady time.Duration
}

// look compares how far both clocks went since the last look, and returns the jump.
func (c *clockWatch) look() time.Duration {
	if c.steady == nil {
		began := time.Now()
		c.steady = func() time.Duration { return time.Since(began) }
	}
	wall, steady := c.wall.Now(), c.steady()
	jump := time.Duration(0)
	if !c.lastWall.IsZero() {
		jump = wall.Sub(c.lastWall) - (steady - c.lastSteady)
	}
	c.lastWall, c.lastSteady = wall, steady
	if jump.Abs() < clockSlack {
		return 0
	}
	direction := "forward"
	if jump < 0 {
		direction = "back"
	}
	c.log.Warn("the machine's clock was set; codes and sign-ins end by it", "direction", direction, "seconds", int64(jump.Abs().Seconds()))
	return jump
}

func (c *clockWatch) keep(ctx context.Context) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for c.look(); ; c.look() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

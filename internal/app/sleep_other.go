//go:build !linux

package app

import "time"

// sleep sleeps as exactly as the runtime's timers do.
func sleep(d time.Duration) { time.Sleep(d) }

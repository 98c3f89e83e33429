package app

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// notifyTime is how long the service manager may take to listen.
const notifyTime = time.Second

// notify tells the service manager how far the server is (sd_notify(3)); without one
// it does nothing.
func notify(log *slog.Logger, state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if name[0] == '@' { // an abstract socket of Linux
		name = "\x00" + name[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err == nil {
		_ = conn.SetWriteDeadline(time.Now().Add(notifyTime)) // a manager that does not listen stops nothing here
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // a datagram has gone by now, or never
	}
	if err != nil {
		log.Warn("the service manager was not told", "state", state, "error", err)
	}
}

// watchdog tells the service manager that the process lives, twice as often as it wants
// to hear it (WatchdogSec= in the unit), until ctx ends.
func watchdog(ctx context.Context, log *slog.Logger) {
	every, ok := watchdogEvery(os.Getenv, os.Getpid())
	if !ok {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			notify(log, "WATCHDOG=1")
		}
	}
}

// watchdogEvery reads what systemd wants of the process pid (sd_watchdog_enabled(3)).
func watchdogEvery(getenv func(string) string, pid int) (time.Duration, bool) {
	micros, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || micros <= 1 {
		return 0, false
	}
	if of := getenv("WATCHDOG_PID"); of != "" && of != strconv.Itoa(pid) {
		return 0, false
	}
	return time.Duration(micros) * time.Microsecond / 2, true
}

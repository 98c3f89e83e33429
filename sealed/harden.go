package sealed

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Harden closes, for the whole process, the ways out of memory that this package cannot
// close for one value: no core dumps (RLIMIT_CORE 0), on Linux no tracing by processes of
// the same user (PR_SET_DUMPABLE 0; /proc/PID then belongs to root), and no debugging
// variables of the Go runtime that print what passes through. It does all that it can and
// returns, joined, what it could not do or found: a program that insists stops then. Call it
// first thing in main.
func Harden() error {
	all := noDumps()
	all = append(all, talkative(os.Getenv("GODEBUG"), os.Getenv("GOTRACEBACK"))...)
	return errors.Join(all...)
}

// talkative finds the settings with which the runtime prints what it should not: headers,
// names that are looked up, or, after a crash, a core.
func talkative(godebug, traceback string) []error {
	var all []error
	for setting := range strings.SplitSeq(godebug, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(setting), "=")
		loud := (name == "http2debug" && value != "0" && value != "") || // prints every header field
			(name == "netdns" && strings.ContainsAny(value, "123456789")) // prints every look-up
		if loud {
			all = append(all, fmt.Errorf("sealed: GODEBUG has %s, which prints what passes through: expected without", name))
		}
	}
	if traceback == "crash" {
		all = append(all, errors.New("sealed: GOTRACEBACK is crash, which dumps core: expected single or none"))
	}
	return all
}

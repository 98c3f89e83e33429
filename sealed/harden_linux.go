package sealed

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// noDumps asks the kernel for no core dumps and no tracing by others of the same user.
func noDumps() []error {
	var all []error
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		all = append(all, fmt.Errorf("sealed: PR_SET_DUMPABLE: %w", err))
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		all = append(all, fmt.Errorf("sealed: RLIMIT_CORE: %w", err))
	}
	return all
}

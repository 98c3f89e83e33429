//go:build unix && !linux

package sealed

import (
	"fmt"
	"syscall"
)

// noDumps asks the kernel for no core dumps. Tracing by others of the same user stays as
// the system has it.
func noDumps() []error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return []error{fmt.Errorf("sealed: RLIMIT_CORE: %w", err)}
	}
	return nil
}

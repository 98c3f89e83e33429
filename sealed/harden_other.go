//go:build !unix

package sealed

import "errors"

// noDumps knows no way here.
func noDumps() []error {
	return []error{errors.New("sealed: dumps of the process cannot be forbidden on this system")}
}

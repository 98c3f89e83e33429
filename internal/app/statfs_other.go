//go:build !unix

package app

import "errors"

// statfs does not know this system: there the disk's own refusal is what protects.
func statfs(string) (Space, error) { return Space{}, errors.ErrUnsupported }

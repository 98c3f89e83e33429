package store

import (
	"errors"
	"os"
	"runtime"
)

// SyncDir makes the names in a directory durable: without it a file that was
// created or renamed may be gone after a power cut, however often it was synced.
// Windows has no such call and needs none.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

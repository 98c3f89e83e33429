package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/habeas-data/habeas"
)

var (
	errDirOpen     = habeas.Forbidden("Other users of this machine can look into the data directory. Run \"chmod 700\" on it, then start again.").WithCode("dir.open")
	errDirOwner    = habeas.Forbidden("The data directory belongs to another user of this machine. Run the command as that user, such as \"sudo -u habeas habeas …\": what one writes, the other could not open.").WithCode("dir.owner")
	errDirReadOnly = habeas.Unavailable("The data directory cannot be written. See who owns it, and whether its disk is mounted read-only. Nothing was changed.").WithCode("dir.read-only")
)

// checkDir refuses a data directory that everybody can enter, and warns about one that
// its group can.
func checkDir(dir string, log *slog.Logger) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoRecords
	}
	if err != nil || runtime.GOOS == "windows" { // which has other permissions
		return err
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o007 != 0:
		return errDirOpen
	case mode&0o070 != 0:
		log.Warn("the group of the data directory can look into it: chmod 700 is safer")
	}
	return nil
}

// LockDir takes the lock of a data directory; one process holds it at a time.
func LockDir(dir string) (*os.File, error) {
	if err := ownDir(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, lockError(err)
	}
	if err := flock(f); err != nil {
		return nil, errors.Join(habeas.Conflict("Another habeas process uses this data directory. Stop it first.").WithCode("dir.locked"), f.Close())
	}
	return f, nil
}

// ownDir refuses root in a directory of somebody else: the files that it left there would
// keep the server from starting. A directory that is not there yet is nobody's.
func ownDir(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && os.Geteuid() == 0 && !ownedByRoot(info) {
		return errDirOwner
	}
	return nil
}

// lockError says what to do about a lock that cannot be opened.
func lockError(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return errDirReadOnly.WithCause(err)
	}
	return fmt.Errorf("open the directory's lock: %w", err)
}

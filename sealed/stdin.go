package sealed

import (
	"io"
	"os/exec"
)

// pipeRoom is what every pipe takes at once, whatever the limits of the user (pipe(7)).
const pipeRoom = 4 << 10

// Stdin makes the value the standard input of a command that is not started yet: the way to
// pass a password without an argument or a variable that other processes can see. The
// bytes go from the sealed memory straight into a pipe. The command must be started and
// waited for. Errors: ErrClosed, and those of Cmd.StdinPipe.
//
// A value longer than 4096 bytes is written while the command reads, and not wiped before
// that is done; if the command does not read to the end, as with any input, the rest is
// dropped.
func (v Value) Stdin(cmd *exec.Cmd) error {
	e := v.pin()
	if e == nil {
		return ErrClosed
	}
	w, err := cmd.StdinPipe()
	if err != nil {
		e.unpin()
		return err
	}
	if e.slot.length() > pipeRoom {
		go func() { _ = pour(w, e) }() // a command that reads no further is no error, as in exec
		return nil
	}
	return pour(w, e)
}

func pour(w io.WriteCloser, e *entry) error {
	defer e.unpin()
	_, err := w.Write(e.slot.plain())
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}

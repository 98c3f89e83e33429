package app

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sleepers are timers of the kernel that are not in use; more than these end after use.
var sleepers = make(chan sleeper, 64)

// sleeper is a timer of the kernel that the runtime's poller waits for, as for a socket.
type sleeper struct {
	fd   int
	file *os.File
}

// sleep sleeps to some 50 µs. The runtime's timers wake a process that idles up to a
// millisecond late, counted from when it began to idle: so the end of the wait would
// tell its beginning.
func sleep(d time.Duration) {
	s, err := newSleeper()
	if err == nil {
		err = s.sleep(d)
	}
	if err != nil {
		time.Sleep(d)
	}
}

func newSleeper() (sleeper, error) {
	select {
	case s := <-sleepers:
		return s, nil
	default:
	}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return sleeper{}, err
	}
	return sleeper{fd: fd, file: os.NewFile(uintptr(fd), "timer")}, nil
}

func (s sleeper) sleep(d time.Duration) error {
	var rings [8]byte // how often
	err := unix.TimerfdSettime(s.fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}, nil)
	if err == nil {
		_, err = s.file.Read(rings[:])
	}
	if err != nil {
		_ = s.file.Close()
		return err
	}
	select {
	case sleepers <- s:
	default:
		_ = s.file.Close()
	}
	return nil
}

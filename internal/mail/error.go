package mail

import (
	"errors"
	"fmt"
)

// Stage is how far a delivery got.
type Stage string

// The stages.
const (
	StageMessage   Stage = "message"   // the message itself is unfit; nothing was sent
	StageConnect   Stage = "connect"   // no connection, no TLS, or no login
	StageSender    Stage = "sender"    // MAIL FROM
	StageRecipient Stage = "recipient" // RCPT TO
	StageContent   Stage = "content"   // DATA, until the server took responsibility
)

// Error is a failed delivery. It holds codes only, so it may be logged.
type Error struct {
	Stage    Stage
	Code     int    // SMTP reply code; 0 if the server gave none
	Enhanced string // enhanced status code (RFC 3463), "5.1.1"; may be empty
	reason   string
}

// Error implements error.
func (e *Error) Error() string { return "mail: " + e.Reason() }

// Reason returns a short code for the delivery record, such as
// "recipient-550-5.1.1", "connect" or "message-subject".
func (e *Error) Reason() string {
	s := string(e.Stage)
	if e.reason != "" {
		s += "-" + e.reason
	}
	if e.Code != 0 {
		s += fmt.Sprintf("-%d", e.Code)
	}
	if e.Enhanced != "" {
		s += "-" + e.Enhanced
	}
	return s
}

// Permanent reports whether trying again is useless: the message is unfit, or
// the server refused this recipient or this content for good (5xx). A refused
// login or sender is the house's own misconfiguration; the mail waits until
// somebody mends it.
func (e *Error) Permanent() bool {
	switch e.Stage {
	case StageMessage:
		return true
	case StageRecipient, StageContent:
		switch e.Code {
		case 530, 534, 535, 538: // authentication or encryption wanted: ours to mend
			return false
		}
		return e.Code >= 500 && e.Code < 600
	case StageConnect, StageSender:
	}
	return false
}

// Permanent reports whether err is a delivery that must not be tried again: a
// bounce to record.
func Permanent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Permanent()
}

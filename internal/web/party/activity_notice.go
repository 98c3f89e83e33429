package party

import (
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
)

// noticeWords are those of what happened while the record had nobody: notices, requests,
// the retention clock. Empty for every other event.
func noticeWords(p lang.Printer, e audit.Event) string {
	switch e {
	case audit.NoticeSent:
		return p.T("Told the address in the record which kinds of data are held.")
	case audit.NoticeSeen:
		return p.T("Looked at what is held, masked, after a mailed code.")
	case audit.NoticeStopped:
		return p.T("Wanted no more mails about what is held.")
	case audit.NoticeResumed:
		return p.T("Wanted mails about what is held again.")
	case audit.RecordObjected:
		return p.T("Objected to the use of the record. Connected systems stopped.")
	case audit.RecordRestricted:
		return p.T("Had the record kept and not used.")
	case audit.RecordReleased:
		return p.T("Made the record usable again.")
	case audit.EraseRequested:
		return p.T("Asked for the record to be erased.")
	case audit.RequestWithdrawn:
		return p.T("Took a request back.")
	case audit.RequestAnswered:
		return p.T("Answered a request.")
	case audit.RetentionWarned:
		return p.T("Announced the end of the record: nobody had spoken of it for long.")
	case audit.RetentionHeld:
		return p.T("Decided to keep the record beyond its time.")
	case audit.RetentionFreed:
		return p.T("Decided to keep the record no longer than its time.")
	default:
		return ""
	}
}

package party

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
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
	case audit.RequestEntered:
		return p.T("Wrote down what the person asked for by letter, mail, telephone or in person.")
	case audit.RequestExtended:
		return p.T("Said that an answer takes up to two months more, and why.")
	case audit.RequestChanged:
		return p.T("Worked on a request.")
	case audit.RequestReminded:
		return p.T("Reminded staff of a request that is due.")
	case audit.RequestReopened:
		return p.T("Took the answer to a request back.")
	case audit.BreachTold:
		return p.T("Wrote to the person about a breach of security.")
	default:
		return ""
	}
}

// joinWords are those of merges and splits.
func joinWords(p lang.Printer, l party.Look) string {
	person := l.Actor.Kind == habeas.ActorPerson
	switch {
	case l.Event == audit.PartyMerged:
		return p.T("Merged two records into this one. It can be taken back.")
	case l.Event == audit.PartyUnmerged && l.Detail["step"] == "settled":
		return p.T("Said to which of two records belongs what was said while they were one.")
	case l.Event == audit.PartyUnmerged && l.Detail["step"] == "unsettled":
		return p.T("Took back to which of two records belongs what was said while they were one.")
	case l.Event == audit.PartyUnmerged:
		return p.T("Took a merge back: both records are what they were.")
	case l.Event == audit.PartySplit:
		return p.T("Made a record of its own of what is about somebody else.")
	case l.Event == audit.PartyUnsplit:
		return p.T("Took a split back: the record is what it was.")
	case l.Event == audit.MergeProposed && person:
		return p.T("Agreed that two records are about the same person.")
	case l.Event == audit.MergeProposed:
		return p.T("Asked whom the record belongs to whether it may be merged or split.")
	case l.Event == audit.MergeRefused && person:
		return p.T("Said no to a merge or split of the record.")
	case l.Event == audit.MergeRefused:
		return p.T("Took back the question whether the record may be merged or split.")
	}
	return ""
}

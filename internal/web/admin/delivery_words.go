package admin

import (
	"strings"

	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/mail"
)

// answerWords says in plain words what the last answer to a delivery means. Codes are
// those of SMTP (RFC 5321) and its enhanced status codes (RFC 3463), as
// mail.Error.Reason writes them: "recipient-550-5.1.1".
func answerWords(p lang.Printer, d jobs.Delivery) string {
	stage, codes, _ := strings.Cut(d.Reason, "-")
	switch mail.Stage(stage) {
	case mail.StageConnect:
		return connectWords(p, codes)
	case mail.StageSender:
		return p.T("Your mail server does not let this sender in. Is smtp.from an address of yours there?")
	case mail.StageRecipient, mail.StageContent:
		return refusalWords(p, mail.Stage(stage), codes)
	case mail.StageMessage:
		return p.T("The mail could not be written: its address is none that a mail can go to.")
	}
	switch d.Reason {
	case "":
		return ""
	case "no-handler":
		return p.T("No mail server is set, so it waits.")
	case "expired":
		return p.T("The code in it was over before it could be sent.")
	case "restored":
		return p.T("It waited when the backup was made that this server was restored from.")
	case "timeout", "shutdown", "attempts":
		return p.T("It took too long, or the server was stopped meanwhile.")
	}
	return p.T("A fault of the server itself. Its log says more.")
}

func connectWords(p lang.Printer, codes string) string {
	for _, login := range []string{"530", "534", "535", "538"} {
		if strings.HasPrefix(codes, login) {
			return p.T("Your mail server refused the login. Look at smtp.username and smtp.password_file.")
		}
	}
	return p.T("Your mail server cannot be reached. Look at smtp.host and smtp.port, and whether it runs.")
}

// refusalWords are those of a server that would not take a mail for somebody.
func refusalWords(p lang.Printer, stage mail.Stage, codes string) string {
	code, enhanced, _ := strings.Cut(codes, "-")
	class, detail, _ := strings.Cut(enhanced, ".")
	switch {
	case strings.HasPrefix(detail, "2.2"), code == "552", code == "452":
		return p.T("The mailbox is full.")
	case strings.HasPrefix(code, "4"), class == "4":
		return p.T("The other side asked to come again later. That is often only to keep machines away; it is tried again by itself.")
	case strings.HasPrefix(detail, "7."), stage == mail.StageContent:
		return p.T("The other side takes no such mail, mostly because it suspects unwanted mail. See how others see our mail.")
	case strings.HasPrefix(detail, "1."), code == "550", code == "551", code == "553":
		return p.T("There is no such mailbox: the address is mistyped or given up. Ask the person for the right one.")
	}
	return p.T("The other side refused it for good.")
}

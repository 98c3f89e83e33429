package account

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// MailingList is one that the organisation runs elsewhere. Who wants to sign up is told first
// what others will see of them for ever (TP-08).
type MailingList struct {
	Name    string `toml:"name"`
	URL     string `toml:"url"`             // where one signs up; https
	Private bool   `toml:"private_archive"` // only members read what was written, and who wrote it
}

// maxMailingLists and maxListName bound what is configured.
const (
	maxMailingLists = 100
	maxListName     = 100 // characters
)

var (
	errMailingLists = habeas.Invalid("mailing_list", "There are at most 100 mailing lists.").WithCode("mailing-list.many")
	errMailingList  = habeas.Invalid("mailing_list", "Each mailing list has a name of at most 100 characters and the https address of the page on which one signs up.").WithCode("mailing-list.incomplete")
)

// CheckMailingLists refuses lists that people could not be led to.
func CheckMailingLists(all []MailingList) error {
	if len(all) > maxMailingLists {
		return errMailingLists
	}
	for _, l := range all {
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil ||
			strings.TrimSpace(l.Name) == "" || utf8.RuneCountInString(l.Name) > maxListName {
			return errMailingList
		}
	}
	return nil
}

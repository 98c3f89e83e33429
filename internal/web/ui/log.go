package ui

import (
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/lang"
)

// LogClassName says what a line of the account log is about.
func LogClassName(p lang.Printer, c account.LogClass) string {
	switch c {
	case account.LogRegistered:
		return p.T("Account opened")
	case account.LogAuthorized:
		return p.T("Signed in")
	case account.LogRefused:
		return p.T("Refused")
	case account.LogActivated:
		return p.T("Credential added")
	case account.LogRevoked:
		return p.T("Credential removed")
	case account.LogReset:
		return p.T("Recovered")
	}
	return string(c)
}

// credentialName says which kind of credential or proof a line is about.
func credentialName(p lang.Printer, name string) string {
	switch name {
	case "":
		return ""
	case "code":
		return p.T("mailed code")
	case "passkey":
		return p.T("passkey")
	case "provider":
		return p.T("identity provider")
	case "address":
		return p.T("address")
	case "certificate":
		return p.T("certificate")
	case "file":
		return p.T("registration file")
	case "role":
		return p.T("role")
	case "account":
		return p.T("account")
	}
	return name
}

// LogTable are lines of the account log, for their person and for who may read them.
func (b *Base) LogTable(p lang.Printer, lines []account.LogLine) Table {
	t := Table{
		ID: "log", Caption: p.Plural(len(lines), "{n} line", "{n} lines"),
		Columns: []Column{{Text: p.T("When")}, {Text: p.T("What")}, {Text: p.T("By what")}, {Text: p.T("From")}}, Prose: true,
		Empty: Empty{Text: p.T("There is no line of these months.")},
	}
	for _, l := range lines {
		from := ""
		if l.From.IsValid() {
			from = l.From.String()
		}
		t.Rows = append(t.Rows, []Cell{{Text: p.DateTime(l.At, b.Zone())}, {Text: LogClassName(p, l.Class)}, {Text: credentialName(p, l.Credential)}, {Text: from, Mono: true}})
	}
	return t
}

package app

import (
	"context"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// WriteToUs mails a message to the operator: to the contact address of the settings, and
// where those name none, to every administrator (ACCT-07).
func (l *Logs) WriteToUs(ctx context.Context, in account.Message) error {
	if err := in.Check(); err != nil {
		return err
	}
	now, ops := l.Clock.Now(), l.DB.Ops()
	for _, limit := range []struct {
		key string
		n   int
	}{{"from " + in.Client, account.MessagesPerClient}, {"all", account.MessagesPerHour}} {
		n, err := ops.TakeTurn(ctx, l.Keys.Lookup("contact", limit.key), now, account.MessageWindow)
		if err != nil {
			return err
		}
		if n > limit.n { // what one sends too often must not use up the share of others
			return account.ErrManyMessages
		}
	}
	mailer := l.Accounts.mailer
	letter := Letter{Kind: mail.KindContact, Why: strings.TrimSpace(in.Words)}
	if in.Complaint {
		letter.Kind = mail.KindComplaint
	}
	if in.HasReply {
		letter.Reply = in.Reply.Mailbox()
	}
	return l.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if to, ok := addressIn(mailer.Contact); ok {
			letter.To = to.Mailbox()
			return mailer.Post(tx, habeas.SubjectID{}, letter)
		}
		return l.Accounts.writeAdministrators(tx, letter)
	})
}

// addressIn finds the address in what the settings say of how people reach the organisation:
// "the desk, desk@example.org".
func addressIn(contact string) (email.Address, bool) {
	for _, word := range strings.FieldsFunc(contact, func(r rune) bool { return strings.ContainsRune(" ,;:<>()", r) }) {
		if to, err := email.Parse(word); err == nil && strings.Contains(word, "@") {
			return to, true
		}
	}
	return email.Address{}, false
}

// writeAdministrators leaves a letter for each administrator's main address.
func (a *Accounts) writeAdministrators(tx *sqlstore.Tx, letter Letter) error {
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return err
	}
	written := false
	for _, g := range grants {
		if g.Role != habeas.RoleAdministrator || !g.Ready {
			continue
		}
		to, language, err := a.MainAddress(tx.Context(), g.Holder)
		if gone(err) || err == nil && to == "" {
			continue
		}
		if err != nil {
			return err
		}
		letter.To, letter.Language = to, language
		if err := a.mailer.Post(tx, habeas.SubjectOf(g.Holder), letter); err != nil {
			return err
		}
		written = true
	}
	if !written {
		return &habeas.Error{
			Kind: habeas.KindUnavailable, Code: "contact.nobody",
			Message: "Nobody can be reached from here at the moment. Reach us in another way.",
		}
	}
	return nil
}

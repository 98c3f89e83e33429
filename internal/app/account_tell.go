package app

import (
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// mostStaffTold bounds how many people one thing is mailed to.
const mostStaffTold = 50

// TellStaff mails everybody at work who can decide about records, and those named, each
// once, in their language. Who has a role and no passkey yet could not decide, and is
// not told.
func (a *Accounts) TellStaff(tx *sqlstore.Tx, kind mail.Kind, link string, also ...habeas.AccountID) error {
	return a.tellRoles(tx, kind, link, also, habeas.RoleStaff, habeas.RoleAdministrator)
}

// TellAdministrators mails everybody who administers the server, as [Accounts.TellStaff] does.
func (a *Accounts) TellAdministrators(tx *sqlstore.Tx, kind mail.Kind, link string) error {
	return a.tellRoles(tx, kind, link, nil, habeas.RoleAdministrator)
}

func (a *Accounts) tellRoles(tx *sqlstore.Tx, kind mail.Kind, link string, also []habeas.AccountID, roles ...habeas.Role) error {
	return a.tellHolders(tx, Letter{Kind: kind, Link: link}, also, roles...)
}

// tellRolesLetter mails a letter to everybody who administers the server.
func (a *Accounts) tellRolesLetter(tx *sqlstore.Tx, l Letter) error {
	return a.tellHolders(tx, l, nil, habeas.RoleAdministrator)
}

func (a *Accounts) tellHolders(tx *sqlstore.Tx, l Letter, also []habeas.AccountID, roles ...habeas.Role) error {
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return err
	}
	for _, g := range grants {
		counts := slices.Contains(roles, g.Role) && g.Counts(a.clock.Now())
		if counts {
			if counts, err = a.counts(tx.Context(), g); err != nil {
				return err
			}
		}
		if counts {
			also = append(also, g.Holder)
		}
	}
	told := make(map[habeas.AccountID]bool)
	for _, id := range also {
		if told[id] || len(told) >= mostStaffTold {
			continue
		}
		told[id] = true
		if err := a.tellMain(tx, id, l); err != nil && !gone(err) {
			return err
		}
	}
	return nil
}

// tell mails every address of an account.
func (a *Accounts) tell(tx *sqlstore.Tx, id habeas.AccountID, kind mail.Kind, link string) error {
	return a.tellLetter(tx, id, Letter{Kind: kind, Link: link})
}

// tellLetter mails a letter to every address of an account, in its language.
func (a *Accounts) tellLetter(tx *sqlstore.Tx, id habeas.AccountID, l Letter) error {
	who, err := tx.Accounts().Account(tx.Context(), id)
	if err != nil {
		return err
	}
	all, err := tx.Accounts().Addresses(tx.Context(), id)
	if err != nil {
		return err
	}
	l.Language = who.Profile.Language
	for _, address := range all {
		l.To = address.Mailbox
		if err := a.mailer.Post(tx, habeas.SubjectOf(id), l); err != nil {
			return err
		}
	}
	return nil
}

// tellMain mails the main address of an account.
func (a *Accounts) tellMain(tx *sqlstore.Tx, id habeas.AccountID, l Letter) error {
	who, err := tx.Accounts().Account(tx.Context(), id)
	if err != nil {
		return err
	}
	main, err := mainOf(tx, id)
	if err != nil {
		return err
	}
	l.To, l.Language = main.Mailbox, who.Profile.Language
	return a.mailer.Post(tx, habeas.SubjectOf(id), l)
}

// TellAccount mails every address of an account. One that is gone is told nothing.
func (a *Accounts) TellAccount(tx *sqlstore.Tx, id habeas.AccountID, kind mail.Kind, link string) error {
	if err := a.tell(tx, id, kind, link); err != nil && !gone(err) {
		return err
	}
	return nil
}

// gone reports whether an error says that there is no such row, or none any more.
func gone(err error) bool {
	k := habeas.KindOf(err)
	return err != nil && (k == habeas.KindNotFound || k == habeas.KindGone)
}

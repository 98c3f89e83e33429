package party

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// accountWords are those of events about accounts; others that concern a person are
// named by their type, which is better than hiding them.
func accountWords(p lang.Printer, l party.Look) string {
	address, provider := l.Detail["credential"] == "address", l.Detail["credential"] == "provider"
	switch l.Event {
	case audit.AccountCreated:
		return p.T("Opened the account.")
	case audit.AccountErased:
		return p.T("Erased the account.")
	case audit.AccountIntervened:
		return p.T("Revoked the certificate of your account: {why}", "why", l.Detail["why"])
	case audit.AccountClosed:
		return p.T("Closed the account.")
	case audit.AccountReopened:
		return p.T("Opened the account again.")
	case audit.AccountLapsed:
		return p.T("Deactivated the account: its registration had ended.")
	case audit.AccountReactivated:
		return p.T("Reactivated the account.")
	case audit.TermTold:
		if l.Detail["told"] == "goes" {
			return p.T("Told that the account will be erased.")
		}
		return p.T("Told that the registration ends soon.")
	case audit.AccountChanged:
		return p.T("Changed a detail of the account.")
	case audit.ConsentGiven:
		return p.T("Agreed that everybody may see the public profile.")
	case audit.ConsentWithdrawn:
		return p.T("Took back that everybody may see the public profile.")
	case audit.AddressChange:
		return changeStep(p, l.Detail["step"])
	case audit.AccountRecovered:
		return p.T("Recovered the account by a mailed code. Every other sign-in ended.")
	case audit.AddressProved:
		if l.Detail["proof"] == string(habeas.ProofProvider) {
			return p.T("Brought an address on the word of an identity provider.")
		}
		return p.T("Proved an address by a mailed code.")
	case audit.CredentialAdded:
		if address {
			return p.T("Took the removal of an address back.")
		}
		if provider {
			return p.T("Connected an identity provider.")
		}
		return p.T("Added a passkey.")
	case audit.CredentialEnded:
		if address {
			return p.T("Removed an address.")
		}
		if provider {
			return p.T("Disconnected an identity provider.")
		}
		return p.T("Removed a passkey.")
	case audit.Registered:
		return p.T("Registered: the account can hold certificates.")
	case audit.CertificateIssued:
		return p.T("Got a certificate.")
	case audit.CertificateRevoked:
		return p.T("A certificate was revoked.")
	case audit.MandateGiven:
		return p.T("Let a trusted entity creator act for you.")
	case audit.MandateEnded:
		return p.T("Ended that a trusted entity creator acts for you.")
	case audit.CreatorSiteChanged:
		return p.T("The site of a trusted entity creator was entered, changed, confirmed or ended.")
	case audit.EscrowKept:
		return p.T("Left the private key of the registration file with the organisation, and agreed to that.")
	case audit.EscrowEnded:
		return p.T("The private key that was left with the organisation was destroyed.")
	case audit.KeepersAsked, audit.KeepersDropped, audit.KeeperAgreed, audit.KeeperLeft, audit.KeeperLost, audit.KeeperPassed:
		return keeperLine(p, l)
	case audit.FileResetBegun:
		return p.T("A mailed code began a reset of the registration file’s password.")
	case audit.FileResetStopped:
		return p.T("A reset of the registration file’s password was stopped.")
	case audit.FileReset:
		return p.T("The registration file got a new password.")
	case audit.RegistrationReset:
		return p.T("A mailed code reset the registration: it has to be made anew.")
	case audit.SignInSucceeded:
		return p.T("Signed in.")
	case audit.SignInFailed:
		return p.T("Tried to sign in, without success.")
	case audit.SignedOut:
		return p.T("Signed out.")
	case audit.LogRead:
		if l.Detail["log"] == string(account.ReadHolder) {
			return p.T("Looked at the certificates of your account.")
		}
		return p.T("Read the log of your account.")
	case audit.RoleGranted:
		return p.T("Granted a role.")
	case audit.RoleRevoked:
		return p.T("Took a role away.")
	case audit.RoleBegun:
		return p.T("A role began: its certificate was issued.")
	case audit.RoleApplied:
		return p.T("Asked for a role.")
	case audit.RoleAnswered:
		return p.T("Answered an application for a role.")
	case audit.LicenceAccepted:
		return p.T("Accepted the licence for what they write about entities.")
	case audit.GroupChanged:
		return p.T("Decided which data sets are seen at work.")
	case audit.RolePermitted:
		return p.T("The directory of the organisation permits a role.")
	case audit.RoleUnpermitted:
		return p.T("The directory of the organisation no longer permits a role.")
	case audit.StaffProvisioned:
		return p.T("A connected system said who works here.")
	case audit.SettingsChanged:
		return p.T("Changed a setting.")
	case audit.KeysRotated:
		return p.T("Renewed the keys.")
	case audit.DataRestored:
		return p.T("Put the records back from a backup.")
	default:
		return string(l.Event)
	}
}

// changeStep says how far a change of the main address came.
func changeStep(p lang.Printer, step string) string {
	switch step {
	case "confirmed":
		return p.T("Confirmed a new main address. The old one was told.")
	case "switched":
		return p.T("Made the new address the main one.")
	case "stopped":
		return p.T("Stopped the change of the main address.")
	case "reverted":
		return p.T("Took the change of the main address back.")
	}
	return p.T("Dropped the change of the main address.")
}

// keeperLine says what happened about key keepers: of the own key, or of others' for whom the
// person keeps a share.
func keeperLine(p lang.Printer, l party.Look) string {
	own := l.Detail["as"] != "keeper"
	switch l.Event {
	case audit.KeepersAsked:
		return p.T("Asked people to be key keepers.")
	case audit.KeepersDropped:
		return p.T("Ended the asking for key keepers.")
	case audit.KeeperAgreed:
		if own {
			return p.T("Agreed to be your key keeper.")
		}
		return p.T("Agreed to keep a share of somebody’s key.")
	case audit.KeeperLeft:
		if own {
			return p.T("Declined to be your key keeper, or stopped.")
		}
		return p.T("Declined to keep a share of somebody’s key, or stopped.")
	case audit.KeeperLost:
		return p.T("A key keeper cannot help any more: their certificate ended.")
	default: // audit.KeeperPassed
		if own {
			return p.T("Gave a share of your key for a reset.")
		}
		return p.T("Gave a share of somebody’s key for a reset.")
	}
}

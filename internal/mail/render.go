package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"unicode"
)

// Kind is what a mail is about; it names its templates.
type Kind string

// The kinds.
const (
	KindCode           Kind = "code"            // the code that somebody asked for
	KindInvitation     Kind = "invitation"      // there is a record about you
	KindClaimed        Kind = "claimed"         // a record is now yours
	KindRefused        Kind = "refused"         // to staff: somebody said "this is not me"
	KindRecovered      Kind = "recovered"       // your account was recovered
	KindPasskeyAdded   Kind = "passkey-added"   // a passkey can now sign in for you
	KindProviderAdded  Kind = "provider-added"  // an identity provider can now sign in for you
	KindAddressWaiting Kind = "address-waiting" // your main address is to change; the link stops it
	KindAddressChanged Kind = "address-changed" // it has changed; the link takes it back
	KindAddressMain    Kind = "address-main"    // to the new one: we write to you here now
	KindAddressKept    Kind = "address-kept"    // the change did not happen or was taken back
	KindStubConfirmed  Kind = "stub-confirmed"  // to staff: the address of a stub is good
	KindProposal       Kind = "proposal"        // others propose something for your record
	KindErased         Kind = "erased"          // receipt of erasure, the last mail
	KindNotice         Kind = "notice"          // what is held, to somebody without an account
	KindRetention      Kind = "retention"       // nobody spoke of the record for long: it will go
	KindAsked          Kind = "asked"           // receipt of a request to be erased
	KindAnswered       Kind = "answered"        // staff answered a request
	KindQuestion       Kind = "question"        // staff want to merge or split your record
	KindPassUsed       Kind = "consent-used"    // somebody uses a consent code that you gave
	KindGuardian       Kind = "guardian"        // you are somebody's guardian here
	KindGuardianDay    Kind = "guardian-day"    // to guardian and staff: a guardian's time comes to its end
	KindGuardianEnded  Kind = "guardian-ended"  // you act for somebody no more
	KindTest           Kind = "test"            // to an administrator, who asked for it
	KindDigest         Kind = "digest"          // who looked at your record: numbers, nobody's name
	KindReminder       Kind = "reminder"        // staff ask you to complete your record
	KindWebhook        Kind = "webhook"         // to administrators: a webhook was paused because nothing gets through

	KindRoleGiven   Kind = "role-given"   // you hold a role now; its certificate is attached
	KindRoleWaits   Kind = "role-waits"   // a role waits until you are registered
	KindRoleEnded   Kind = "role-ended"   // a role was taken from you
	KindRoleAsked   Kind = "role-asked"   // to those who give it: somebody asks for a role
	KindRoleRefused Kind = "role-refused" // you do not get the role that you asked for

	KindClaimedKnown    Kind = "claimed-known"    // to another address of a record: it was claimed
	KindLinked          Kind = "linked"           // staff linked a record to your account
	KindLocked          Kind = "locked"           // to staff: wrong evidence locked a claim
	KindDisputed        Kind = "disputed"         // to staff: a claim is disputed
	KindFrozen          Kind = "frozen"           // your record is frozen while staff look at a dispute
	KindDisputeReceived Kind = "dispute-received" // to who disputes: staff look at it
	KindDisputeKept     Kind = "dispute-kept"     // the claim was found right
	KindDisputeUndone   Kind = "dispute-undone"   // the record is not yours any more
	KindDisputeGranted  Kind = "dispute-granted"  // to who disputed: the claim was undone

	KindExtended   Kind = "extended"    // the answer to a request takes longer, and why
	KindRequestDue Kind = "request-due" // to staff: the time of a request is nearly over
	KindBreach     Kind = "breach"      // data about you was concerned by a breach
	KindRelease    Kind = "release"     // a legal demand asks for data about your account
	KindContact    Kind = "contact"     // to the operator: somebody wrote on the contact page
	KindComplaint  Kind = "complaint"   // the same, a complaint
	KindWritten    Kind = "written"     // another person wrote to you, by the link that you gave away

	KindRegistered      Kind = "registered"       // you have a certificate
	KindReregistered    Kind = "reregistered"     // another certificate has taken the place of yours
	KindUnregistered    Kind = "unregistered"     // your certificate was revoked
	KindCertificateCode Kind = "certificate-code" // the code that confirms what a certificate is to say

	KindBehalfCode   Kind = "behalf-code"   // a trusted entity creator asks to register you: the code that allows it
	KindBehalf       Kind = "behalf"        // it did
	KindMandate      Kind = "mandate"       // you let a trusted entity creator act for you
	KindMandateEnded Kind = "mandate-ended" // and no more
	KindSiteWaits    Kind = "site-waits"    // to administrators: a site of a creator is to be confirmed
	KindSiteAnswer   Kind = "site-answer"   // to a creator: your site was confirmed, or ended

	KindTermEnds      Kind = "registration-ends"    // your registration ends soon: renew it
	KindLapsed        Kind = "registration-ended"   // it has ended: the account is deactivated
	KindTermGoes      Kind = "registration-goes"    // the account will be erased
	KindRenewed       Kind = "registration-renewed" // it counts for three more years, and what became of roles
	KindRolesEnded    Kind = "roles-ended"          // to administrators: roles ended with a certificate
	KindAccountErased Kind = "account-erased"       // six months after the end, with the receipt: the last mail
	KindRootNeeded    Kind = "root-needed"          // to administrators: somebody has to go to the machine of the root
	KindBackupLate    Kind = "backup-late"          // to administrators: no backup was made for too long

	KindEscrowKept        Kind = "escrow-kept"        // the private key of your registration file was left here
	KindEscrowEnded       Kind = "escrow-ended"       // and is destroyed
	KindKeeperAsked       Kind = "keeper-asked"       // somebody asks you to keep a share of their key
	KindKeeperAnswered    Kind = "keeper-answered"    // one of those whom you asked has answered
	KindKeeperLost        Kind = "keeper-lost"        // one of your key keepers cannot help any more
	KindKeeperNeeded      Kind = "keeper-needed"      // somebody needs the share that you keep
	KindResetWaiting      Kind = "reset-waiting"      // the password of your registration file is to be reset; the link stops it
	KindResetNow          Kind = "reset-now"          // the same without a wait: a passkey has shown that it is you
	KindResetStopped      Kind = "reset-stopped"      // it is not
	KindFileReset         Kind = "file-reset"         // the file has a new password
	KindRegistrationReset Kind = "registration-reset" // your certificate was revoked by a mailed code
)

// Data is all that a mail can say. It has no place for anybody's name, address
// or other personal data, and must not be given any. What somebody writes to the operator is
// an exception: it and Reply go to the operator alone. So is what one person writes to another
// who has agreed to it.
type Data struct {
	Organisation string // who writes; required
	PublicURL    string // origin of the server, "https://records.example.org"; required
	Contact      string // how to reach people at the organisation; required
	Link         string // page to open; within PublicURL
	StopLink     string // page that stops such mails; within PublicURL
	MoreLink     string // page that says or changes more; within PublicURL
	DisputeLink  string // page that disputes a claim; within PublicURL
	Code         string // letters and digits, shown in groups; or the stand-in of a value that is grouped (see Grouped)
	Minutes      int    // how long link or code hold: minutes, or hours if they are set
	Hours        int
	Reason       string // why there is a record or what was decided, one sentence

	Sets   []string // categories of data, as people call them; never values
	From   []string // where they came from: connected systems, staff
	Why    string   // what they are held for
	Months int      // how long they are kept after the last word about them
	Days   int      // until something happens by itself
	Count  int      // how many details are missing
	Reply  string   // of KindContact, KindComplaint and KindWritten: where the answer goes; may be empty but in the last
	Lines  []string // what was counted: numbers and kinds, nobody's name
	Legal  string   // whose words for the remedy: "eu", "us"; else those that fit anywhere

	Receipt string // of an erasure, as the ledger gives it: lines of printable ASCII; may be empty
}

// needs says what a kind cannot do without.
var needs = map[Kind]struct{ link, code, dispute bool }{
	KindCode:           {code: true},
	KindInvitation:     {link: true, code: true},
	KindClaimed:        {link: true},
	KindRefused:        {link: true},
	KindRecovered:      {link: true},
	KindPasskeyAdded:   {link: true},
	KindProviderAdded:  {link: true},
	KindAddressWaiting: {link: true},
	KindAddressChanged: {link: true},
	KindAddressMain:    {link: true},
	KindAddressKept:    {link: true},
	KindStubConfirmed:  {link: true},
	KindProposal:       {link: true},
	KindErased:         {},
	KindNotice:         {link: true},
	KindRetention:      {link: true},
	KindAsked:          {link: true},
	KindAnswered:       {link: true},
	KindQuestion:       {link: true},
	KindPassUsed:       {link: true},
	KindGuardian:       {link: true},
	KindGuardianDay:    {link: true},
	KindGuardianEnded:  {link: true},
	KindTest:           {link: true},
	KindDigest:         {link: true},
	KindReminder:       {link: true},
	KindWebhook:        {link: true},

	KindRoleGiven:   {link: true},
	KindRoleWaits:   {link: true},
	KindRoleEnded:   {link: true},
	KindRoleAsked:   {link: true},
	KindRoleRefused: {link: true},

	KindClaimedKnown:    {link: true, dispute: true},
	KindLinked:          {link: true, dispute: true},
	KindLocked:          {link: true},
	KindDisputed:        {link: true},
	KindFrozen:          {link: true},
	KindDisputeReceived: {link: true},
	KindDisputeKept:     {link: true},
	KindDisputeUndone:   {link: true},
	KindDisputeGranted:  {link: true},

	KindExtended:   {link: true},
	KindRequestDue: {link: true},
	KindBreach:     {link: true},
	KindRelease:    {link: true},
	KindContact:    {},
	KindComplaint:  {},
	KindWritten:    {link: true},

	KindRegistered:      {link: true},
	KindReregistered:    {link: true},
	KindUnregistered:    {link: true},
	KindCertificateCode: {code: true},

	KindBehalfCode:   {link: true, code: true},
	KindBehalf:       {link: true},
	KindMandate:      {link: true},
	KindMandateEnded: {link: true},
	KindSiteWaits:    {link: true},
	KindSiteAnswer:   {link: true},

	KindTermEnds:      {link: true},
	KindLapsed:        {link: true},
	KindTermGoes:      {link: true},
	KindRenewed:       {link: true},
	KindRolesEnded:    {link: true},
	KindAccountErased: {},
	KindBackupLate:    {link: true},
	KindRootNeeded:    {link: true},

	KindEscrowKept:        {link: true},
	KindEscrowEnded:       {link: true},
	KindKeeperAsked:       {link: true},
	KindKeeperAnswered:    {link: true},
	KindKeeperLost:        {link: true},
	KindKeeperNeeded:      {link: true},
	KindResetWaiting:      {link: true},
	KindResetNow:          {link: true},
	KindResetStopped:      {link: true},
	KindFileReset:         {link: true},
	KindRegistrationReset: {link: true},
}

// Kinds returns every kind, sorted.
func Kinds() []Kind {
	var all []Kind
	for k := range needs {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// Languages returns the languages that mails are written in; the first one is
// used when a person's language is not among them.
func Languages() []string { return []string{"en", "es"} }

// Render writes the mail of a kind in a language, such as "es" or "es-MX". To,
// MessageID and Sealed are left for the caller. Prose is put on one line and stripped
// of control characters; a link outside PublicURL, a link or code with odd
// characters, or a missing value is an error, which repeats none of them.
func Render(kind Kind, language string, data Data) (Message, error) {
	if err := data.prepare(kind); err != nil {
		return Message{}, err
	}
	language = supported(language)
	all, err := templates()
	if err != nil {
		return Message{}, err
	}
	t := all[language][kind]
	// The subject sees the organisation and nothing else, whatever a template says.
	var subject, text, html strings.Builder
	err = t.subject.Execute(&subject, struct{ Organisation string }{data.Organisation})
	if err != nil {
		return Message{}, fmt.Errorf("mail: subject of %s: %w", kind, err)
	}
	view := struct {
		Data
		Language, Subject string
	}{data, language, subject.String()}
	if err := t.text.Execute(&text, view); err != nil {
		return Message{}, fmt.Errorf("mail: text of %s: %w", kind, err)
	}
	if err := t.html.ExecuteTemplate(&html, "layout", view); err != nil {
		return Message{}, fmt.Errorf("mail: page of %s: %w", kind, err)
	}
	return Message{
		Subject: subject.String(), Text: strings.TrimSpace(text.String()) + "\n", HTML: html.String(),
		Kind: kind, Language: language, ListUnsubscribe: data.StopLink,
	}, nil
}

func supported(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if slices.Contains(Languages(), base) {
		return base
	}
	return Languages()[0]
}

// prepare cleans prose and checks the rest.
func (d *Data) prepare(kind Kind) error {
	need, known := needs[kind]
	if !known {
		return errors.New("mail: unknown kind")
	}
	d.Organisation = oneLine(d.Organisation, 120)
	d.Contact = oneLine(d.Contact, 200)
	d.Reason = oneLine(d.Reason, 500)
	d.Why, d.Reply = oneLine(d.Why, 1000), oneLine(d.Reply, 320)
	d.Sets, d.From, d.Lines = lines(d.Sets), lines(d.From), lines(d.Lines)
	d.PublicURL = strings.TrimSuffix(d.PublicURL, "/")
	switch {
	case d.Organisation == "" || d.Contact == "" || !isLink(d.PublicURL):
		return errors.New("mail: organisation, contact and public URL are required")
	case need.link && d.Link == "" || need.code && d.Code == "" || need.dispute && d.DisputeLink == "":
		return fmt.Errorf("mail: %s lacks its link or code", kind)
	case need.code && d.Minutes <= 0 && d.Hours <= 0:
		return fmt.Errorf("mail: %s does not say how long its code holds", kind)
	case !d.within(d.Link) || !d.within(d.StopLink) || !d.within(d.DisputeLink) || !d.within(d.MoreLink):
		return errors.New("mail: a link leads outside the public URL")
	case strings.ContainsFunc(d.Receipt, func(c rune) bool { return c != '\n' && (c < ' ' && c != '\t' || c > '~') && c < 0xa0 }):
		return errors.New("mail: a receipt holds text only")
	case len(d.Code) > 64 || strings.Trim(strings.TrimPrefix(d.Code, standIn), codeCharacters) != "":
		return errors.New("mail: a code holds letters, digits and hyphens only")
	}
	return nil
}

// standIn begins the stand-in of a sealed value (package sealed/wire).
const standIn = "~"

const codeCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

func (d *Data) within(link string) bool {
	return link == "" || isLink(link) && strings.HasPrefix(link, d.PublicURL+"/")
}

// oneLine puts prose on one line: white space becomes a space, and characters
// that control a terminal or reorder text go. It cuts at limit characters.
func oneLine(s string, limit int) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c), c == unicode.ReplacementChar, unicode.Is(unicode.Bidi_Control, c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		s = strings.TrimSpace(string(r[:limit-1])) + "…"
	}
	return s
}

// lines puts each of a list on a line of its own, and leaves the empty ones out.
func lines(all []string) []string {
	var out []string
	for _, s := range all {
		if s = oneLine(s, 120); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Grouped spaces a code so that it can be read and typed: 482 913, ABCD EFGH. It
// appends to dst. A sealed code is grouped before it is sealed, since a stand-in
// cannot be cut.
func Grouped(dst, code []byte) []byte {
	if bytes.IndexByte(code, '-') >= 0 || len(code) < 6 {
		return append(dst, code...)
	}
	size := 4
	if len(code)%3 == 0 && len(code)%4 != 0 {
		size = 3
	}
	for i, c := range code {
		if i > 0 && i%size == 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, c)
	}
	return dst
}

// grouped is Grouped for the templates. A stand-in stays as it is.
func grouped(code string) string {
	if strings.HasPrefix(code, standIn) {
		return code
	}
	return string(Grouped(nil, []byte(code)))
}

//go:embed templates
var files embed.FS

type templateSet struct {
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// templates are parsed once, on first use.
var templates = sync.OnceValues(func() (map[string]map[Kind]templateSet, error) {
	all := make(map[string]map[Kind]templateSet)
	for _, language := range Languages() {
		all[language] = make(map[Kind]templateSet)
		for _, kind := range Kinds() {
			t, err := parse(language, kind)
			if err != nil {
				return nil, fmt.Errorf("mail: template %s/%s: %w", language, kind, err)
			}
			all[language][kind] = t
		}
	}
	return all, nil
})

// parse reads the templates of one mail. The first line of the text is the
// subject; text and page share the phrases of their language.
func parse(language string, kind Kind) (t templateSet, err error) {
	dir := path.Join("templates", language)
	source, err := fs.ReadFile(files, path.Join(dir, string(kind)+".txt"))
	if err != nil {
		return t, err
	}
	phrases, err := fs.ReadFile(files, path.Join(dir, "phrases.tmpl"))
	if err != nil {
		return t, err
	}
	subject, body, _ := strings.Cut(string(source), "\n")
	functions := map[string]any{"grouped": grouped}
	if t.subject, err = texttemplate.New("subject").Parse(subject); err != nil {
		return t, err
	}
	t.text, err = texttemplate.New("text").Funcs(functions).Parse(string(phrases))
	if err == nil {
		t.text, err = t.text.Parse(body)
	}
	if err != nil {
		return t, err
	}
	t.html, err = htmltemplate.New("html").Funcs(functions).Parse(string(phrases))
	if err != nil {
		return t, err
	}
	t.html, err = t.html.ParseFS(files, "templates/layout.html", path.Join(dir, string(kind)+".html"))
	return t, err
}

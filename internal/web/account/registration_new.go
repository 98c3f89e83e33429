package account

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// RegisterPage is the data of account/registration-new.
type RegisterPage struct {
	Heading  ui.Heading
	Change   bool // a certificate counts already: a code confirms, and it is replaced
	Risk     ui.Notice
	Third    *ui.Notice // the creator that has registered the reader; nil: none has
	Subject  dn.Subject // what the form begins with; Email is fixed
	Controls []ui.Control
	Policy   int64
	Site     string  // the address by which this server is known
	Upload   ui.Form // without the page's script: a request that was made elsewhere
	Terminal ui.Form // the same by the command
}

// maxRequest bounds a posted request, in characters: base64, or PEM with what stands around it.
const maxRequest = 4 * request.MaxLen

func (s *Pages) registerForm(r *http.Request, v ui.Visit) (RegisterPage, error) {
	p := v.P
	h, err := s.Registrations.Holding(r.Context(), v.Actor)
	if err != nil {
		return RegisterPage{}, err
	}
	who, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return RegisterPage{}, err
	}
	policy, err := s.Registrations.Policy(r.Context())
	if err != nil {
		return RegisterPage{}, err
	}
	third, err := s.thirdParty(r, v, h)
	if err != nil {
		return RegisterPage{}, err
	}
	page := RegisterPage{Third: third, Change: h.Chain != nil, Subject: h.Registration.Subject, Policy: policy, Site: s.Origin.String()}
	page.Heading = ui.Heading{
		Title: p.T("Register"), Back: &ui.Link{Text: p.T("Your registration"), URL: registrationAt},
		Lead: p.T("Your browser makes a private key and puts it, with your certificate, into one encrypted file. Key and password never leave this device."),
	}
	if page.Change {
		page.Heading.Title = p.T("Change what your certificate says")
		page.Heading.Lead = p.T("What a certificate says cannot be changed, so it is replaced: your browser makes a new key, and you get a new file. The old one counts no more once you have typed the code that we mail you.")
	}
	if page.Subject.Name == "" {
		page.Subject.Name = who.Account.Profile.Name
	}
	page.Subject.Email = who.Main().Mailbox
	page.Risk = ui.Notice{
		Kind: ui.NoticeWarning, Title: p.T("Whoever reads your mail could register in your name"),
		Text: p.T("The certificate is for {address}. Codes that change or replace it go there, so whoever reads its mail can take this registration over. Use an address that only you read, and add a passkey.", "address", page.Subject.Email),
		Link: &ui.Link{Text: p.T("Use another main address"), URL: addressesAt},
	}
	page.Controls = []ui.Control{
		{Name: "name", Label: p.T("First and last name"), Value: page.Subject.Name, MaxLength: 64, Autocomplete: "name"},
		{Kind: ui.ControlSelect, Name: "country", Label: p.T("Country"), Value: page.Subject.Country, Autocomplete: "country", Options: []ui.Option{{Value: page.Subject.Country, Text: page.Subject.Country}}},
		{Name: "organisation", Label: p.T("Organisation"), Value: page.Subject.Organisation, MaxLength: 64, Autocomplete: "organization", Optional: true},
		{Name: "username", Label: p.T("Username"), Value: page.Subject.Username, MaxLength: 64, Autocomplete: "username", Hint: p.T("The name that programs show for the key. Others may have the same.")},
	}
	accept := ui.Control{Kind: ui.ControlCheckbox, Name: "accept", Value: "yes", Label: p.T("I have read the policy, version {n}, and accept it.", "n", policy)}
	hidden := []ui.Hidden{{Name: "policy", Value: strconv.FormatInt(policy, 10)}}
	page.Terminal = ui.Form{Action: registrationAt + "/terminal", Hidden: hidden, Controls: []ui.Control{accept}, Submit: p.T("Show me a code for the terminal")}
	page.Upload = ui.Form{
		Action: registrationAt + "/upload", Upload: true, Hidden: hidden, Submit: p.T("Hand in the request"),
		Controls: []ui.Control{accept, {Kind: ui.ControlFile, Name: "file", Label: p.T("Certificate request"), Accept: ".pem,.csr,.der,.p10", Hint: p.T("PKCS#10 as PEM or DER: a key on P-256, and your data in the form that the documentation shows.")}},
	}
	return page, nil
}

func (s *Pages) registerPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.registerForm(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/registration-new", page)
}

// errAccept asks for the box.
var errAccept = habeas.Invalid("accept", "To register, read the policy and accept it.").WithCode("registration.accept")

// accepting reads which version of the policy was accepted.
func accepting(f *edge.Form) int64 {
	version, err := strconv.ParseInt(f.String("policy", 20), 10, 64)
	if err != nil || f.String("accept", 10) != "yes" {
		f.Fail("accept", errAccept)
	}
	return version
}

// requestIn reads a request as it came: DER, base64 of DER, or one PEM block with nothing
// around it. What is none of these comes back as it is, and is no request.
func requestIn(sent []byte) []byte {
	text := bytes.TrimSpace(sent)
	if block, rest := pem.Decode(text); bytes.HasPrefix(text, []byte("-----BEGIN ")) && block != nil {
		alone := len(bytes.TrimSpace(rest)) == 0 && len(block.Headers) == 0
		if alone && (block.Type == "CERTIFICATE REQUEST" || block.Type == "NEW CERTIFICATE REQUEST") {
			return block.Bytes
		}
		return sent
	}
	if der, err := base64.StdEncoding.DecodeString(string(text)); err == nil {
		return der
	}
	return sent
}

// submitFromPage takes the request that the page's script made.
func (s *Pages) submitFromPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	in := account.Submission{Policy: accepting(f), Request: requestIn([]byte(f.Required("request", maxRequest)))}
	if err := f.Err(); err != nil {
		return err
	}
	out, err := s.Registrations.Submit(r.Context(), v.Actor, in, s.asking(w, r, email.Address{}, v.P.Lang, registrationAt))
	if err != nil {
		return err
	}
	return writeSubmitted(w, out)
}

// submitted is the answer to the page's script and to the command.
type submitted struct {
	Chain     [][]byte `json:"chain,omitempty"`     // DER, the certificate first
	Challenge string   `json:"challenge,omitempty"` // whose code was mailed; then there is no chain yet
}

func writeSubmitted(w http.ResponseWriter, out account.Submitted) error {
	reply := submitted{Chain: out.Chain}
	if out.Chain == nil {
		reply.Challenge = out.Challenge.String()
	}
	body, err := json.Marshal(reply)
	if err != nil {
		return habeas.Internal(err)
	}
	return writeJSON(w, body)
}

// confirmFromPage takes the mailed code from the page's script, and answers with the chain.
func (s *Pages) confirmFromPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", ui.CodeDigits)
	if err := f.Err(); err != nil {
		return err
	}
	id, _ := habeas.ParseID[habeas.ChallengeKind](c) // an unreadable one is the id of no challenge
	flow, _ := s.Cookies.Flow(r)
	chain, err := s.Registrations.Confirm(r.Context(), v.Actor, id, typed, account.Token(flow))
	if err != nil {
		return err
	}
	return writeSubmitted(w, account.Submitted{Chain: chain})
}

// uploadRequest takes a request that was made elsewhere: what there is without the page's script.
func (s *Pages) uploadRequest(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeUpload(w, r, maxRequest)
	if err != nil {
		return err
	}
	in, out := account.Submission{Policy: accepting(f.Form)}, account.Submitted{}
	if f.File != nil {
		sent, err := io.ReadAll(f.File)
		if err != nil {
			return err
		}
		in.Request = requestIn(sent)
	}
	if err = f.Err(); err == nil {
		out, err = s.Registrations.Submit(r.Context(), v.Actor, in, s.asking(w, r, email.Address{}, v.P.Lang, registrationAt))
	}
	switch {
	case err != nil:
		page, pageErr := s.registerForm(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/registration-new", &page, &page.Upload, f.Form)
	case out.Chain == nil:
		return toCode(w, r, out.Challenge)
	}
	http.Redirect(w, r, registrationAt+"?done=registered", http.StatusSeeOther)
	return nil
}

// HandoverPage is the data of account/registration-terminal.
type HandoverPage struct {
	Heading ui.Heading
	Command ui.Copy
	Code    ui.Copy
	Note    string
}

// handover shows the number and the code by which the command registers.
func (s *Pages) handover(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	policy := accepting(f)
	if err := f.Err(); err != nil {
		page, pageErr := s.registerForm(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/registration-new", &page, &page.Terminal, f)
	}
	number, code, err := s.Registrations.Handover(r.Context(), v.Actor, policy)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/registration-terminal", s.handedOver(v.P, number, edge.Show(r.Context(), code)))
}

func (s *Pages) handedOver(p lang.Printer, number habeas.ChallengeID, code string) HandoverPage {
	return HandoverPage{
		Heading: ui.Heading{
			Title: p.T("Register from a terminal"), Back: &ui.Link{Text: p.T("Your registration"), URL: registrationAt},
			Lead: p.T("Start the command, and give it the code when it asks. It makes key and file on your machine; the server gets a request for a certificate."),
		},
		Command: ui.Copy{ID: "command", Label: p.T("the command"), Text: "habeas account register --server " + s.Origin.String()},
		Code:    ui.Copy{ID: "handover", Label: p.T("the code"), Text: number.String() + "-" + code},
		Note:    p.T("The code holds for 10 minutes and works once. It is shown this once. Whoever has it meanwhile can register in your name."),
	}
}

// submitFromTerminal takes a request from the command. There is no cookie: number and code of
// the page say whose it is.
func (s *Pages) submitFromTerminal(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	number, typed := f.String("number", 64), f.Code("code", ui.CodeDigits)
	der := requestIn([]byte(f.Required("request", maxRequest)))
	if err := f.Err(); err != nil {
		return err
	}
	id, _ := habeas.ParseID[habeas.ChallengeKind](number)
	out, err := s.Registrations.FromTerminal(r.Context(), id, typed, der, s.Proxies.LimitKey(r))
	if err != nil {
		return err
	}
	return writeSubmitted(w, out)
}

// confirmFromTerminal takes the mailed code from the command.
func (s *Pages) confirmFromTerminal(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	number, c, typed := f.String("number", 64), f.String("c", 64), f.Code("code", ui.CodeDigits)
	if err := f.Err(); err != nil {
		return err
	}
	id, _ := habeas.ParseID[habeas.ChallengeKind](number)
	challenge, _ := habeas.ParseID[habeas.ChallengeKind](c)
	chain, err := s.Registrations.ConfirmFromTerminal(r.Context(), id, challenge, typed)
	if err != nil {
		return err
	}
	return writeSubmitted(w, account.Submitted{Chain: chain})
}

package pki

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// publish writes the lists of every shard that the certificates are in, and the root's.
func (w *world) publish(certs ...Issued) string {
	w.Helper()
	var ders [][]byte
	list, err := w.root.Publish(ctx, w.register, 0, w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	ders = append(ders, list.DER)
	for _, c := range certs {
		a := map[Kind]*Authority{Identity: w.identity, Server: w.server}[c.Authority]
		list, err := a.Publish(ctx, w.register, c.Authority.Shard(c.Serial), w.clock.Now())
		if err != nil {
			w.Fatal(err)
		}
		ders = append(ders, list.DER)
	}
	return w.file("lists.pem", "X509 CRL", ders...)
}

func TestOpenSSLVerifiesWhatIsIssued(t *testing.T) {
	w := newWorld(t)
	person, _, _ := w.person()
	server, err := w.server.IssueServer("books.example.org", newKey(t).Public(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	responder, err := w.identity.issueResponder(newKey(t).Public(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	root := w.certificates("root.pem", w.root.cert.Raw)
	subs := w.certificates("subs.pem", w.identity.cert.Raw, w.server.cert.Raw)
	serial, _ := SerialOf(responder.SerialNumber)
	lists := w.publish(person, server, Issued{Authority: Identity, Serial: serial})
	verify := func(more ...string) []string {
		return append([]string{"verify", "-x509_strict", "-crl_check_all", "-CAfile", root, "-untrusted", subs, "-CRLfile", lists}, more...)
	}
	leaf := w.certificates("person.pem", person.DER)
	host := w.certificates("server.pem", server.DER)
	attribute := w.certificates("attribute.pem", w.attribute.cert.Raw)
	w.says(true, verify("-purpose", "sslclient", leaf), "OK")
	w.says(false, verify("-purpose", "sslserver", leaf), "unsuitable certificate purpose")
	w.says(true, verify("-purpose", "sslserver", "-verify_hostname", "books.example.org", host), "OK")
	w.says(false, verify("-purpose", "sslclient", host), "unsuitable certificate purpose")
	w.says(true, verify("-purpose", "ocsphelper", w.certificates("ocsp.pem", responder.Raw)), "OK")
	w.says(true, verify(attribute), "OK")
	w.says(false, []string{
		"verify", "-attime", fmt.Sprint(person.NotAfter.Add(time.Second).Unix()), "-CAfile", root, "-untrusted", subs, leaf,
	}, "certificate has expired")

	w.register.revoke(person, w.clock.Now(), KeyCompromise)
	lists = w.publish(person, server)
	w.says(false, verify(leaf), "certificate revoked")
	w.says(true, verify(host), "OK")
}

// The list of another shard says nothing about a certificate, though it is of its issuer.
func TestTheListOfAnotherShardDoesNotCount(t *testing.T) {
	w := newWorld(t)
	person, _, _ := w.person()
	list, err := w.identity.Publish(ctx, w.register, (Identity.Shard(person.Serial)+1)%shards, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.says(false, []string{
		"verify", "-crl_check", "-CAfile", w.certificates("root.pem", w.root.cert.Raw),
		"-untrusted", w.certificates("sub.pem", w.identity.cert.Raw),
		"-CRLfile", w.file("list.pem", "X509 CRL", list.DER), w.certificates("person.pem", person.DER),
	}, "different CRL scope")
}

func TestOpenSSLReadsTheLists(t *testing.T) {
	w := newWorld(t)
	for _, a := range []*Authority{w.root, w.identity, w.attribute} {
		var s Serial
		s[0], s[len(s)-1] = 0xfe, 0x40 // shard 0 in all of them
		w.register.revoke(Issued{Authority: a.kind, Serial: s, NotAfter: w.clock.Now().AddDate(1, 0, 0)}, w.clock.Now(), PrivilegeWithdrawn)
		list, err := a.Publish(ctx, w.register, 0, w.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		words := []string{"verify OK", "X509v3 CRL Number", "Privilege Withdrawn", "FE0000"}
		if a.kind != Root {
			words = append(words, "Issuing Distribution Point: critical", "URI:"+org.CRLURL(a.Issuer(), 0))
		}
		if a.kind == Attribute {
			words = append(words, "Only Attribute Certificates")
		}
		w.says(true, []string{
			"crl", "-in", w.file("list.pem", "X509 CRL", list.DER), "-text", "-noout", "-verify",
			"-CAfile", w.certificates("issuer.pem", a.cert.Raw, w.root.cert.Raw),
		}, words...)
	}
}

// serve answers OCSP requests over HTTP on the loopback until the test ends.
func (w *world) serve(r *Responder) string {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(io.LimitReader(in.Body, MaxOCSPRequest+1))
		if err != nil {
			w.Error(err)
		}
		answer, _ := r.Respond(in.Context(), body)
		out.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = out.Write(answer)
	})}
	go func() { _ = s.Serve(l) }()
	w.Cleanup(func() { _ = s.Close() })
	return "http://" + l.Addr().String()
}

func TestOpenSSLBelievesTheResponder(t *testing.T) {
	w := newWorld(t)
	good, _, _ := w.person()
	bad, _, _ := w.person()
	w.register.revoke(bad, w.clock.Now().Add(-time.Minute), KeyCompromise)
	role := Issued{Authority: Attribute, Serial: newSerial(), NotAfter: w.clock.Now().AddDate(1, 0, 0)}
	w.register.add(role)
	roots := w.certificates("root.pem", w.root.cert.Raw)
	for _, a := range []*Authority{w.identity, w.attribute} {
		r, err := NewResponder(ctx, a, w.keys, w.register, w.clock)
		if err != nil {
			t.Fatal(err)
		}
		issuer := w.certificates(string(a.kind)+".pem", a.cert.Raw)
		ask := func(more ...string) []string {
			return append([]string{"ocsp", "-url", w.serve(r), "-CAfile", roots, "-verify_other", issuer, "-issuer", issuer}, more...)
		}
		if a.kind == Attribute {
			w.says(true, ask("-serial", "0x"+role.Serial.Int().Text(16)), "Response verify OK", ": good")
			continue
		}
		for _, how := range [][]string{{"-sha1"}, {"-sha256"}, {"-sha256", "-no_nonce"}} {
			ask := func(more ...string) []string { // the hash has to come before what it is of
				args := []string{"ocsp", "-url", w.serve(r), "-CAfile", roots, "-verify_other", issuer}
				return append(append(append(args, how...), "-issuer", issuer), more...)
			}
			w.says(true, ask("-cert", w.certificates("good.pem", good.DER)), "Response verify OK", "good.pem: good")
			w.says(true, ask("-cert", w.certificates("bad.pem", bad.DER)), "Response verify OK", "bad.pem: revoked", "Reason: keyCompromise")
			w.says(true, ask("-serial", "0x1234"), "Response verify OK", "0x1234: unknown")
		}
		w.says(true, ask("-cert", w.certificates("good.pem", good.DER), "-sha256", "-cert", w.certificates("bad.pem", bad.DER)),
			"Response verify OK", "good.pem: good", "bad.pem: revoked")
	}
}

func TestOpenSSLReadsARequestForASubordinate(t *testing.T) {
	der, err := Request(ctx, newSecrets(t), Identity.Nth(1), org)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, dir: t.TempDir()}
	name := filepath.Join(w.dir, "request.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	w.says(true, []string{"req", "-in", name, "-noout", "-verify", "-subject"}, "verify OK", "Identity CA 1")
}

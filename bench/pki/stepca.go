package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/habeas-data/habeas/internal/bench"
)

// measureStepCA lets step-ca sign requests, each with a one-time token of a JWK provisioner,
// over its HTTPS API. It keeps certificates and used tokens in badger, as `step ca init` sets
// it up.
func measureStepCA(ctx context.Context, o options) (r bench.PKI, err error) {
	if o.stepCA == "" {
		return r, errors.New("the program is not there")
	}
	dir, err := os.MkdirTemp("", "bench-pki-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s := stepCA{dir: dir}
	if err := s.configure(); err != nil {
		return r, err
	}
	bodies, err := s.bodies(o.people)
	if err != nil {
		return r, err
	}
	stop, err := started(ctx, exec.CommandContext(ctx, o.stepCA, filepath.Join(dir, "ca.json")), s.address)
	if err != nil {
		return r, err
	}
	defer stop()
	sign := func(ctx context.Context, n int) (*http.Request, error) {
		if n > len(bodies) {
			return nil, bench.ErrNoMore
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.address+"/1.0/sign", bytes.NewReader(bodies[n-1]))
		if err == nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, err
	}
	r.Issue, err = bench.Press(ctx, bench.Pressure{Request: sign, Callers: o.callers, For: longest, Want: http.StatusCreated, TLS: &tls.Config{InsecureSkipVerify: true}})
	return r, err
}

// stepCA is an installation of it.
type stepCA struct {
	dir, address string
	provisioner  *ecdsa.PrivateKey
	id           string // of the provisioner's key
}

func (s *stepCA) configure() error {
	a, err := newAuthority()
	if err != nil {
		return err
	}
	if err := a.write(s.dir); err != nil {
		return err
	}
	if s.address, err = freeAddress(); err != nil {
		return err
	}
	if s.provisioner, err = newKey(); err != nil {
		return err
	}
	public := jose.JSONWebKey{Key: &s.provisioner.PublicKey, Algorithm: string(jose.ES256), Use: "sig"}
	thumb, err := public.Thumbprint(hash)
	if err != nil {
		return err
	}
	s.id = fmt.Sprintf("%x", thumb)
	public.KeyID = s.id
	at := func(name string) string { return filepath.Join(s.dir, name) }
	config, err := json.Marshal(map[string]any{
		"root": at("root.pem"), "crt": at("issuer.pem"), "key": at("issuer.key"), "address": s.address, "dnsNames": []string{"127.0.0.1"},
		"logger": map[string]any{"format": "text"}, "db": map[string]any{"type": "badgerv2", "dataSource": at("db")},
		"authority": map[string]any{"provisioners": []any{map[string]any{"type": "JWK", "name": "bench", "key": public}}},
		"tls":       map[string]any{"minVersion": 1.3, "maxVersion": 1.3},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(at("ca.json"), config, 0o600)
}

// bodies are what is posted: a request and a token of its own.
func (s *stepCA) bodies(n int) ([][]byte, error) {
	asking, err := requests(n)
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.provisioner}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", s.id))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	bodies := make([][]byte, n)
	for i, der := range asking {
		token, err := jwt.Signed(signer).Claims(map[string]any{
			"iss": "bench", "aud": "https://" + s.address + "/1.0/sign", "sub": "Nora Quill", "sans": []string{"Nora Quill"},
			"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(longest).Unix(), "jti": rand.Text(),
		}).Serialize()
		if err != nil {
			return nil, err
		}
		request := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
		if bodies[i], err = json.Marshal(map[string]string{"csr": string(request), "ott": token}); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// freeAddress is one at which nobody listens now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// started starts a server and waits until it answers connections. What it says comes with
// the error when it does not.
func started(ctx context.Context, c *exec.Cmd, address string) (stop func(), err error) {
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	stop = func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL); <-ended }
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && ctx.Err() == nil; {
		if at, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			return stop, at.Close()
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("it ended: %s", said.Bytes())
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	return nil, errors.New("it does not answer")
}

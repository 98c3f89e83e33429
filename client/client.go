package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Client speaks to one server as one connected system. URL, ID and Secret are
// required. It is safe for concurrent use and must not be copied after its first call.
type Client struct {
	// URL is where the server is: "https://records.example.org". Plain http is refused
	// except for the machine's own address, because the secret would be readable.
	URL string
	// ID and Secret are what an administrator was shown when the system was connected.
	ID, Secret string
	// Scopes narrow what its tokens permit. None: everything that the system was granted.
	Scopes []string
	// HTTP makes the requests. Nil: a client of its own that gives up after a minute.
	HTTP *http.Client
	// Attempts is how often a request is sent at most. Zero: 5.
	Attempts int
	// MaxWait bounds how long the client waits before it sends a request again. When
	// the server asks for longer, the refusal is returned at once. Zero: 30 seconds.
	MaxWait time.Duration

	mu      sync.Mutex // held while a token is fetched, so that one fetch serves all
	token   string
	expires time.Time
	sandbox bool
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

var standard = &http.Client{Timeout: time.Minute}

// call is one request, ready to be sent again.
type call struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte // JSON; nil: none
}

// do sends a call until it is answered, and decodes the answer into out unless that is
// nil. It returns the header of the answer.
func (c *Client) do(ctx context.Context, q call, out any) (http.Header, error) {
	renewed := false
	for try := 1; ; try++ {
		token, err := c.bearer(ctx)
		if err != nil {
			return nil, err
		}
		header, err := c.once(ctx, q, "Bearer "+token, out)
		var p *Problem
		if errors.As(err, &p) && p.Status == http.StatusUnauthorized && !renewed {
			renewed = true // it was ended before its time: once more with a new one
			c.forget(token)
			continue
		}
		if err == nil || !c.again(ctx, err, try) {
			return header, err
		}
	}
}

// once sends a call a single time.
func (c *Client) once(ctx context.Context, q call, authorization string, out any) (http.Header, error) {
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	address := base + q.path
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, address, bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if q.body != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Accept", "application/json, application/problem+json")
	h := c.HTTP
	if h == nil {
		h = standard
	}
	res, err := h.Do(r)
	if err != nil {
		return nil, &lost{err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &lost{err}
	}
	if res.StatusCode >= 300 {
		return res.Header, refusal(res, body)
	}
	if out == nil || len(body) == 0 {
		return res.Header, nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return res.Header, fmt.Errorf("client: the answer is not as described: %w", err)
	}
	return res.Header, nil
}

// base checks where the server is.
func (c *Client) base() (string, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("client: URL is not an address such as https://records.example.org")
	}
	if u.Scheme == "http" && u.Hostname() != "localhost" {
		if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
			return "", errors.New("client: URL is plain http: the secret would be readable on the way")
		}
	}
	return strings.TrimRight(c.URL, "/"), nil
}

// lost is a request whose answer did not arrive: it may have been carried out.
type lost struct{ cause error }

func (l *lost) Error() string { return "client: no answer: " + l.cause.Error() }
func (l *lost) Unwrap() error { return l.cause }

// again reports whether a request should be sent once more, after waiting for its time.
func (c *Client) again(ctx context.Context, err error, try int) bool {
	attempts, most := c.Attempts, c.MaxWait
	if attempts == 0 {
		attempts = 5
	}
	if most == 0 {
		most = 30 * time.Second
	}
	if try >= attempts || ctx.Err() != nil {
		return false
	}
	// Between nothing and a fifth of a second that doubles: many clients that failed
	// together do not come back together.
	wait := rand.N(200 * time.Millisecond << min(try-1, 8))
	var p *Problem
	var l *lost
	switch {
	case errors.As(err, &p):
		switch p.Status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			wait += p.RetryAfter
		case http.StatusBadGateway, http.StatusGatewayTimeout: // of a proxy on the way
		default:
			return false
		}
	case !errors.As(err, &l):
		return false
	}
	if wait > most {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Problem is how the server refuses (RFC 9457). It is an error.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`   // for people; it may change
	Code     string         `json:"code"`     // for programs; it does not
	Field    string         `json:"field"`    // the member it is about
	Errors   []ProblemField `json:"errors"`   // when it is about several
	Incident string         `json:"incident"` // quote it when asking the organisation

	RetryAfter time.Duration `json:"-"` // how long to wait; zero: not said
}

// ProblemField is what is wrong with one member.
type ProblemField struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error implements error. The text holds none of what was sent.
func (p *Problem) Error() string {
	text := "client: " + strconv.Itoa(p.Status) + " " + p.Title
	for _, more := range []string{p.Code, p.Field, p.Detail} {
		if more != "" {
			text += ": " + more
		}
	}
	for _, e := range p.Errors {
		text += "; " + e.Field + ": " + e.Detail
	}
	return text
}

// HasCode reports whether an error is a problem with a code.
func HasCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// refusal reads what the server answers when it does not do what was asked.
func refusal(res *http.Response, body []byte) error {
	p := &Problem{Title: http.StatusText(res.StatusCode)}
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch media {
	case "application/problem+json":
		_ = json.Unmarshal(body, p) // what cannot be read leaves the status, which says the most
	case "application/json": // the token endpoint (RFC 6749, 5.2)
		var o struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(body, &o)
		p.Code, p.Detail = o.Error, o.Description
	}
	p.Status = res.StatusCode
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

package client

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// early is how long before its end a token is renewed: clocks differ and requests take
// their time.
const early = time.Minute

// bearer returns a token that is good, getting one when needed.
func (c *Client) bearer(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" && time.Now().Before(c.expires) {
		return c.token, nil
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(c.Scopes) > 0 {
		form.Set("scope", strings.Join(c.Scopes, " "))
	}
	var granted struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
		Sandbox bool   `json:"sandbox"`
	}
	asked := time.Now()
	for try := 1; ; try++ {
		_, err := c.once(ctx, formCall("/oauth/token", form), c.basic(), &granted)
		if err == nil {
			break
		}
		if !c.again(ctx, err, try) {
			return "", err
		}
	}
	life := time.Duration(granted.Seconds) * time.Second
	c.token, c.expires, c.sandbox = granted.Token, asked.Add(max(life-early, life/2)), granted.Sandbox
	return c.token, nil
}

// forget drops a token that the server does not take any more.
func (c *Client) forget(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token { // else somebody has renewed it already
		c.token = ""
	}
}

// basic is the id and secret as a header (RFC 6749, 2.3.1).
func (c *Client) basic() string {
	pair := url.QueryEscape(c.ID) + ":" + url.QueryEscape(c.Secret)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

func formCall(path string, form url.Values) call {
	return call{
		method: http.MethodPost, path: path, body: []byte(form.Encode()),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
}

// Sandbox reports whether the system is for trying things out: nothing that it says
// is kept. It gets a token when there is none yet.
func (c *Client) Sandbox(ctx context.Context) (bool, error) {
	if _, err := c.bearer(ctx); err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sandbox, nil
}

// Close ends the token that the client holds (RFC 7009). The client can be used again;
// it then gets another.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	token := c.token
	c.token = ""
	c.mu.Unlock()
	if token == "" {
		return nil
	}
	_, err := c.once(ctx, formCall("/oauth/revoke", url.Values{"token": {token}}), c.basic(), nil)
	return err
}

package client

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestAWebhookIsVerified(t *testing.T) {
	// Signed with openssl, see internal/webhook.
	const secret, signature = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	at := time.Unix(1614265330, 0)
	good := map[string]string{"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330", "Webhook-Signature": signature}
	for name, c := range map[string]struct {
		change  map[string]string
		body    string
		secrets []string
		late    time.Duration
		ok      bool
	}{
		"as it was sent":             {ok: true},
		"among others":               {change: map[string]string{"Webhook-Signature": "v1a,AAAA v1,AAAA " + signature}, ok: true},
		"with the secret before":     {secrets: []string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", secret}, ok: true},
		"without its prefix":         {secrets: []string{secret[6:]}, ok: true},
		"a little late":              {late: 4 * time.Minute, ok: true},
		"too late":                   {late: 6 * time.Minute},
		"from the future":            {late: -6 * time.Minute},
		"another body":               {body: `{"test": 2432232315}`},
		"another id":                 {change: map[string]string{"Webhook-Id": "msg_other"}},
		"no id":                      {change: map[string]string{"Webhook-Id": ""}},
		"another moment":             {change: map[string]string{"Webhook-Timestamp": "1614265331"}},
		"no moment":                  {change: map[string]string{"Webhook-Timestamp": "now"}},
		"no signature":               {change: map[string]string{"Webhook-Signature": ""}},
		"a part of it":               {change: map[string]string{"Webhook-Signature": signature[:20]}},
		"of another scheme":          {change: map[string]string{"Webhook-Signature": "v2" + signature[2:]}},
		"another secret":             {secrets: []string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
		"no secret":                  {secrets: []string{}},
		"an id that moves the point": {change: map[string]string{"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range good {
				h.Set(k, v)
			}
			for k, v := range c.change {
				h.Set(k, v)
			}
			body, secrets := `{"test": 2432232314}`, []string{secret}
			if c.body != "" {
				body = c.body
			}
			if c.secrets != nil {
				secrets = c.secrets
			}
			_, err := verifyWebhook(h, []byte(body), secrets, 0, at.Add(c.late))
			if fits := !errors.Is(err, ErrSignature); fits != c.ok {
				t.Errorf("%v, want it to fit: %v", err, c.ok)
			}
		})
	}
}

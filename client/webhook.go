package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrSignature says that a delivery is not from the server, was changed on the way, or is
// too old. Answer it with 400 or 401 and do nothing else.
var ErrSignature = errors.New("client: the webhook's signature does not fit")

// VerifyWebhook checks a delivery after Standard Webhooks 1.0.0 and returns its event.
// body is the body as it arrived, byte for byte. secrets are texts that begin with
// "whsec_": one, or for a day after a change both. A delivery that was signed longer ago
// than tolerance, or as far in the future, is refused; zero means five minutes. What is
// repeated within that time has the same Event.ID: remember those that were dealt with.
//
// The time it takes does not depend on which part of a signature fits.
func VerifyWebhook(header http.Header, body []byte, secrets []string, tolerance time.Duration) (Event, error) {
	return verifyWebhook(header, body, secrets, tolerance, time.Now())
}

func verifyWebhook(header http.Header, body []byte, secrets []string, tolerance time.Duration, now time.Time) (Event, error) {
	if tolerance == 0 {
		tolerance = 5 * time.Minute
	}
	id, stamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || strings.Contains(id, ".") {
		return Event{}, ErrSignature
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return Event{}, ErrSignature
	}
	fits := false
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) < 24 {
			return Event{}, errors.New("client: a webhook secret is not whsec_ and base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for given := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
			text, ok := strings.CutPrefix(given, "v1,") // other schemes may stand beside it
			if !ok {
				continue
			}
			sum, err := base64.StdEncoding.DecodeString(text)
			fits = err == nil && hmac.Equal(sum, want) || fits
		}
	}
	if !fits {
		return Event{}, ErrSignature
	}
	var in struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			ID    string `json:"id"`
			Party string `json:"party"`
			Other string `json:"other"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Type == "" {
		return Event{}, errors.New("client: the webhook's body is not as described")
	}
	return Event{ID: id, Type: in.Type, Party: in.Data.Party, Other: in.Data.Other, Hour: in.Timestamp}, nil
}

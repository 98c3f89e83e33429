package escape

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/habeas-data/habeas/sealed"
)

type person struct{ name, id string }

var kept string

func outer(v sealed.Value, d sealed.Of[sealed.Date], p *person, all []string) (out string, year int) {
	var buf bytes.Buffer
	var sum [32]byte
	raw := make([]byte, 64)
	ch := make(chan string, 1)
	_ = v.Use(func(plain []byte) error {
		out = string(plain)                   // want `escape: a copy of the plaintext is kept in a variable outside; use it inside`
		kept = strings.ToUpper(string(plain)) // want `escape: a copy of the plaintext is kept in kept`
		p.name = "Mr " + string(plain)        // want `escape: .* kept in a variable outside`
		all = append(all, string(plain))      // want `escape`
		ch <- string(plain)                   // want `escape: a copy of the plaintext is sent on a channel`
		buf.Write(plain)                      // want `escape`
		copy(raw, plain)                      // want `escape`
		sum = [32]byte(plain)                 // want `escape`
		return nil
	})
	_ = v.Use(func(plain []byte) error {
		for i, b := range plain {
			raw[i] = b // want `escape`
		}
		return json.Unmarshal(plain, p) // want `escape`
	})
	_ = v.Use(func(plain []byte) error {
		set(p, string(plain)) // want `escape`
		func() {
			out = string(plain) // want `escape`
		}()
		return nil
	})
	_ = d.Use(func(d *sealed.Date) error {
		year = int(d.Year) // want `escape`
		return nil
	})
	_, _ = ch, sum
	return out, year
}

func set(p *person, name string) { p.name = name }

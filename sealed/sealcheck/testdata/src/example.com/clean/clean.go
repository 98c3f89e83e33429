// Package clean uses sealed values as they are meant to be used.
package clean

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/sealed"
)

type user struct {
	id, name string
	Code     sealed.Value
}

func verify(v sealed.Value, mac, typed []byte) (ok bool, err error) {
	err = v.Use(func(plain []byte) error {
		h := hmac.New(sha256.New, plain)
		h.Write(typed)
		ok = hmac.Equal(h.Sum(nil), mac) && bytes.Equal(plain, typed) && len(plain) > 3 && plain[0] == 'x'
		if !ok {
			return errors.New("the code is wrong")
		}
		return nil
	})
	return ok, err
}

func open(v sealed.Value, box []byte) (out []byte, err error) {
	err = v.Use(func(key []byte) error {
		block, err := aes.NewCipher(key)
		if err != nil {
			return err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return err
		}
		out, err = aead.Open(nil, box[:12], box[12:], nil)
		return err
	})
	return out, err
}

func send(w io.Writer, cmd *exec.Cmd, r *http.Request, v sealed.Value) error {
	return v.Use(func(plain []byte) error {
		cmd.Stdin = bytes.NewReader(nil)
		local := map[string]bool{strings.ToLower(string(plain)): true}
		if local["admin"] {
			return sealed.Public(errors.New("this name is taken"))
		}
		words := bytes.Fields(plain)
		mine := slices.Clone(words[0])
		defer clear(mine)
		_, err := w.Write(plain)
		return err
	})
}

func count(v sealed.Value, d sealed.Of[sealed.Date], now int) (age, digits int, sum [32]byte) {
	_ = d.Use(func(d *sealed.Date) error {
		age = now - int(d.Year)
		return nil
	})
	_ = v.Use(func(plain []byte) error {
		for _, b := range plain {
			if b >= '0' && b <= '9' {
				digits++
			}
		}
		if _, err := strconv.Atoi(string(plain)); err != nil {
			return err
		}
		sum = sha256.Sum256(plain)
		return nil
	})
	return age, digits, sum
}

func fields(v sealed.Value, log *slog.Logger) {
	_ = v.Use(func(plain []byte) error {
		u := user{id: "7"}
		u.name = string(plain)
		log.InfoContext(context.Background(), "signed in", "id", u.id, "name", len(u.name))
		return nil
	})
	fmt.Println(v, "and", fmt.Sprint(v))
}

// node is one of a ring, as in an intrusive list.
type node struct {
	next, prev *node
	name       string
}

func ring(v sealed.Value) {
	_ = v.Use(func(plain []byte) error {
		a, b := new(node), new(node)
		a.name = string(plain)
		a.next, a.prev = b, b
		b.next, b.prev = a, a
		again(a, 3)
		return nil
	})
}

func again(n *node, times int) {
	if times > 0 {
		other(n.next, times-1)
	}
}

func other(n *node, times int) { again(n.prev, times) }

// walker walks through text and counts.
type walker struct {
	text []byte
	n    int
	ends [8]int
	seen counts
}

type counts struct {
	letters int
	first   [4]byte
}

func (c *counts) letter() {
	c.first[c.letters] = 'x'
	c.letters++
}

func (w *walker) next() bool {
	w.ends[w.n] = w.n
	w.n++
	w.seen.letter()
	return w.n < len(w.text)
}

func walk(v sealed.Value) {
	_ = v.Use(func(plain []byte) error {
		w := walker{text: plain}
		for w.next() {
		}
		return nil
	})
}

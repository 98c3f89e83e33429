// Package tries holds ways that hide a leak a little.
package tries

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/template"

	"github.com/habeas-data/habeas/sealed"
)

type cache struct {
	mu  sync.Mutex
	all map[string][]byte
	one string
}

func (c *cache) put(k string, v []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[k] = v
}

type sink interface{ take(string) }

func generic[T any](v T, f func(T)) { f(v) }

func identity[T any](v T) T { return v }

var pool = sync.Pool{}

func outer(v sealed.Value, c *cache, s sink, w io.Writer) (result string, err error) {
	err = v.Use(func(plain []byte) error {
		c.put("k", plain) // want `retain`
		return nil
	})
	err = v.Use(func(plain []byte) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v: %s", r, plain) // want `print`
			}
		}()
		return nil
	})
	err = v.Use(func(plain []byte) error {
		var b strings.Builder
		b.WriteString("x=")
		b.Write(plain)
		result = b.String() // want `escape`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		dst := make([]byte, hex.EncodedLen(len(plain)))
		hex.Encode(dst, plain)
		fmt.Fprintln(w, string(dst)) // want `print`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		var m map[string]string
		if err := json.Unmarshal(plain, &m); err != nil {
			return err
		}
		for k, v := range m {
			if k == "name" {
				c.one = v // want `escape`
			}
		}
		return nil
	})
	err = v.Use(func(plain []byte) error {
		before, _, _ := bytes.Cut(plain, []byte("@"))
		result = identity(string(before)) // want `escape`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		f := func(s string) { result = s }
		f(string(plain)) // want `escape`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		generic(string(plain), func(s string) { fmt.Println(s) }) // want `print`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		defer fmt.Println(string(plain))                 // want `print`
		defer func() { os.Setenv("x", string(plain)) }() // want `env`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		t := struct{ A, B string }{string(plain), "b"}
		u := &t
		result = u.B
		fmt.Println(u.A) // want `print`
		fmt.Println(u.B)
		return nil
	})
	check := func(plain []byte) error { panic(string(plain)) } // want `panic`
	err = v.Use(check)
	var late func([]byte) error
	if result == "" {
		late = func(plain []byte) error { fmt.Println(plain); return nil } // want `print`
	} else {
		late = func(plain []byte) error { return nil }
	}
	err = v.Use(late)
	err = v.Use(func(plain []byte) error {
		return template.Must(template.New("").Parse("x")).Execute(w, string(plain))
	})
	err = v.Use(func(plain []byte) error {
		p := (*[16]byte)(plain)
		key := *p
		fmt.Printf("%x", key) // want `print`
		return nil
	})
	err = v.Use(func(plain []byte) error {
		switch x := any(plain).(type) {
		case []byte:
			fmt.Println(x) // want `print`
		}
		ss := []string{"a", string(plain)}
		for _, s := range ss {
			fmt.Println(s) // want `print`
		}
		fmt.Println(strings.Join(ss, ",")) // want `print`
		return nil
	})
	return result, err
}

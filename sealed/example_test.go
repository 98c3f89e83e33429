package sealed_test

import (
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"

	"github.com/habeas-data/habeas/sealed"
)

func Example() {
	s := sealed.Open(context.Background())
	defer s.Close()

	typed := []byte("493817") // what a form has brought
	code, err := s.Seal("sign-in code", typed)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v, %d bytes cleared\n", code, len(typed))

	object, _ := json.Marshal(map[string]any{"code": code})
	fmt.Println(string(object))

	err = code.Use(func(plain []byte) error {
		return fmt.Errorf("no account has the code %s", plain)
	})
	fmt.Println(err)
	// Output:
	// sign-in code, 6 bytes cleared
	// {"code":{"untraceable-object":"sign-in code","cause":"untraceable object type"}}
	// sealed: the function that used the value failed
}

func ExamplePublic() {
	s := sealed.Open(context.Background())
	defer s.Close()
	wrong := errors.New("the code does not match")

	code, _ := s.Seal("sign-in code", []byte("493817"))
	err := code.Use(func([]byte) error { return sealed.Public(wrong) })
	fmt.Println(err, errors.Is(err, wrong))
	// Output: the code does not match true
}

func ExampleSealOf() {
	s := sealed.Open(context.Background())
	defer s.Close()

	date, _ := sealed.ParseDate([]byte("1815-12-10"))
	born, err := sealed.SealOf(s, "date of birth", &date)
	fmt.Println(born, date.Year, err)

	adult := false
	_ = born.Use(func(d *sealed.Date) error {
		adult = d.Year+18 < 2000
		return nil
	})
	fmt.Println(adult)
	// Output:
	// date of birth 0 <nil>
	// true
}

func ExampleSession_Store() {
	s := sealed.Open(context.Background())
	defer s.Close()

	store := s.Store()
	_ = store.Set("UserName", []byte("JudeTheObscure"))
	if name, ok := store.Get("UserName"); ok {
		fmt.Println(name, name.EqualBytes([]byte("JudeTheObscure")))
	}
	object, _ := json.Marshal(store)
	fmt.Println(string(object))
	// Output:
	// UserName true
	// {"untraceable-object":"SecureDataStore","cause":"untraceable object type"}
}

func ExampleTransfer() {
	s := sealed.Open(context.Background())
	defer s.Close()
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))

	name, _ := s.Seal("UserName", []byte("JudeTheObscure"))
	sealed.Transfer(context.Background(), log, name, sealed.Crossing{
		Flow: "Order", FlowID: "17", Vertex: "3", From: "UserName", To: "Customer",
	})
	// Output: level=WARN msg="not cloneable, transferred by reference" flow=Order flow_id=17 vertex=3 mapping="[UserName → Customer]" object=UserName
}

func ExampleSession_OpenHPKE() {
	s := sealed.Open(context.Background())
	defer s.Close()
	key, _ := s.PublicKey()

	// The sender, in a program of its own.
	public, _ := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key)
	enc, sender, _ := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("sign-in"))
	ciphertext, _ := sender.Seal(nil, []byte("JudeTheObscure"))

	name, err := s.OpenHPKE("user name", []byte("sign-in"), nil, enc, ciphertext)
	fmt.Println(name, err, name.EqualBytes([]byte("JudeTheObscure")))
	// Output: user name <nil> true
}

func ExampleValue_SetHeader() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Header.Get("Authorization") == "Bearer 1f0c9a")
	}))
	defer server.Close()
	client := &http.Client{Transport: sealed.Transport(nil)}

	s := sealed.Open(context.Background())
	defer s.Close()
	token, _ := s.Seal("access token", []byte("1f0c9a"))
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL, nil)
	if err := token.SetHeader(r, "Authorization", "Bearer "); err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println("the server got it:", string(body))
	// Output: the server got it: true
}

func ExampleValue_Stdin() {
	s := sealed.Open(context.Background())
	defer s.Close()
	password, _ := s.Seal("password", []byte("correct horse"))

	cmd := exec.Command("wc", "-c")
	if err := password.Stdin(cmd); err != nil {
		fmt.Println(err)
		return
	}
	out, err := cmd.Output()
	fmt.Printf("%s%v\n", out, err)
	// Output:
	// 13
	// <nil>
}

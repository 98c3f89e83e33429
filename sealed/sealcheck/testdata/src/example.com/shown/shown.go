package shown

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strconv"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

func outer(v sealed.Value, w http.ResponseWriter, logger *slog.Logger, t testing.TB) {
	_ = v.Use(func(plain []byte) error {
		fmt.Println(plain)                              // want `print: plaintext reaches fmt.Println; print the Value`
		_ = fmt.Sprintf("%s", string(plain))            // want `print`
		println(string(plain))                          // want `print: plaintext reaches println`
		http.Error(w, string(plain), 400)               // want `print`
		t.Errorf("got %q", plain)                       // want `print`
		log.Printf("%x", plain[:4])                     // want `log: plaintext reaches log.Printf`
		slog.Info("code", "is", string(plain))          // want `log`
		logger.With(slog.String("code", string(plain))) // want `log`
		_ = errors.New("bad: " + string(plain))         // want `error`
		if len(plain) == 0 {
			panic("bad " + string(plain)) // want `panic`
		}
		if _, err := strconv.Atoi(string(plain)); err != nil {
			return sealed.Public(err) // want `public`
		}
		tell("x", plain)                    // want `print: plaintext reaches fmt.Println in the function tell`
		return fmt.Errorf("code %s", plain) // want `print`
	})
	_ = v.Use(named)
	_ = v.Use(logger2{}.show) // want `error: plaintext reaches errors.New in the function show`
}

func tell(what string, b []byte) { fmt.Println(what, string(b)) }

func named(b []byte) error {
	fmt.Println(len(b), b[0]) // want `print`
	return nil
}

type logger2 struct{}

func (logger2) show(b []byte) error {
	return errors.New(string(b))
}

func wrapped(v sealed.Value) {
	_ = v.Use(logger2{}.show) // want `error: plaintext reaches errors.New in the function show`
}

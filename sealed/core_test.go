package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// open is a session of a test.
func open(t testing.TB) *sealed.Session {
	t.Helper()
	s := sealed.Open(t.Context())
	t.Cleanup(s.Close)
	return s
}

// seal seals a string, which only tests may do.
func seal(t testing.TB, s *sealed.Session, label, plain string) sealed.Value {
	t.Helper()
	v, err := s.Seal(label, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func holds(t *testing.T, v sealed.Value, want string) {
	t.Helper()
	err := v.Use(func(plain []byte) error {
		if string(plain) != want {
			t.Errorf("the value holds %q, want %q", plain, want)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Use: %v", err)
	}
}

// Proves SEAL-A2.
func TestSealMovesUsesAndWipes(t *testing.T) {
	s := open(t)
	in := []byte("JudeTheObscure")
	v, err := s.Seal("user name", in)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(in, make([]byte, len(in))) {
		t.Errorf("the input was not cleared: %q", in)
	}
	shared := v
	holds(t, shared, "JudeTheObscure")
	if v.Label() != "user name" || v.IsZero() {
		t.Errorf("label %q, zero %v", v.Label(), v.IsZero())
	}

	var kept []byte
	if err = v.Use(func(plain []byte) error { kept = plain; return nil }); err != nil {
		t.Fatal(err)
	}
	if cap(kept) != len(kept) {
		t.Errorf("append would write behind the value: cap %d, len %d", cap(kept), len(kept))
	}
	s.Close()
	if !bytes.Equal(kept, make([]byte, len(kept))) {
		t.Error("Close has not wiped the slot")
	}
	if err = shared.Use(func([]byte) error { t.Error("called"); return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("Use after Close: %v", err)
	}
	if v.Label() != "sealed value" || v.IsZero() {
		t.Errorf("after Close: label %q, zero %v", v.Label(), v.IsZero())
	}
	again := []byte("later")
	if _, err = s.Seal("user name", again); !errors.Is(err, sealed.ErrClosed) || again[0] != 0 {
		t.Errorf("Seal after Close: %v, input %q", err, again)
	}
	s.Close() // twice is allowed
	<-s.Wiped()
}

func TestTheEndOfAContextClosesTheSession(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := sealed.Open(ctx)
	v := seal(t, s, "code", "123456")
	cancel()
	<-s.Wiped()
	if err := v.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("Use after the end of the context: %v", err)
	}

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s = sealed.Open(gone)
	<-s.Wiped()
	if _, err := s.Seal("code", []byte("x")); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a session opened in an ended context: %v", err)
	}
}

func TestForgetWipesOneValue(t *testing.T) {
	s, other := open(t), open(t)
	a, b := seal(t, s, "code", "first"), seal(t, s, "code", "second")
	var kept []byte
	_ = a.Use(func(plain []byte) error { kept = plain; return nil })
	other.Forget(a)
	holds(t, a, "first")
	s.Forget(a)
	s.Forget(a)
	s.Forget(sealed.Value{})
	if err := a.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) || kept[0] != 0 {
		t.Errorf("after Forget: %v, memory %q", err, kept)
	}
	holds(t, b, "second")
	s.Close()
	<-s.Wiped()
}

func TestLengths(t *testing.T) {
	s := open(t)
	for _, n := range []int{0, 1, 23, 24, 25, 56, 57, 120, 2040, 2041, 4088, 4089, 8184, 8185, 32760, 32761, sealed.MaxLen - 1, sealed.MaxLen} {
		plain := strings.Repeat("x", n)
		v := seal(t, s, "text", plain)
		holds(t, v, plain)
		if !v.EqualBytes([]byte(plain)) || v.EqualBytes([]byte(plain+"x")) || v.EqualBytes([]byte(plain+"\x00")) {
			t.Errorf("EqualBytes is wrong for %d bytes", n)
		}
		if n > 0 && v.EqualBytes([]byte(plain[1:])) {
			t.Errorf("EqualBytes is wrong for less than %d bytes", n)
		}
	}
	long := bytes.Repeat([]byte("x"), sealed.MaxLen+1)
	if _, err := s.Seal("text", long); !errors.Is(err, sealed.ErrTooLong) || long[0] != 0 {
		t.Errorf("one byte too many: %v, cleared %v", err, long[0] == 0)
	}
}

func TestEqual(t *testing.T) {
	s := open(t)
	a, b := seal(t, s, "code", "same"), seal(t, open(t), "another", "same")
	for name, c := range map[string]struct {
		v, w sealed.Value
		want bool
	}{
		"itself":               {a, a, true},
		"same bytes elsewhere": {a, b, true},
		"other bytes":          {a, seal(t, s, "code", "samE"), false},
		"longer":               {a, seal(t, s, "code", "same\x00"), false},
		"another size class":   {a, seal(t, s, "code", "same"+strings.Repeat("\x00", 100)), false},
		"zero values":          {sealed.Value{}, sealed.Value{}, false},
		"with a zero value":    {a, sealed.Value{}, false},
	} {
		if got := c.v.Equal(c.w); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	s.Close()
	if a.Equal(a) || a.Equal(b) || a.EqualBytes([]byte("same")) {
		t.Error("a closed value equals something")
	}
	if (sealed.Value{}).EqualBytes(nil) {
		t.Error("a zero value equals nothing at all")
	}
}

// Proves SEAL-A2.
func TestErrorsOfTheFunctionComeOutOpaque(t *testing.T) {
	v := seal(t, open(t), "code", "123456")
	safe := errors.New("the code does not match")
	for name, c := range map[string]struct {
		err  error
		want error
		text string
	}{
		"none":             {nil, nil, ""},
		"plain":            {errors.New("bad 123456"), sealed.ErrOpaque, sealed.ErrOpaque.Error()},
		"public":           {sealed.Public(safe), safe, safe.Error()},
		"wrapped public":   {fmt.Errorf("bad 123456: %w", sealed.Public(safe)), safe, safe.Error()},
		"joined public":    {errors.Join(errors.New("bad 123456"), sealed.Public(safe)), safe, safe.Error()},
		"public of nil":    {sealed.Public(nil), nil, ""},
		"our own":          {sealed.ErrTooLong, sealed.ErrTooLong, sealed.ErrTooLong.Error()},
		"our own, wrapped": {fmt.Errorf("123456: %w", sealed.ErrClosed), sealed.ErrClosed, sealed.ErrClosed.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			for depth, use := range map[string]func(func([]byte) error) error{
				"direct": v.Use,
				"nested": func(f func([]byte) error) error {
					return v.Use(func([]byte) error { return v.Use(f) })
				},
			} {
				err := use(func([]byte) error { return c.err })
				if !errors.Is(err, c.want) || err != nil && err.Error() != c.text {
					t.Errorf("%s: %v", depth, err)
				}
				if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "123456") {
					t.Errorf("%s: the error quotes the value", depth)
				}
			}
		})
	}
}

// Proves SEAL-A2.
func TestPanicsTellWhereAndNotWhat(t *testing.T) {
	v := seal(t, open(t), "code", "\x07123456")
	for name, f := range map[string]func([]byte) error{
		"string": func(plain []byte) error { panic("bad " + string(plain)) },
		"error":  func(plain []byte) error { panic(fmt.Errorf("bad %s", plain)) },
		"index":  func(plain []byte) error { return errors.New(string(plain[int(plain[0])*7_001_001])) },
		"nested": func(plain []byte) error {
			return v.Use(func([]byte) error { panic("bad " + string(plain)) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				p, ok := recover().(*sealed.PanicError)
				if !ok {
					t.Fatal("no PanicError")
				}
				text := fmt.Sprintf("%v %+v %#v", p, p, *p)
				if strings.Contains(text, "123456") || strings.Contains(text, "49007007") {
					t.Errorf("the panic quotes the value: %s", text)
				}
				if !strings.Contains(p.Error(), "TestPanicsTellWhereAndNotWhat") || !strings.Contains(p.Error(), "core_test.go:") {
					t.Errorf("the panic does not tell where: %v", p)
				}
				holds(t, v, "\x07123456")
			}()
			_ = v.Use(f)
		})
	}
}

func TestGoexitInsideUseEndsThePin(t *testing.T) {
	s := sealed.Open(t.Context())
	v := seal(t, s, "code", "123456")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = v.Use(func([]byte) error { runtime.Goexit(); return nil })
	}()
	<-done
	s.Close()
	<-s.Wiped() // hangs when the pin is still there
}

func TestCloseInsideUse(t *testing.T) {
	s := sealed.Open(t.Context())
	v, w := seal(t, s, "code", "123456"), seal(t, s, "code", "654321")
	var kept []byte
	err := v.Use(func(plain []byte) error {
		kept = plain
		s.Close()
		if string(plain) != "123456" {
			t.Errorf("wiped under a running function: %q", plain)
		}
		select {
		case <-s.Wiped():
			t.Error("Wiped while a function still uses a value")
		default:
		}
		if err := w.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
			t.Errorf("a new use during Close: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	<-s.Wiped()
	if !bytes.Equal(kept, make([]byte, 6)) {
		t.Error("the last use has not wiped")
	}
}

// Many goroutines use, compare, seal and forget while sessions close under them. What a
// function sees is always whole.
func TestUseAndCloseRace(t *testing.T) {
	const rounds = 40
	for range rounds {
		s := sealed.Open(t.Context())
		v := seal(t, s, "code", "abcdefgh")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for {
					err := v.Use(func(plain []byte) error {
						if string(plain) != "abcdefgh" {
							t.Errorf("torn value %q", plain)
						}
						return nil
					})
					if err != nil {
						return
					}
					if w, err := s.Seal("code", []byte("abcdefgh")); err == nil {
						v.Equal(w)
						if i%2 == 0 {
							s.Forget(w)
						}
					}
					_ = v.Label()
				}
			})
		}
		for range 3 {
			runtime.Gosched()
		}
		s.Close()
		wg.Wait()
		<-s.Wiped()
	}
}

func TestReport(t *testing.T) {
	before := sealed.Report()
	s := sealed.Open(t.Context())
	seal(t, s, "code", "123456")
	seal(t, s, "text", strings.Repeat("x", 5000))
	now := sealed.Report()
	if now.Sessions != before.Sessions+1 || now.Values != before.Values+2 || now.Used != before.Used+32+8192 {
		t.Errorf("before %+v\nnow    %+v", before, now)
	}
	if now.Secret+now.Locked+now.Mapped+now.Heap < now.Used {
		t.Errorf("more used than reserved: %+v", now)
	}
	s.Close()
	after := sealed.Report()
	if after.Sessions != before.Sessions || after.Values != before.Values || after.Used != before.Used {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

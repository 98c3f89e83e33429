package sealed_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/habeas-data/habeas/sealed"
)

type person struct {
	Old   bool // seven bytes of padding follow
	Score float64
	Born  sealed.Date
	Code  [3]struct {
		A uint8
		B uint16
	}
}

func TestOf(t *testing.T) {
	s := open(t)
	make2 := func(fill byte) (a sealed.Of[person]) {
		t.Helper()
		var p person
		for i := range unsafe.Sizeof(p) { // garbage between the fields
			*(*byte)(unsafe.Add(unsafe.Pointer(&p), i)) = fill
		}
		p.Old, p.Score, p.Born = true, 1.5, sealed.Date{Year: 1815, Month: 12, Day: 10}
		for i := range p.Code {
			p.Code[i].A, p.Code[i].B = 1, 515
		}
		a, err := sealed.SealOf(s, "person", &p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range unsafe.Sizeof(p) {
			if *(*byte)(unsafe.Add(unsafe.Pointer(&p), i)) != 0 {
				t.Fatalf("byte %d of the input was not cleared", i)
			}
		}
		return a
	}
	a, b := make2(0xaa), make2(0x55)
	err := a.Use(func(p *person) error {
		if !p.Old || p.Score != 1.5 || p.Born != (sealed.Date{Year: 1815, Month: 12, Day: 10}) || p.Code[2].B != 515 {
			t.Errorf("it came out as %+v", *p)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if !a.Equal(b) || !a.Value().Equal(b.Value()) {
		t.Error("the bytes between the fields make a difference")
	}
	if err = b.Use(func(p *person) error { p.Code[1].A = 2; return nil }); err != nil || a.Equal(b) {
		t.Errorf("a changed field makes no difference, %v", err)
	}
	s.Close()
	if err = a.Use(func(*person) error { return nil }); !errors.Is(err, sealed.ErrClosed) || a.Equal(a) {
		t.Errorf("after Close: %v", err)
	}
	if err = (sealed.Of[int]{}).Use(func(*int) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("the zero value: %v", err)
	}
}

func refused[T any](t *testing.T, s *sealed.Session, p T) {
	t.Helper()
	if _, err := sealed.SealOf(s, "x", &p); !errors.Is(err, sealed.ErrPointers) {
		t.Errorf("%T: %v", p, err)
	}
	if fmt.Sprint(p) != fmt.Sprint(*new(T)) {
		t.Errorf("%T was not cleared", p)
	}
}

func TestOfRefusesPointers(t *testing.T) {
	s := open(t)
	refused(t, s, "text")
	refused(t, s, []byte("text"))
	refused(t, s, new(int))
	refused(t, s, map[int]int{1: 1})
	refused(t, s, any(1))
	refused(t, s, [2]string{"a", "b"})
	refused(t, s, struct {
		A int
		B struct{ C *int }
	}{A: 1})
	refused(t, s, time.Now())
	refused(t, s, [sealed.MaxLen + 1]byte{1})
	if _, err := sealed.SealOf(s, "x", &struct{}{}); err != nil {
		t.Errorf("an empty struct: %v", err)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"1815-12-10", "2024-02-29", "1900-02-29", "2000-02-29", "2023-04-31", "0000-01-01", "1815-1-01", "1815-12-1x", "-815-12-10", "", "1815-00-10", "1815-12-00", "١٨١٥-12"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := sealed.ParseDate(b)
		want, wantErr := time.Parse(time.DateOnly, string(b))
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, the standard library says %v", b, err, wantErr)
		}
		if err != nil {
			checkError(t, err, b)
		} else if int(d.Year) != want.Year() || int(d.Month) != int(want.Month()) || int(d.Day) != want.Day() {
			t.Fatalf("%q: %+v", b, d)
		}
	})
}

func FuzzParseInt(f *testing.F) {
	for _, n := range []string{"0", "-0", "+7", "007", "-", "", "12x", "1_000", strconv.Itoa(math.MaxInt64), strconv.Itoa(math.MinInt64), "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "99999999999999999999", "--1"} {
		f.Add([]byte(n))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := sealed.ParseInt(b)
		want, wantErr := strconv.ParseInt(string(b), 10, 64)
		if (err == nil) != (wantErr == nil) || err == nil && n != want {
			t.Fatalf("%q: %d, %v, the standard library says %d, %v", b, n, err, want, wantErr)
		}
		if err != nil {
			checkError(t, err, b)
		}
		u, err := sealed.ParseUint(b)
		wantU, wantErr := strconv.ParseUint(string(b), 10, 64)
		if (err == nil) != (wantErr == nil) || err == nil && u != wantU {
			t.Fatalf("%q: %d, %v, the standard library says %d, %v", b, u, err, wantU, wantErr)
		}
	})
}

// checkError wants an error that passes Use as it is and quotes nothing.
func checkError(t *testing.T, err error, b []byte) {
	t.Helper()
	if !errors.Is(err, sealed.ErrSyntax) {
		t.Fatalf("%q: %v", b, err)
	}
	if len(b) > 4 && strings.Contains(strings.ReplaceAll(err.Error(), "2006-01-02", ""), string(b)) && !strings.Contains(sealed.ErrSyntax.Error(), string(b)) {
		t.Fatalf("%q is in the error %v", b, err)
	}
	s := sealed.Open(context.Background())
	defer s.Close()
	v, sealErr := s.Seal("x", []byte("x"))
	if sealErr != nil {
		t.Fatal(sealErr)
	}
	if out := v.Use(func([]byte) error { return err }); out.Error() != err.Error() {
		t.Fatalf("out of Use comes %v", out)
	}
}

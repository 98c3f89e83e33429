package canary

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Shape is a kind of value that can be invented.
type Shape int

// The shapes. What is invented is random and unmistakable, except that a code and a date
// have only the few bits that codes and dates have: in gigabytes of numbers they could
// stand by chance.
const (
	Name     Shape = iota + 1 // two words with letters beyond ASCII
	Email                     // an address at example.org
	Phone                     // international, with spaces
	Code                      // eight digits, as mailed
	Token                     // 32 bytes in base64url
	Date                      // a day before 1900, 2006-01-02
	Password                  // words and signs
	Address                   // street, number, postcode and town
)

// Invent adds a canary of a shape under a name and returns its value.
func (s *Set) Invent(name string, shape Shape) string {
	switch shape {
	case Name:
		return s.text(name, word()+" "+word())
	case Email:
		return s.text(name, ascii()+"."+ascii()+"@"+ascii()+".example.org")
	case Phone:
		return s.text(name, "+49 "+digits(3)+" 555 "+digits(4)+" "+digits(3))
	case Code:
		return s.text(name, digits(8))
	case Token:
		return s.token(name)
	case Date:
		return s.date(name)
	case Password:
		return s.text(name, word()+"-"+digits(3)+"#"+ascii())
	case Address:
		return s.text(name, word()+"gåssan "+digits(3)+", QZ-"+digits(5)+" "+word()+"býr")
	}
	return s.text(name, word()+word())
}

func (s *Set) text(name, value string) string {
	s.Text(name, value)
	return value
}

func (s *Set) token(name string) string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	s.Binary(name, raw)
	value := fmt.Sprintf("%x", raw[:4]) + "_" + rand.Text()
	s.Text(name, value)
	return value
}

// date adds a day also as other programs and people write it.
func (s *Set) date(name string) string {
	day := time.Date(1810+below(80), time.Month(1+below(12)), 1+below(28), 0, 0, 0, 0, time.UTC)
	for _, layout := range []string{"20060102", "02.01.2006", "2.1.2006", "01/02/2006", "1/2/2006", "2 January 2006", "January 2, 2006", "2 Jan 2006"} {
		s.Text(name, day.Format(layout))
	}
	return s.text(name, day.Format(time.DateOnly))
}

var (
	onsets = strings.Fields("zw qu kn gr pf tsch vl br dr fj ghw zr skv")
	vowels = strings.Fields("a e i o u ö ü æ ø ą ę ý å")
	plain  = strings.Fields("a e i o u y")
	codas  = strings.Fields("rx lk mp zt ng nk ft rg lv xt")
)

// word is a capitalised word of four syllables that no language has, about 43 bits.
func word() string { return syllables(vowels) }

// ascii is one for places that take only ASCII.
func ascii() string { return strings.ToLower(syllables(plain)) }

func syllables(middle []string) string {
	var b strings.Builder
	for range 4 {
		b.WriteString(onsets[below(len(onsets))] + middle[below(len(middle))] + codas[below(len(codas))])
	}
	return strings.ToUpper(b.String()[:1]) + b.String()[1:]
}

func digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte('0' + byte(below(10)))
	}
	return b.String()
}

func below(n int) int {
	v, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // never fails
	return int(v.Int64())
}

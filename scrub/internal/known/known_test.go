package known

import (
	"context"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/sealed"
)

func whole(text string) span.Window {
	return span.Window{Text: []byte(text), To: len(text), Begins: true, Ends: true}
}

func TestSpellingsOfAValue(t *testing.T) {
	session := sealed.Open(context.Background())
	defer session.Close()
	for _, c := range []struct{ value, text, found string }{
		{"Jude", "hello JUDE!", "JUDE"},
		{"JudeTheObscure", "x judetheobscure y", "judetheobscure"},
		{"JudeTheObscure", "hi jude,", "jude"},
		{"Jude Obscure", "jude.obscure@x", "jude.obscure"},
		{"Jude Obscure", "judeobscure1", "judeobscure"},
		{"Jude", "j-u-d-e", "j-u-d-e"},
		{"Jude", "J u d e", "J u d e"},
		{"Jude", "J\u200bu\u00adde", "J\u200bu\u00adde"},
		{"José", "JOSE\u0301 x", "JOSE\u0301"},
		{"Jose", "(josé)", "josé"},
		{"Straße 12b", "STRASSE 12B", "STRASSE 12B"},
		{"山田太郎", "私は山田太郎です", "山田太郎"},
		{"山田 太郎", "私は山田です", "山田"},
		{"Al Wu", "by alwu and", "alwu"},
		{"Al Wu", "by Al  Wu and", "Al  Wu"},
		{"김민수", "제 이름은 김민수입니다", "김민수"},
		{"p@ss!word$$", "pw p@ss!word$$ ok", "p@ss!word$$"},
		{"Jude", "prejudeice", ""},
		{"Jude", "userJude42", "Jude"},
		{"Alexander", "xxALEXANDERxx", "ALEXANDER"},
		{"482913", "code 482913.", "482913"},
		{"482913", "9482913", ""},
		{"4829137", "94829137", ""},
		{"1990-02-01", "in 1990", ""},
		{"Ian", "I an", ""},
		{"Jude", "Jud\xe9", "Jud\xe9"},
	} {
		m := New()
		add(t, m, session, c.value)
		got := m.Find(nil, whole(c.text))
		switch {
		case c.found == "" && len(got) > 0:
			t.Errorf("%q in %q: found %q", c.value, c.text, c.text[got[0].Start:got[0].End])
		case c.found == "":
		case len(got) == 0:
			t.Errorf("%q in %q: not found", c.value, c.text)
		default:
			if f := c.text[got[0].Start:got[0].End]; f != c.found {
				t.Errorf("%q in %q: found %q, want %q", c.value, c.text, f, c.found)
			}
		}
		m.Close()
	}
}

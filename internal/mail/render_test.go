package mail

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func sample() Data {
	return Data{
		Organisation: "Riverside Trust", PublicURL: "https://records.example.org",
		Contact: "help@example.org", Link: "https://records.example.org/i/abc",
		StopLink: "https://records.example.org/stop/abc", Code: "48291365", Minutes: 10,
		DisputeLink: "https://records.example.org/dispute?t=abc",
		Reason:      "City Bookings entered it with a ticket.",
	}
}

func each(t *testing.T, f func(t *testing.T, kind Kind, language string)) {
	for _, language := range Languages() {
		for _, kind := range Kinds() {
			t.Run(language+"/"+string(kind), func(t *testing.T) { f(t, kind, language) })
		}
	}
}

func TestEveryMailSaysWhoWritesAndHowToStop(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, language string) {
		d := sample()
		m, err := Render(kind, language, d)
		if err != nil {
			t.Fatal(err)
		}
		for part, s := range map[string]string{"text": m.Text, "html": m.HTML} {
			for _, want := range []string{d.Organisation, d.PublicURL, d.Contact, d.StopLink} {
				if !strings.Contains(s, want) {
					t.Errorf("%s lacks %q", part, want)
				}
			}
			if strings.Contains(s, "<no value>") || strings.Contains(s, "{{") {
				t.Errorf("%s has an unfilled place:\n%s", part, s)
			}
		}
		if m.ListUnsubscribe != d.StopLink || m.Kind != kind || m.Language != language || m.Subject == "" {
			t.Errorf("message is incomplete: %+v", m)
		}
		if !strings.Contains(m.HTML, `lang="`+language+`"`) {
			t.Error("the page does not state its language")
		}
		d.StopLink = ""
		m, err = Render(kind, language, d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(m.Text, d.Contact) < 2 || m.ListUnsubscribe != "" {
			t.Error("without a link, the mail must say whom to tell")
		}
	})
}

// A subject is seen on lock screens and by every mail server on the way.
func TestSubjectCarriesNothingButTheOrganisation(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, language string) {
		d := Data{
			Organisation: "Riverside Trust", PublicURL: "https://canary-url.example",
			Contact: "canary-contact", Link: "https://canary-url.example/canary-link",
			StopLink: "https://canary-url.example/canary-stop", Code: "canarycode",
			DisputeLink: "https://canary-url.example/canary-dispute",
			Hours:       77, Minutes: 88, Reason: "canary-reason Tim Canary 1984-05-03",
		}
		m, err := Render(kind, language, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{"canary", "Canary", "77", "88", "1984"} {
			if strings.Contains(m.Subject, canary) {
				t.Errorf("subject %q carries %q", m.Subject, canary)
			}
		}
		if !strings.Contains(m.Subject, "Riverside Trust") {
			t.Errorf("subject %q does not say who writes", m.Subject)
		}
	})
}

func TestBothPartsOfAMailSayTheSame(t *testing.T) {
	tags := regexp.MustCompile(`(?s)<style>.*?</style>|<title>.*?</title>|<[^>]*>`)
	words := func(s string) map[string]bool {
		out := make(map[string]bool)
		for _, w := range strings.FieldsFunc(s, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
			out[w] = true
		}
		return out
	}
	each(t, func(t *testing.T, kind Kind, language string) {
		m, err := Render(kind, language, sample())
		if err != nil {
			t.Fatal(err)
		}
		page := words(tags.ReplaceAllString(m.HTML, " "))
		for w := range words(m.Text) {
			if !page[w] {
				t.Errorf("the page lacks %q", w)
			}
		}
	})
}

func TestLanguagesHaveTheSameMails(t *testing.T) {
	for _, language := range Languages() {
		entries, err := fs.ReadDir(files, "templates/"+language)
		if err != nil {
			t.Fatal(err)
		}
		if want := 2*len(Kinds()) + 1; len(entries) != want {
			t.Errorf("%s has %d files, want %d: one txt and html per kind, and phrases", language, len(entries), want)
		}
	}
	for language, want := range map[string]string{"es-MX": "es", "ES": "es", "en-GB": "en", "fr": "en", "": "en"} {
		m, err := Render(KindErased, language, sample())
		if err != nil || m.Language != want {
			t.Errorf("language %q: got %q, %v, want %q", language, m.Language, err, want)
		}
	}
}

func TestMailLoadsNothingFromElsewhere(t *testing.T) {
	remote := regexp.MustCompile(`(?i)<img|<link|<script|<iframe|url\(|@import|@font-face|src=|<table`)
	each(t, func(t *testing.T, kind Kind, language string) {
		m, err := Render(kind, language, sample())
		if err != nil {
			t.Fatal(err)
		}
		if found := remote.FindString(m.HTML); found != "" {
			t.Errorf("the page holds %q", found)
		}
		for _, want := range []string{"prefers-color-scheme: dark", `name="color-scheme"`} {
			if !strings.Contains(m.HTML, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	})
}

// The part of PTY-A40 that is about mail.
func TestHostileTextIsEscapedOrStripped(t *testing.T) {
	each(t, func(t *testing.T, kind Kind, language string) {
		d := sample()
		d.Organisation = "<script>alert(1)</script>\r\nBcc: eve@example.org\x00"
		d.Reason = "<img src=x onerror=alert(1)>\u202egnp\u2028line"
		m, err := Render(kind, language, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>alert", "<img", "\u202e", "\x00", "\u2028"} {
			if strings.Contains(m.HTML, bad) {
				t.Errorf("page holds %q", bad)
			}
		}
		if !isLine(m.Subject) {
			t.Errorf("subject %q is more than a line", m.Subject)
		}
		if strings.Contains(m.Text, "\nBcc:") || strings.ContainsAny(m.Text, "\r\x00\u202e") {
			t.Error("text holds a forged line")
		}
	})
}

func TestRenderRefusesWhatWouldMislead(t *testing.T) {
	tests := map[string]func(*Data){
		"link elsewhere":          func(d *Data) { d.Link = "https://evil.example/i/abc" },
		"link to a longer host":   func(d *Data) { d.Link = "https://records.example.org.evil.example/" },
		"link with a user":        func(d *Data) { d.Link = "https://records.example.org@evil.example/" },
		"script link":             func(d *Data) { d.Link = "javascript:alert(1)" },
		"link with a line break":  func(d *Data) { d.Link = "https://records.example.org/a\r\nX: y" },
		"stop link elsewhere":     func(d *Data) { d.StopLink = "https://evil.example/stop" },
		"stop link with brackets": func(d *Data) { d.StopLink = "https://records.example.org/a>,<b" },
		"code with markup":        func(d *Data) { d.Code = "<b>1</b>" },
		"code with ~ within":      func(d *Data) { d.Code = "123~456" },
		"code with a line break":  func(d *Data) { d.Code = "123\n456" },
		"no code":                 func(d *Data) { d.Code = "" },
		"no link":                 func(d *Data) { d.Link = "" },
		"no time":                 func(d *Data) { d.Minutes, d.Hours = 0, 0 },
		"no organisation":         func(d *Data) { d.Organisation = " \r\n " },
		"no contact":              func(d *Data) { d.Contact = "" },
		"no public URL":           func(d *Data) { d.PublicURL = "" },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			d := sample()
			spoil(&d)
			_, err := Render(KindInvitation, "en", d)
			if err == nil {
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "123") {
				t.Errorf("error repeats the value: %v", err)
			}
		})
	}
	if _, err := Render("no-such", "en", sample()); err == nil {
		t.Error("unknown kind accepted")
	}
}

func TestCodesAreShownInGroups(t *testing.T) {
	for code, want := range map[string]string{
		"482913": "482 913", "48291365": "4829 1365", "ABCDEFGHIJKL": "ABCD EFGH IJKL",
		"~abcdefgh": "~abcdefgh", "123456789": "123 456 789", "4821": "4821", "AB-CD-EF": "AB-CD-EF", "1234567890": "1234 5678 90",
	} {
		if got := grouped(code); got != want {
			t.Errorf("grouped(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestProseIsAlwaysOneBoundedLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := oneLine(rapid.String().Draw(t, "prose"), 20)
		if !isLine(s) || len([]rune(s)) > 20 || strings.TrimSpace(s) != s {
			t.Fatalf("%q", s)
		}
	})
}

func FuzzRender(f *testing.F) {
	f.Add("Riverside", "because", "123456", "https://records.example.org/x")
	f.Add("<b>\r\n", "\u202e", "1 2", "https://records.example.org/\"><script>")
	f.Fuzz(func(t *testing.T, organisation, reason, code, link string) {
		d := sample()
		d.Organisation, d.Reason, d.Code, d.Link = organisation, reason, code, link
		m, err := Render(KindInvitation, "es", d)
		if err != nil {
			return
		}
		m.To, m.MessageID = "tim@example.org", "a@example.org"
		if err := m.check(); err != nil {
			t.Fatalf("rendered a message that is unfit: %v", err)
		}
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<b>") {
			t.Fatal("markup came through")
		}
	})
}

func BenchmarkRender(b *testing.B) {
	d := sample()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(KindInvitation, "es", d); err != nil {
			b.Fatal(err)
		}
	}
}

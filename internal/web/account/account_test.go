package account

import (
	"testing"

	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

func TestADeviceIsNamedRoughly(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox · Linux",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Mobile Safari/537.36":                       "Chrome · Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari · iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36 Edg/139.0":                   "Edge · Windows",
		"curl/8.0": "",
		"":         "",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func TestOnlyPathsOfThisSiteAreComeBackTo(t *testing.T) {
	for to, want := range map[string]string{
		"/me": "/me", "": "", "me": "", "//evil.example": "", "https://evil.example": "", "/\\evil.example": "", "/me\r\nX: y": "",
	} {
		if got := wanted(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestASlipIsSuggestedOnlyWhereOneIsLikely(t *testing.T) {
	var p lang.Printer
	for typed, want := range map[string]string{
		"tim@gmial.com": "Did you mean tim@gmail.com?", "tim@gmail.com": "", "tim@city.example": "", "nonsense": "", "": "",
	} {
		if got := suggestion(p, typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("00112233445566778899aabbccddeeff")
	f.Add("no hash")
	f.Fuzz(func(t *testing.T, s string) {
		h := ui.ParseHash(s)
		if h != (keyring.LookupHash{}) && ui.ParseHash(ui.HashText(h)) != h {
			t.Fatalf("%x does not read back", h)
		}
	})
}

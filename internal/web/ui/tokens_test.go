package ui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var tokenLine = regexp.MustCompile(`(--[a-z-]+):\s*([^;]+);`)

// tokenBlock returns the custom properties set in the block that begins with selector.
func tokenBlock(t *testing.T, css, selector string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(css, selector+" {")
	block, _, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		t.Fatalf("tokens.css has no block %s", selector)
	}
	tokens := map[string]string{}
	for _, m := range tokenLine.FindAllStringSubmatch(block, -1) {
		tokens[m[1]] = strings.TrimSpace(m[2])
	}
	return tokens
}

// luminance is the relative luminance of "#rrggbb" (WCAG 2.2).
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	linear := func(c uint64) float64 {
		s := float64(c&0xff) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(v>>16) + 0.7152*linear(v>>8) + 0.0722*linear(v)
}

func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestColoursHaveContrastInBothThemes(t *testing.T) {
	data, err := embedded.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(data)
	light := tokenBlock(t, css, ":root")
	dark := tokenBlock(t, css, `:root[data-theme="dark"]`)
	device := tokenBlock(t, css, `:root:not([data-theme="light"])`)
	for name, value := range dark {
		if device[name] != value {
			t.Errorf("%s is %s by the switch and %s by the device", name, value, device[name])
		}
	}
	if len(device) != len(dark) {
		t.Errorf("%d dark tokens by the switch, %d by the device", len(dark), len(device))
	}
	surfaces := []string{"--surface", "--surface-raised", "--surface-sunken"}
	for theme, tokens := range map[string]map[string]string{"light": light, "dark": dark} {
		atLeast := func(least float64, on string, inks ...string) {
			for _, ink := range inks {
				if c := contrast(t, tokens[ink], tokens[on]); c < least {
					t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", theme, ink, on, c, least)
				}
			}
		}
		for _, s := range surfaces {
			atLeast(4.5, s, "--ink", "--ink-soft", "--yours", "--proposal", "--danger", "--info")
			atLeast(3, s, "--line-strong", "--yours-fill", "--danger-fill")
		}
		for _, role := range []string{"--yours", "--proposal", "--danger", "--info"} {
			atLeast(4.5, role+"-tint", role, "--ink", "--ink-soft")
		}
		atLeast(4.5, "--yours-fill", "--on-fill")
		atLeast(4.5, "--yours-deep", "--on-fill")
		atLeast(4.5, "--danger-fill", "--on-fill")
		atLeast(4.5, "--ink", "--surface") // undo and tour bars are inverted
	}
}

package ui

import (
	"net/http"
	"strings"
)

// The cookies of the two switches in the footer. They exist only once somebody
// chooses, and end with the browser session (PRX-04).
const (
	langCookie  = "habeas_lang"
	themeCookie = "habeas_theme"
)

// PreferencesPath is where the switches in the footer post to.
const PreferencesPath = "/preferences"

// LanguageChoice is a language of the footer's switch, named in itself.
type LanguageChoice struct {
	Tag     string
	Name    string
	Current bool
}

// Languages are the choices of the footer's switch; current is marked.
func (rd *Renderer) Languages(current string) []LanguageChoice {
	names := map[string]string{"en": "English", "es": "Español"}
	var choices []LanguageChoice
	for _, tag := range rd.catalogue.Languages() {
		choices = append(choices, LanguageChoice{Tag: tag, Name: names[tag], Current: tag == current})
	}
	return choices
}

// themeOf returns the theme chosen, or empty to follow the device.
func themeOf(r *http.Request) string {
	c, err := r.Cookie(themeCookie)
	if err != nil || c.Value != "light" && c.Value != "dark" {
		return ""
	}
	return c.Value
}

// Preferences answers POST [PreferencesPath] with the form fields lang, theme
// ("light", "dark", "auto") and back, the page to return to. Unknown values change
// nothing; back is followed only within this server.
func (rd *Renderer) Preferences(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if tag := r.PostFormValue("lang"); rd.catalogue.Has(tag) {
		rd.setCookie(w, langCookie, tag)
	}
	switch theme := r.PostFormValue("theme"); theme {
	case "light", "dark":
		rd.setCookie(w, themeCookie, theme)
	case "auto":
		http.SetCookie(w, &http.Cookie{Name: themeCookie, Path: "/", MaxAge: -1})
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, LocalPath(r.PostFormValue("back"), "/"), http.StatusSeeOther)
}

// EndPreferences makes the browser forget language and theme.
func (rd *Renderer) EndPreferences(w http.ResponseWriter) {
	for _, name := range []string{langCookie, themeCookie} {
		http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1})
	}
}

func (rd *Renderer) setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: rd.cfg.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// LocalPath returns the path when it leads to this server, else the fallback. Browsers
// read "//host" and "/\host" as another server, and drop control characters first.
func LocalPath(path, fallback string) string {
	local := strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") &&
		!strings.ContainsFunc(path, func(c rune) bool { return c == '\\' || c < ' ' || c == 0x7f })
	if !local {
		return fallback
	}
	return path
}

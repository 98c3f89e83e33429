package account

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const badgeAt = creatorsAt + "/badge/"

// badge draws what a site of a creator shows (TP-06). It says what is so at this moment, so a
// site that has ended carries its own warning. It is fetched by other sites' pages, and tells
// nothing about who looks: no cookie is read, and nothing is counted.
func (s *Pages) badge(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, ok := strings.CutSuffix(r.PathValue("name"), ".svg")
	id, err := habeas.ParseID[habeas.SiteKind](text)
	if !ok || err != nil {
		return habeas.NotFound("There is no such site.").WithCode("site.none")
	}
	organisation, counts, err := s.Creators.Badge(r.Context(), id)
	if err != nil {
		return err
	}
	colour, line, below := "#1f6f4a", v.P.T("Trusted entity creator"), organisation
	if !counts {
		colour, line, below = "#a3261b", v.P.T("Not a trusted entity creator"), v.P.T("Do not type anything there")
	}
	if rs := []rune(below); len(rs) > 34 {
		below = string(rs[:33]) + "…"
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "no-store") // what is true now may not be in a minute
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="220" height="40" role="img"><title>%s</title>`+
		`<rect width="220" height="40" rx="6" fill="%s"/><g fill="#fff" font-family="system-ui,sans-serif"><text x="12" y="17" font-size="12" font-weight="600">%s</text><text x="12" y="32" font-size="10">%s</text></g></svg>`,
		escaped(line), colour, escaped(line), escaped(below))
	return err
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

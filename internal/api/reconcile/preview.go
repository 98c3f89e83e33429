package reconcile

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
)

var (
	//go:embed preview.html
	previewHTML string
	//go:embed preview.css
	previewCSS []byte
	//go:embed logo.svg
	logoSVG []byte

	previewPage = template.Must(template.New("preview").Parse(previewHTML))
)

// framedPolicy lets every website show a preview in a frame. It can do nothing there: no script,
// no form, nothing from elsewhere.
const framedPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"

// shown is what a preview shows.
type shown struct {
	Lang, Style, Title, Link, Kind, About string
	Facts                                 []shownFact
	Parts                                 []shownPart
}

type shownFact struct {
	Name   string
	Values []shownValue
}

type shownValue struct{ Text, Lang string }

type shownPart struct{ Name, Link string }

// page writes what fits into a frame of the size that the manifest says.
func (c *call) page(status int, in shown) error {
	in.Lang, in.Style = c.p.Lang, Path+"/preview.css"
	var buf bytes.Buffer
	if err := previewPage.Execute(&buf, in); err != nil {
		return habeas.Internal(err)
	}
	h := c.w.Header()
	h.Del("X-Frame-Options")
	h.Set("Content-Security-Policy", framedPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", c.p.Lang)
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(buf.Bytes()) // the client has gone; there is nobody to tell
	return nil
}

var errNoEntity = habeas.NotFound("There is no entity of this identifier.").WithCode("reconcile.entity")

// asked returns the entity of the parameter id, or the parts into which it was split.
func (s *Service) asked(c *call) (e entity.Entity, parts []entity.Entity, err error) {
	id, err := entity.ParseID(strings.TrimPrefix(c.sent["id"], s.space))
	if err != nil {
		return e, nil, errNoEntity
	}
	found, err := s.resolve(c.r.Context(), id)
	switch {
	case err != nil:
		return e, nil, err
	case len(found) == 0:
		return e, nil, errNoEntity
	case len(found) > 1:
		return found[0], found, nil
	}
	return found[0], nil, nil
}

// preview shows an entity in the frame of a client. What is not there is said in the frame too.
func (s *Service) preview(c *call) error {
	e, parts, err := s.asked(c)
	if habeas.KindOf(err) == habeas.KindNotFound && err != nil {
		return c.page(http.StatusNotFound, shown{Title: c.p.T("There is no entity of this identifier.")})
	}
	if err != nil {
		return err
	}
	if parts != nil {
		in := shown{Title: c.p.T("This is one of several now:")}
		for _, part := range parts {
			in.Parts = append(in.Parts, shownPart{labelOf(part.Description, c.p.Lang), s.space + part.ID.String()})
		}
		return c.page(http.StatusOK, in)
	}
	return c.page(http.StatusOK, s.shown(e, c.p))
}

// shownProperties are those that tell namesakes apart, in the order of a preview.
var shownProperties = []string{
	entity.AttrAlias, entity.AttrAcronym, entity.AttrFormerName, entity.AttrPlace, entity.AttrCountry,
	"ror", "wikidata", "geonames", "isni", "orcid", "viaf",
}

// shown picks what a preview has room for.
func (s *Service) shown(e entity.Entity, p lang.Printer) shown {
	const most = 3 // values of a property
	d := e.Description
	in := shown{
		Title: labelOf(d, p.Lang), Link: s.space + e.ID.String(), Kind: s.schema.label(d.Type, p),
		About: firstOf(d, entity.AttrDescription, p.Lang),
	}
	for _, id := range shownProperties {
		known, _ := s.schema.property(id)
		fact := shownFact{Name: p.T(known.label)}
		for _, a := range valuesOf(e, id) {
			if len(fact.Values) == most {
				break
			}
			if id == entity.AttrCountry {
				a.Value = countryName(a.Value, p.Lang)
			}
			fact.Values = append(fact.Values, shownValue{a.Value, a.Lang})
		}
		if len(fact.Values) > 0 {
			in.Facts = append(in.Facts, fact)
		}
	}
	return in
}

// featurePage says what a feature of a candidate means.
func (s *Service) featurePage(c *call) error {
	id := c.sent["id"]
	if property, ok := strings.CutPrefix(id, "property:"); ok && property != "" && len(property) <= maxText {
		known, _ := s.schema.property(property)
		return c.page(http.StatusOK, shown{Title: c.p.T(known.label), About: c.p.T("Whether what the question says of this property is so of the candidate.")})
	}
	about, ok := featureMeanings[id]
	if !ok {
		if len(id) > 64 || !callbackName.MatchString(id) {
			return errNotSuggested
		}
		about = lang.Mark("How much this speaks for the candidate, or against it when it is negative, in bits: each doubles the odds.")
	}
	return c.page(http.StatusOK, shown{Title: id, About: c.p.T(about)})
}

var featureMeanings = map[string]string{
	"type_match":       lang.Mark("Whether the candidate is of the type that was asked for."),
	"identifier_match": lang.Mark("Whether an identifier of the question names the candidate. Such candidates come first."),
}

// asset is a file of the previews. Pages of every website load it, with the preview.
func asset(w http.ResponseWriter, media string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int((24*time.Hour).Seconds())))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client has gone; there is nobody to tell
	return nil
}

func previewStyle(w http.ResponseWriter, _ *http.Request) error {
	return asset(w, "text/css; charset=utf-8", previewCSS)
}

func logo(w http.ResponseWriter, _ *http.Request) error { return asset(w, "image/svg+xml", logoSVG) }

package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	gojson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed page
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"prose": prose, "curl": curlOf, "scopes": scopesOf, "bounds": boundsOf, "ref": nameOf, "indent": indented,
	"problems": func() []problemType {
		out := make([]problemType, len(problemTypes))
		for i, t := range problemTypes {
			out[i], _ = typeNamed(strings.TrimPrefix(t.Type, "/problems/"))
		}
		return out
	},
}).ParseFS(pageFiles, "page/*.html"))

// The part of the description that the page shows. Objects keep their order.
type (
	docFile struct {
		Info struct {
			Title, Summary, Description string
		} `json:"info"`
		Servers []struct{ URL string } `json:"servers"`
		Tags    []struct {
			Name, Description string
		} `json:"tags"`
		Paths      ordered[ordered[docOperation]] `json:"paths"`
		Components struct {
			Parameters ordered[docParameter] `json:"parameters"`
			Responses  ordered[docResponse]  `json:"responses"`
			Schemas    ordered[docSchema]    `json:"schemas"`
		} `json:"components"`
	}
	docOperation struct {
		Method, Path string `json:"-"`
		Origin       string `json:"-"`

		ID          string                `json:"operationId"`
		Tags        []string              `json:"tags"`
		Summary     string                `json:"summary"`
		Description string                `json:"description"`
		Security    []map[string][]string `json:"security"`
		Parameters  []docParameter        `json:"parameters"`
		Body        *docBody              `json:"requestBody"`
		Responses   ordered[docResponse]  `json:"responses"`
	}
	docBody struct {
		Content ordered[docMedia] `json:"content"`
	}
	docMedia struct {
		Schema  docSchema      `json:"schema"`
		Example jsontext.Value `json:"example"`
	}
	docParameter struct {
		Ref         string    `json:"$ref"`
		Name        string    `json:"name"`
		In          string    `json:"in"`
		Description string    `json:"description"`
		Required    bool      `json:"required"`
		Schema      docSchema `json:"schema"`
		Example     string    `json:"example"`
	}
	docResponse struct {
		Ref         string            `json:"$ref"`
		Description string            `json:"description"`
		Content     ordered[docMedia] `json:"content"`
	}
	docSchema struct {
		Ref         string             `json:"$ref"`
		Type        string             `json:"type"`
		Description string             `json:"description"`
		Properties  ordered[docSchema] `json:"properties"`
		Required    []string           `json:"required"`
		Items       *docSchema         `json:"items"`
		Enum        []string           `json:"enum"`
		Const       any                `json:"const"`
		MinLength   int                `json:"minLength"`
		MaxLength   int                `json:"maxLength"`
		MinItems    int                `json:"minItems"`
		MaxItems    int                `json:"maxItems"`
		Minimum     *int64             `json:"minimum"`
		Examples    []string           `json:"examples"`
	}
)

// ordered is a JSON object that keeps the order of its members.
type ordered[V any] []named[V]

type named[V any] struct {
	Name  string
	Value V
}

// UnmarshalJSONFrom reads an object member by member.
func (o *ordered[V]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		one := named[V]{Name: name.String()}
		if err := gojson.UnmarshalDecode(dec, &one.Value); err != nil {
			return err
		}
		*o = append(*o, one)
	}
	_, err := dec.ReadToken()
	return err
}

// get returns a member by its name.
func (o ordered[V]) get(name string) (v V) {
	if i := slices.IndexFunc(o, func(n named[V]) bool { return n.Name == name }); i >= 0 {
		v = o[i].Value
	}
	return v
}

// docGroup is the operations of one tag.
type docGroup struct {
	Name, Description string
	Operations        []docOperation
}

// renderPage makes the readable page of a description. The description is ours and a
// test reads it: what does not parse is found there.
func renderPage(document []byte) []byte {
	var d docFile
	if err := gojson.Unmarshal(document, &d, gojson.MatchCaseInsensitiveNames(true)); err != nil {
		panic("api: openapi.json: " + err.Error())
	}
	var groups []docGroup
	for _, tag := range d.Tags {
		g := docGroup{Name: tag.Name, Description: tag.Description}
		for _, path := range d.Paths {
			for _, op := range path.Value {
				if slices.Contains(op.Value.Tags, tag.Name) {
					g.Operations = append(g.Operations, d.resolve(path.Name, op))
				}
			}
		}
		groups = append(groups, g)
	}
	var buf bytes.Buffer
	err := pages.ExecuteTemplate(&buf, "page", struct {
		docFile
		Title  string
		Groups []docGroup
	}{d, d.Info.Title + " API", groups})
	if err != nil {
		panic("api: page of the description: " + err.Error())
	}
	return buf.Bytes()
}

// resolve puts what an operation refers to in its place.
func (d docFile) resolve(path string, op named[docOperation]) docOperation {
	out := op.Value
	out.Method, out.Path, out.Origin = strings.ToUpper(op.Name), path, d.Servers[0].URL
	for i, p := range out.Parameters {
		if p.Ref != "" {
			out.Parameters[i] = d.Components.Parameters.get(nameOf(p.Ref))
		}
	}
	for i, r := range out.Responses {
		if r.Value.Ref != "" {
			out.Responses[i].Value = d.Components.Responses.get(nameOf(r.Value.Ref))
		}
	}
	return out
}

// nameOf is the component that a reference names, or a part of: the third step of
// “#/components/schemas/Problem”.
func nameOf(ref string) string {
	if steps := strings.Split(ref, "/"); len(steps) > 3 {
		return steps[3]
	}
	return ""
}

// prose writes paragraphs, with what stands in backticks as code.
func prose(text string) template.HTML {
	var b strings.Builder
	for part := range strings.SplitSeq(text, "\n\n") {
		if part == "" {
			continue
		}
		b.WriteString("<p>")
		for i, piece := range strings.Split(part, "`") {
			if i%2 == 1 {
				piece = "<code>" + template.HTMLEscapeString(piece) + "</code>"
			} else {
				piece = template.HTMLEscapeString(piece)
			}
			b.WriteString(piece)
		}
		b.WriteString("</p>")
	}
	return template.HTML(b.String()) //nolint:gosec // every piece is escaped above
}

// scopesOf names the scopes that an operation wants.
func scopesOf(op docOperation) []string {
	for _, s := range op.Security {
		if scopes, ok := s["token"]; ok && len(scopes) == 0 {
			return []string{"parties:read.<data set>"}
		} else if ok {
			return scopes
		}
	}
	return nil
}

// boundsOf says in a few words what a value is.
func boundsOf(s docSchema) string {
	var out []string
	add := func(ok bool, text string) {
		if ok {
			out = append(out, text)
		}
	}
	add(s.Type != "", s.Type)
	if s.Items != nil && s.Items.Ref != "" {
		out = append(out, "of "+nameOf(s.Items.Ref))
	}
	add(len(s.Enum) > 0 && len(s.Enum) < 12, strings.Join(slices.DeleteFunc(slices.Clone(s.Enum), func(v string) bool { return v == "" }), " | "))
	add(s.MaxLength > 0, "at most "+strconv.Itoa(s.MaxLength)+" characters")
	add(s.MaxItems > 0, "at most "+strconv.Itoa(s.MaxItems))
	add(len(s.Examples) > 0, "such as "+strings.Join(s.Examples, " or "))
	return strings.Join(out, ", ")
}

// indented writes an example for reading.
func indented(v jsontext.Value) string {
	var buf bytes.Buffer
	if len(v) == 0 || json.Indent(&buf, v, "", "  ") != nil {
		return ""
	}
	return buf.String()
}

// curlOf is a command that makes the request.
func curlOf(op docOperation) string {
	var b strings.Builder
	b.WriteString("curl ")
	switch {
	case len(scopesOf(op)) > 0:
		b.WriteString(`-H "Authorization: Bearer $TOKEN" `)
	case slices.ContainsFunc(op.Security, func(s map[string][]string) bool { return s["client"] != nil }):
		b.WriteString(`-u "$ID:$SECRET" `)
	}
	address := op.Origin + op.Path
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			address = strings.ReplaceAll(address, "{"+p.Name+"}", p.Example)
		case p.In == "query" && p.Required:
			address += "?" + url.Values{p.Name: {p.Example}}.Encode()
		case p.Name == "Idempotency-Key":
			b.WriteString(`-H "Idempotency-Key: ` + p.Example + `" `)
		}
	}
	if op.Body != nil {
		media := op.Body.Content[0]
		if media.Name == "application/json" {
			b.WriteString("\\\n  -H \"Content-Type: application/json\" \\\n  -d '" + indented(media.Value.Example) + "' \\\n  ")
		} else {
			var form map[string]string
			if json.Unmarshal(media.Value.Example, &form) == nil {
				for _, name := range slices.Sorted(slices.Values(keysOf(form))) {
					b.WriteString("-d " + name + "=" + form[name] + " ")
				}
			}
		}
	}
	return b.String() + address
}

func keysOf(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// writePage answers with one of the templates.
func writePage(w http.ResponseWriter, name string, data any) error {
	var buf bytes.Buffer
	if err := pages.ExecuteTemplate(&buf, name, data); err != nil {
		return err
	}
	return write(w, "text/html; charset=utf-8", "public, max-age=300", buf.Bytes())
}

func (a *API) readable(w http.ResponseWriter, _ *http.Request) error {
	return write(w, "text/html; charset=utf-8", "public, max-age=300", a.page)
}

func (a *API) pageStyle(w http.ResponseWriter, _ *http.Request) error {
	return asset(w, "page.css", "text/css; charset=utf-8")
}

func (a *API) pageScript(w http.ResponseWriter, _ *http.Request) error {
	return asset(w, "page.js", "text/javascript; charset=utf-8")
}

func asset(w http.ResponseWriter, name, mediaType string) error {
	body, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		return err
	}
	return write(w, mediaType, "public, max-age=300", body)
}

package reconcile

import (
	"bytes"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
)

// The forms of answers.
type (
	// results are those of one query in 0.1 and 0.2; a batch is an object of them.
	results struct {
		Result []result `json:"result"`
	}
	// arrayResults is what a batch of 1.0-draft gives.
	arrayResults struct {
		Results []arrayResult `json:"results"`
	}
	arrayResult struct {
		Candidates []result `json:"candidates"`
	}
	// result is a candidate. 0.1 has no Description and no Features.
	result struct {
		ID          string          `json:"id"`
		Name        string          `json:"name"`
		Description string          `json:"description,omitzero"`
		Type        []typeRef       `json:"type"`
		Score       float64         `json:"score"`
		Features    []resultFeature `json:"features,omitempty"`
		Match       bool            `json:"match"`
	}
	typeRef struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Lang string `json:"lang,omitzero"` // of 1.0-draft
	}
	resultFeature struct {
		ID    string         `json:"id"`
		Name  string         `json:"name,omitzero"` // of 1.0-draft
		Value jsontext.Value `json:"value"`
	}
)

// written writes candidates as a version has them.
func (s *Service) written(v version, p lang.Printer, found []candidate) []result {
	out := make([]result, len(found))
	for i, c := range found {
		out[i] = result{
			ID: c.id.String(), Name: c.label, Type: []typeRef{s.typeRef(v, p, string(c.kind))},
			Score: math.Round(c.p*1e4) / 100, Match: c.match,
		}
		if v == v01 {
			continue
		}
		if c.country != "" {
			out[i].Description = countryName(c.country, p.Lang)
		}
		for _, f := range c.features {
			value := jsontext.Value(strconv.AppendFloat(nil, math.Round(f.bits*1e3)/1e3, 'f', -1, 64))
			if f.fact {
				value = jsontext.Value(strconv.AppendBool(nil, f.yes))
			}
			feature := resultFeature{ID: f.id, Value: value}
			if v == v10 {
				if feature.Name = f.name; f.name == "" {
					feature.Name = f.id
				}
			}
			out[i].Features = append(out[i].Features, feature)
		}
	}
	return out
}

func (s *Service) typeRef(v version, p lang.Printer, id string) typeRef {
	k, _ := s.schema.kind(id)
	t := typeRef{ID: k.id, Name: p.T(k.label)}
	if v == v10 {
		t.Lang = p.Lang
	}
	return t
}

// callbackName is what JSONP may call: names of JavaScript in ASCII, joined by points. jQuery's
// are such ones. Nothing else gets into the script.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*){0,4}$`)

const maxCallback = 128

var (
	errCallback     = habeas.Invalid("callback", "The callback is a name of JavaScript: letters, digits, _ and $, joined by points.").WithCode("reconcile.callback")
	errCallbackV10  = habeas.Invalid("callback", "Version 1.0-draft has no callbacks (JSONP).").WithCode("reconcile.callback")
	errCallbackPost = habeas.Invalid("callback", "Only a GET request is answered by a callback (JSONP).").WithCode("reconcile.callback")
)

func checkCallback(sent map[string]string) error {
	name, asked := sent["callback"]
	if asked && (len(name) > maxCallback || !callbackName.MatchString(name)) {
		return errCallback
	}
	return nil
}

// answer writes v as JSON, or as a call of the script that the page wants (JSONP), which 0.1 asks
// for and 0.2 allows.
func (c *call) answer(v version, body any) error {
	var buf bytes.Buffer
	callback, script := c.sent["callback"]
	switch {
	case script && v == v10:
		return errCallbackV10
	case script && c.r.Method == http.MethodPost:
		return errCallbackPost
	case script:
		// The comment keeps what is before it from being read as another file type.
		buf.WriteString("/**/" + callback + "(")
	}
	// EscapeForHTML and EscapeForJS keep data from ending a script or a line of it.
	if err := json.MarshalWrite(&buf, body, json.Deterministic(true), jsontext.EscapeForHTML(script), jsontext.EscapeForJS(script)); err != nil {
		return habeas.Internal(err)
	}
	media := "application/json"
	if script {
		buf.WriteString(");")
		media = "application/javascript; charset=utf-8"
	}
	h := c.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Language", c.p.Lang)
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	_, _ = c.w.Write(buf.Bytes()) // the client has gone; there is nobody to tell
	return nil
}

// parameterValues reads a query as forms are written. Semicolons and broken escapes are faults.
func parameterValues(raw string) (url.Values, error) {
	v, err := url.ParseQuery(raw)
	if err == nil {
		for _, values := range v {
			for _, text := range values {
				if strings.ToValidUTF8(text, "") != text {
					return nil, errQuerySyntax
				}
			}
		}
	}
	return v, err
}

package reconcile

import (
	"github.com/habeas-data/habeas/internal/lang"
)

// The previews are this large, in pixels; preview.css is made for it.
const (
	previewWidth  = 430
	previewHeight = 300
)

// The forms of the manifest. That of 0.2 is valid in 0.1 as well.
type (
	manifestObject struct {
		Versions        []version       `json:"versions"`
		Name            string          `json:"name"`
		IdentifierSpace string          `json:"identifierSpace"`
		SchemaSpace     string          `json:"schemaSpace"`
		Documentation   string          `json:"documentation"`
		ServiceVersion  string          `json:"serviceVersion"`
		Logo            string          `json:"logo"`
		View            viewTemplate    `json:"view"`
		FeatureView     viewTemplate    `json:"feature_view"`
		DefaultTypes    []suggestedType `json:"defaultTypes"`
		Preview         framedPreview   `json:"preview"`
		Suggest         suggestObject   `json:"suggest"`
		Extend          extendObject    `json:"extend"`
		BatchSize       int             `json:"batchSize"`
	}
	manifestArray struct {
		Versions          []version       `json:"versions"`
		Name              string          `json:"name"`
		Lang              string          `json:"lang"`
		Documentation     string          `json:"documentation"`
		ServiceVersion    string          `json:"serviceVersion"`
		Logo              string          `json:"logo"`
		View              viewTemplate    `json:"view"`
		FeatureView       viewTemplate    `json:"featureView"`
		DefaultTypes      []suggestedType `json:"defaultTypes"`
		Preview           framedPreview   `json:"preview"`
		Suggest           suggestArray    `json:"suggest"`
		Extend            extendArray     `json:"extend"`
		BatchSize         int             `json:"batchSize"`
		StandardizedScore bool            `json:"standardizedScore"`
	}
	viewTemplate struct {
		URL string `json:"url"`
	}
	framedPreview struct {
		URL    string `json:"url,omitzero"` // of 0.1 and 0.2
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}
	suggestObject struct {
		Entity   servicePath `json:"entity"`
		Property servicePath `json:"property"`
		Type     servicePath `json:"type"`
	}
	suggestArray struct {
		Entity   bool `json:"entity"`
		Property bool `json:"property"`
		Type     bool `json:"type"`
	}
	servicePath struct {
		ServiceURL        string `json:"service_url"`
		ServicePath       string `json:"service_path"`
		FlyoutServiceURL  string `json:"flyout_service_url,omitzero"`
		FlyoutServicePath string `json:"flyout_service_path,omitzero"`
	}
	extendObject struct {
		ProposeProperties servicePath     `json:"propose_properties"`
		PropertySettings  []settingObject `json:"property_settings"`
	}
	extendArray struct {
		ProposeProperties bool           `json:"proposeProperties"`
		PropertySettings  []settingArray `json:"propertySettings"`
	}
	settingObject struct {
		Name     string   `json:"name"`
		Label    string   `json:"label"`
		Type     string   `json:"type"`
		Default  any      `json:"default"`
		HelpText string   `json:"help_text"`
		Choices  []choice `json:"choices,omitempty"`
	}
	settingArray struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Type     string   `json:"type"`
		Default  any      `json:"default"`
		HelpText string   `json:"helpText"`
		Choices  []choice `json:"choices,omitempty"`
	}
	choice struct {
		Value string `json:"value"`
		Name  string `json:"name"`
	}
)

// documentation is where the API is described for people.
const documentation = "/api"

// manifest says what the service offers. A client that names no version is given the form of
// 0.1 and 0.2, and is told by a link where that of 1.0-draft is.
func (s *Service) manifest(c *call) error {
	base := s.Origin.String()
	v := c.version.or(v02)
	if v == v10 {
		return c.answer(v, manifestArray{
			Versions: versions, Name: s.Name, Lang: c.p.Lang, Documentation: base + documentation, ServiceVersion: s.Version,
			Logo: base + Path + "/logo.svg", View: viewTemplate{s.space + "{id}"}, FeatureView: viewTemplate{base + Path + "/feature?id={id}"},
			DefaultTypes: s.suggestedTypes(v, c.p)[:1], Preview: framedPreview{Width: previewWidth, Height: previewHeight},
			Suggest: suggestArray{true, true, true}, BatchSize: BatchSize, StandardizedScore: true,
			Extend: extendArray{true, settingsArray(c.p)},
		})
	}
	c.w.Header().Add("Link", `<`+base+Path+`?version=1.0-draft>; rel="alternate"; type="application/json"`)
	service := func(kind string) servicePath {
		return servicePath{base, Path + "/suggest/" + kind, base, Path + "/flyout/" + kind + "?id=${id}"}
	}
	return c.answer(v, manifestObject{
		Versions: versions, Name: s.Name, IdentifierSpace: s.space, SchemaSpace: "https://schema.org/",
		Documentation: base + documentation, ServiceVersion: s.Version, Logo: base + Path + "/logo.svg",
		View: viewTemplate{s.space + "{{id}}"}, FeatureView: viewTemplate{base + Path + "/feature?id={{id}}"},
		DefaultTypes: s.suggestedTypes(v, c.p)[:1],
		Preview:      framedPreview{base + Path + "/preview?id={{id}}", previewWidth, previewHeight},
		Suggest:      suggestObject{service("entity"), service("property"), service("type")}, BatchSize: BatchSize,
		Extend: extendObject{servicePath{ServiceURL: base, ServicePath: Path + "/extend/propose"}, settingsObject(c.p)},
	})
}

// setting is one that a user of data extension may choose. Its texts are keys of the catalogues.
type setting struct {
	id, kind, label, help string
	usual                 any
	choices               [][2]string // value and label
}

var settings = []setting{
	{
		id: "limit", kind: "number", usual: 0, label: lang.Mark("Limit"),
		help: lang.Mark("How many values an entity gives at most. 0: all."),
	},
	{
		id: "lang", kind: "text", usual: "", label: lang.Mark("Language"),
		help: lang.Mark("Only values in this language, such as en or es. Empty: all."),
	},
	{
		id: "content", kind: "select", usual: "entity", label: lang.Mark("Content"),
		help:    lang.Mark("What a value that is another entity becomes."),
		choices: [][2]string{{"entity", lang.Mark("The entity")}, {"name", lang.Mark("Its name")}, {"id", lang.Mark("Its identifier")}},
	},
	{
		id: "count", kind: "checkbox", usual: false, label: lang.Mark("Count"),
		help: lang.Mark("How many values there are, in place of the values."),
	},
}

func (t setting) choicesIn(p lang.Printer) []choice {
	var out []choice
	for _, c := range t.choices {
		out = append(out, choice{c[0], p.T(c[1])})
	}
	return out
}

func settingsObject(p lang.Printer) (out []settingObject) {
	for _, t := range settings {
		out = append(out, settingObject{t.id, p.T(t.label), t.kind, t.usual, p.T(t.help), t.choicesIn(p)})
	}
	return out
}

func settingsArray(p lang.Printer) (out []settingArray) {
	for _, t := range settings {
		out = append(out, settingArray{t.id, p.T(t.label), t.kind, t.usual, p.T(t.help), t.choicesIn(p)})
	}
	return out
}

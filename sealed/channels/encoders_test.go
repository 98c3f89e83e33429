package channels

import (
	"encoding/asn1"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"io"
	"reflect"
	"strconv"
	"testing"
	"text/tabwriter"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/bytedance/sonic"
	"github.com/fxamacker/cbor/v2"
	"github.com/go-viper/mapstructure/v2"
	gojson "github.com/goccy/go-json"
	goyaml "github.com/goccy/go-yaml"
	"github.com/hamba/avro/v2"
	"github.com/jinzhu/copier"
	jsoniter "github.com/json-iterator/go"
	"github.com/mitchellh/copystructure"
	"github.com/mitchellh/hashstructure/v2"
	"github.com/vmihailenco/msgpack/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"gopkg.in/yaml.v3"

	"github.com/habeas-data/habeas/sealed"
)

// encodes is a check of a function like json.Marshal.
func encodes(name string, marshal func(any) ([]byte, error)) check {
	return check{name: name, run: func(o *out, s sample) { o.bytes(marshal(s.v)) }}
}

// encodesTo is a check of an encoder that writes.
func encodesTo(name string, encode func(io.Writer, any) error) check {
	return check{name: name, run: func(o *out, s sample) { o.err(encode(o, s.v)) }}
}

func encoderChannels() []channel {
	return []channel{
		{number: 42, name: "SEAL-42 encoding/json", checks: []check{
			encodes("Marshal", json.Marshal),
			encodes("MarshalIndent", func(v any) ([]byte, error) { return json.MarshalIndent(v, "", " ") }),
			encodesTo("Encoder", func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }),
			encodes("behind an interface", func(v any) ([]byte, error) { return json.Marshal(openAny{v}) }),
			encodes("with a tag", func(v any) ([]byte, error) {
				return json.Marshal(struct {
					A any `json:"a,omitempty"`
				}{v})
			}),
		}},
		{number: 43, name: "SEAL-43 keys of JSON", checks: []check{
			{name: "typed", fits: shaped("map key"), run: func(o *out, s sample) { o.bytes(json.Marshal(s.v)) }},
			{name: "in a struct", fits: shaped("map key"), run: func(o *out, s sample) { o.bytes(json.Marshal(openAny{s.v})) }},
		}},
		{number: 44, name: "SEAL-44 presence: omitzero, omitempty, string", checks: []check{
			{name: "omitzero", judge: func(_ *testing.T, k kind) bool { return tells(k, `omitzero`) }},
			{name: "omitempty", judge: func(_ *testing.T, k kind) bool { return tells(k, `omitempty`) }},
			{name: "string", fits: bare, run: func(o *out, s sample) { o.bytes(json.Marshal(asString(s.v))) }},
		}},
		{number: 45, name: "SEAL-45 encoding/json/v2", checks: jsonV2Checks()},
		{number: 46, name: "SEAL-46 goccy/go-json, json-iterator, sonic", checks: []check{
			encodes("goccy/go-json", gojson.Marshal),
			encodes("goccy/go-json without escapes", func(v any) ([]byte, error) { return gojson.MarshalNoEscape(v) }),
			encodes("goccy/go-json with an option", func(v any) ([]byte, error) {
				return gojson.MarshalWithOption(v, gojson.UnorderedMap())
			}),
			encodes("json-iterator", jsoniter.ConfigDefault.Marshal),
			encodes("json-iterator, compatible", jsoniter.ConfigCompatibleWithStandardLibrary.Marshal),
			encodes("sonic", sonic.Marshal),
			encodes("sonic, standard", sonic.ConfigStd.Marshal),
		}},
		{number: 47, name: "SEAL-47 encoding/xml", checks: []check{
			encodes("Marshal", xml.Marshal),
			encodes("element", func(v any) ([]byte, error) {
				return xml.Marshal(struct {
					XMLName xml.Name `xml:"a"`
					A       any      `xml:"b"`
				}{A: v})
			}),
			{name: "attribute", fits: bare, run: tagged(`xml:"k,attr"`)},
			{name: "chardata", fits: bare, run: tagged(`xml:",chardata"`)},
			{name: "innerxml", fits: bare, run: tagged(`xml:",innerxml"`)},
			{name: "cdata", fits: bare, run: tagged(`xml:",cdata"`)},
			{name: "comment", fits: bare, run: tagged(`xml:",comment"`)},
		}},
		{number: 48, name: "SEAL-48 encoding/gob", checks: []check{
			encodesTo("Encoder", func(w io.Writer, v any) error { return gob.NewEncoder(w).Encode(v) }),
			encodesTo("EncodeValue", func(w io.Writer, v any) error { return gob.NewEncoder(w).EncodeValue(reflect.ValueOf(v)) }),
		}},
		{number: 49, name: "SEAL-49 encoding/asn1", checks: []check{
			encodes("Marshal", asn1.Marshal),
			encodes("utf8", func(v any) ([]byte, error) { return asn1.MarshalWithParams(v, "utf8") }),
		}},
		{number: 50, name: "SEAL-50 YAML, TOML, CBOR, MessagePack, BSON, Avro", checks: []check{
			encodes("yaml.v3", yaml.Marshal), encodes("goccy/go-yaml", func(v any) ([]byte, error) { return goyaml.Marshal(v) }),
			encodesTo("toml", func(w io.Writer, v any) error { return toml.NewEncoder(w).Encode(v) }),
			encodesTo("toml in a map", func(w io.Writer, v any) error { return toml.NewEncoder(w).Encode(map[string]any{"k": v}) }),
			encodes("cbor", cbor.Marshal), encodes("msgpack", msgpack.Marshal),
			encodes("msgpack as arrays", func(v any) ([]byte, error) {
				var b out
				e := msgpack.NewEncoder(&b)
				e.UseArrayEncodedStructs(true)
				err := e.Encode(v)
				return b.Bytes(), err
			}),
			encodes("bson", bson.Marshal),
			encodes("bson document", func(v any) ([]byte, error) { return bson.Marshal(bson.D{{Key: "k", Value: v}}) }),
			encodes("extended JSON", func(v any) ([]byte, error) { return bson.MarshalExtJSON(bson.M{"k": v}, true, true) }),
			{name: "avro", fits: shaped("exported field", "pointer in exported field"), run: func(o *out, s sample) {
				o.bytes(avro.Marshal(avro.MustParse(`{"type":"record","name":"r","fields":[{"name":"S","type":"string"}]}`), s.v))
			}},
		}},
		{number: 51, name: "SEAL-51 encoding/binary", checks: []check{
			encodesTo("Write", func(w io.Writer, v any) error { return binary.Write(w, binary.LittleEndian, v) }),
			encodes("Append", func(v any) ([]byte, error) { return binary.Append(nil, binary.BigEndian, v) }),
		}},
		{number: 52, name: "SEAL-52 csv, tabwriter, strconv.Quote", checks: []check{
			encodesTo("csv", func(w io.Writer, v any) error {
				c := csv.NewWriter(w)
				err := c.Write([]string{fmt.Sprint(v)})
				c.Flush()
				return err
			}),
			encodesTo("tabwriter", func(w io.Writer, v any) error {
				tab := tabwriter.NewWriter(w, 4, 4, 1, ' ', 0)
				fmt.Fprintf(tab, "a\t%v\n", v)
				return tab.Flush()
			}),
			encodes("Quote", func(v any) ([]byte, error) { return strconv.AppendQuote(nil, fmt.Sprint(v)), nil }),
		}},
		{number: 53, name: "SEAL-53 text/template", checks: templateChecks()},
		{number: 54, name: "SEAL-54 html/template", checks: htmlChecks()},
		{number: 55, name: "SEAL-55 copies: mapstructure, copier, copystructure, hashstructure", checks: []check{
			{name: "mapstructure", run: func(o *out, s sample) {
				var m map[string]any
				o.err(mapstructure.Decode(s.v, &m))
				fmt.Fprintf(o, "%#v", m)
			}},
			{name: "copier", run: copies(func(to, from any) error { return copier.CopyWithOption(to, from, copier.Option{DeepCopy: true}) })},
			{name: "copystructure", run: func(o *out, s sample) {
				c, err := copystructure.Copy(s.v)
				o.err(err)
				fmt.Fprintf(o, "%#v", c)
			}},
			{name: "JSON there and back", run: copies(func(to, from any) error {
				b, err := json.Marshal(from)
				if err != nil {
					return err
				}
				return json.Unmarshal(b, to)
			})},
			{name: "hashstructure", judge: func(t *testing.T, k kind) bool {
				hash := func(v any) uint64 {
					n, err := hashstructure.Hash(v, hashstructure.FormatV2, nil)
					if err != nil {
						t.Error(err)
					}
					return n
				}
				if k == plain {
					return hash(exported[plainText]{"a"}) != hash(exported[plainText]{"b"})
				}
				return hash(exported[sealed.Value]{sealText("a")}) != hash(exported[sealed.Value]{sealText("b")})
			}},
		}},
	}
}

// tells reports whether a tag of JSON tells an empty value from another.
func tells(k kind, option string) bool {
	present := func(empty, full any) bool {
		a, _ := json.Marshal(asTagged(empty, `json:"k,`+option+`"`)) // every sample has a JSON form
		b, _ := json.Marshal(asTagged(full, `json:"k,`+option+`"`))
		return (string(a) == "{}") != (string(b) == "{}")
	}
	if k == plain {
		return present(plainText(""), plainText("x"))
	}
	return present(sealText(""), sealText("x"))
}

// asTagged is v in the only field, A, of a struct, with a tag.
func asTagged(v any, tag string) any {
	t := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeOf(v), Tag: reflect.StructTag(tag)}})
	p := reflect.New(t)
	p.Elem().Field(0).Set(reflect.ValueOf(v))
	return p.Elem().Interface()
}

func asString(v any) any { return asTagged(v, `json:"k,string"`) }

// tagged encodes a sample as XML in a field with a tag. A plain string takes part as
// string, []byte and itself, since some tags take only these.
func tagged(tag string) func(*out, sample) {
	return func(o *out, s sample) {
		encode := func(v any) {
			var b out
			e := xml.NewEncoder(&b)
			err := e.EncodeElement(asTagged(v, tag), xml.StartElement{Name: xml.Name{Local: "a"}})
			o.bytes(b.Bytes(), err)
		}
		encode(s.v)
		if s.leaf == "string" {
			encode(secret)
			encode([]byte(secret))
		}
	}
}

// copies makes a copy into a new value of the same type and prints it.
func copies(f func(to, from any) error) func(*out, sample) {
	return func(o *out, s sample) {
		to := reflect.New(reflect.TypeOf(s.v))
		o.err(f(to.Interface(), s.v))
		fmt.Fprintf(o, "%#v", to.Elem().Interface())
		o.Write(memoryOf(to.Interface(), true))
	}
}

func templateChecks() (all []check) {
	for _, text := range []string{
		"{{.}}", `{{printf "%v" .}}`, `{{printf "%#v" .}}`, `{{print .}}`, "{{js .}}", "{{html .}}", "{{urlquery .}}",
		"{{range .}}{{.}}{{end}}", "{{with .S}}{{.}}{{end}}", "{{range $k, $v := .}}{{$k}}{{$v}}{{end}}",
	} {
		all = append(all, check{name: text, fits: noNumber, run: func(o *out, s sample) {
			o.err(template.Must(template.New("t").Parse(text)).Execute(o, s.v))
		}})
	}
	return append(all, check{name: "every method", fits: shaped("value", "embedded"), run: everyMethod})
}

// noNumber leaves out what a template ranges over for ever.
func noNumber(s sample) bool { return s.leaf != "number" }

// everyMethod calls what a template can call: methods without arguments. The plain sample
// has one that gives the plaintext out, as a sealed one might have had.
func everyMethod(o *out, s sample) {
	if s.kind == plain {
		s.v = revealing{secret}
	}
	t := reflect.TypeOf(s.v)
	for i := range t.NumMethod() {
		name := t.Method(i).Name
		if t.Method(i).Type.NumIn() > 1 || name == "Close" {
			continue
		}
		o.err(template.Must(template.New("t").Parse("{{."+name+"}}\n")).Execute(o, s.v))
	}
	o.err(template.Must(template.New("t").Parse("{{.Use}}")).Execute(o, s.v))
}

type revealing struct{ s string }

func (r revealing) Reveal() string { return r.s }

func htmlChecks() (all []check) {
	for _, text := range []string{
		"<p>{{.}}</p>", `<a title="{{.}}">`, `<a href="/?q={{.}}">`, `<a href="{{.}}">`, `<script>x={{.}}</script>`,
		`<script>x="{{.}}"</script>`, `<a onclick="f({{.}})">`, `<style>p{font-family:'{{.}}'}</style>`, "<!-- {{.}} --><p>{{.}}",
		`<script type="application/json">{{.}}</script>`, `<img srcset="{{.}} 1x">`,
	} {
		all = append(all, check{name: text, run: func(o *out, s sample) {
			o.err(htmltemplate.Must(htmltemplate.New("t").Parse(text)).Execute(o, s.v))
		}})
	}
	return all
}

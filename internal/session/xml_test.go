package session

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// parsed is the export as a program reads it.
type parsed struct {
	XMLName  xml.Name `xml:"session-log"`
	Sessions []struct {
		Transactions []struct {
			Request struct {
				Elements []parsedElement `xml:"element"`
			} `xml:"request"`
			Path struct {
				Elements []parsedElement `xml:"element"`
			} `xml:"path"`
			Response struct {
				Elements []parsedElement `xml:"element"`
			} `xml:"response"`
		} `xml:"transaction"`
	} `xml:"session"`
}

type parsedElement struct {
	Type         string `xml:"type,attr"`
	RequestText  mixed  `xml:"request-text"`
	ResponseText mixed  `xml:"response-text"`
	OutputText   mixed  `xml:"output-text"`
	Value        mixed  `xml:"value"`
	Variable     struct {
		Name string `xml:"name,attr"`
		Text mixed  `xml:",any"`
	} `xml:"variable"`
	Sentences []struct {
		Begin int    `xml:"begin-index,attr"`
		Text  string `xml:"text,attr"`
		Words []struct {
			Begin    string `xml:"begin-index,attr"`
			Original string `xml:"original,attr"`
		} `xml:"word"`
	} `xml:"sentence"`
}

// mixed reads text in which <br/> is markup.
type mixed string

// UnmarshalXML implements xml.Unmarshaler.
func (m *mixed) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	depth := 1
	for depth > 0 {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.CharData:
			*m += mixed(t)
		case xml.StartElement:
			depth++
			if t.Name.Local != "br" {
				return errors.New("markup of another kind: " + t.Name.Local)
			}
			*m += "<br/>"
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

func parse(t *testing.T, text string) parsed {
	t.Helper()
	var p parsed
	if err := xml.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return p
}

// Proves SLG-2.
func FuzzAnyTextIsValidXMLAndComesBack(f *testing.F) {
	for _, s := range []string{
		"", "Hello", "a <br/> b", "<word>", "</output-text>", "<br/", "]]>", "&amp;<br/>&", `"'`, "\t a\n", "\r\n", "\x00\x1b[31m", "\xff\xfe", "\ufffe\uffff", "\u202e",
		"⟦EMAIL:k3f9⟧", strings.Repeat("x", 100),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := &kept{}
		l := Open(t.Context(), Options{Flow: "fuzz", Sink: k, Clock: noon()})
		tx := l.Begin()
		tx.Request(text)
		tx.Analysis(Sentence{Text: text, Words: []Word{{Original: text, Simplified: text, Final: text}, {}}})
		tx.Set("v", ScopeSession, text)
		tx.Output(text)
		tx.Response(text)
		tx.End()
		l.Close(Completed)
		s := k.session()
		// What the sink got is what JSON lines hold, and what XML gives back.
		raw, err := encodeLine(s.Lines[0])
		if err != nil {
			t.Fatal(err)
		}
		var line Line
		if err := json.Unmarshal(raw, &line); err != nil || strings.Count(string(raw), "\n") != 1 {
			t.Fatalf("a line of JSON: %v, %q", err, raw)
		}
		want := line.Events[0].Text
		p := parse(t, toXML(t, s)).Sessions[0].Transactions[0]
		got := []string{
			string(p.Request.Elements[0].RequestText), p.Request.Elements[1].Sentences[0].Text,
			string(p.Path.Elements[1].OutputText), string(p.Response.Elements[0].ResponseText),
		}
		for i, g := range got {
			if g != want {
				t.Errorf("text %d came back as %q, want %q", i, g, want)
			}
		}
	})
}

func TestTheBareWordAndMarkupInTextsAreKept(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Analysis(Sentence{Text: "one two", Words: []Word{{}, {Begin: 4, Original: "two", Simplified: "two", Final: "2"}}})
	tx.Output("first<br/>second <word> & <b>third</b>")
	tx.End()
	got := toXML(t, k.session())
	for _, want := range []string{
		`<sentence begin-index="0" text="one two"><word/><word begin-index="4" original="two" simplified="two" final="2"/></sentence>`,
		`<output-text>first<br/>second &lt;word&gt; &amp; &lt;b&gt;third&lt;/b&gt;</output-text>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	parse(t, got)
}

func TestAnExportSaysWhenItCouldNotBeWritten(t *testing.T) {
	broken := errors.New("broken")
	err := WriteXML(io.Discard, func(yield func(Session, error) bool) { yield(Session{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("a sequence that fails: %v", err)
	}
	r, w := io.Pipe()
	_ = r.CloseWithError(broken)
	err = WriteXML(w, func(yield func(Session, error) bool) { yield(Session{}, nil) })
	if !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
}

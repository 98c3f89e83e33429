package session

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// WriteXML writes sessions as one XML 1.0 document in the element form of SLG-2, one
// event at a time. Any text gives valid XML; <br/> in a text stays markup, everything
// else is escaped. An error of the sequence or of w ends it.
func WriteXML(w io.Writer, sessions iter.Seq2[Session, error]) error {
	x := &xmlWriter{w: bufio.NewWriter(w)}
	x.raw(xml.Header + "<session-log>\n")
	for s, err := range sessions {
		if err != nil {
			return err
		}
		x.session(s)
		if x.err != nil {
			return x.err
		}
	}
	x.raw("</session-log>\n")
	if x.err != nil {
		return x.err
	}
	return x.w.Flush()
}

// xmlWriter keeps the first error.
type xmlWriter struct {
	w   *bufio.Writer
	err error
}

func (x *xmlWriter) raw(s string) {
	if x.err == nil {
		_, x.err = x.w.WriteString(s)
	}
}

// attr writes name="value". Line breaks and tabs become references, else a parser makes
// blanks of them (XML 1.0, 3.3.3).
func (x *xmlWriter) attr(name, value string) {
	x.raw(" " + name + `="`)
	x.escape(value)
	x.raw(`"`)
}

func (x *xmlWriter) escape(s string) {
	x.raw(escaper.Replace(printable(s)))
}

// escaper escapes what markup is made of. A carriage return cannot come: printable has
// made a picture of it.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;")

// textEscaper leaves quotes and white space alone, as a reader likes it.
var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// element writes <name>text</name>.
func (x *xmlWriter) element(name, text string) {
	x.raw("<" + name + ">")
	x.text(text)
	x.raw("</" + name + ">")
}

// text writes the content of an element: <br/> is kept as markup.
func (x *xmlWriter) text(s string) {
	for i, part := range strings.Split(printable(s), "<br/>") {
		if i > 0 {
			x.raw("<br/>")
		}
		x.raw(textEscaper.Replace(part))
	}
}

func (x *xmlWriter) session(s Session) {
	x.raw("<session")
	x.attr("id", s.ID)
	x.attr("flow", s.Flow)
	x.attr("begun", s.Begun.UTC().Format(time.RFC3339))
	if s.Outcome != "" {
		x.attr("outcome", string(s.Outcome))
	}
	x.raw(">\n")
	for _, l := range s.Lines {
		x.transaction(l)
	}
	x.raw("</session>\n")
}

func (x *xmlWriter) transaction(l Line) {
	x.raw("  <transaction")
	x.attr("number", strconv.Itoa(l.N))
	x.attr("after", strconv.Itoa(l.After))
	if l.Outcome != "" {
		x.attr("outcome", string(l.Outcome))
	}
	if l.Reference != "" {
		x.attr("reference", l.Reference)
	}
	x.raw(">\n")
	for _, part := range []Part{InRequest, InPath, InResponse} {
		x.raw("    <" + string(part) + ">\n")
		for _, e := range l.Events {
			if e.Part == part {
				x.raw("      ")
				x.event(e)
				x.raw("\n")
			}
		}
		x.raw("    </" + string(part) + ">\n")
	}
	x.raw("  </transaction>\n")
}

func (x *xmlWriter) event(e Event) {
	x.raw("<element")
	x.attr("type", string(e.Type))
	x.raw(">")
	switch e.Type {
	case RequestText, ResponseText, OutputText:
		x.element(string(e.Type), e.Text)
	case Analysis:
		for _, s := range e.Sentences {
			x.sentence(s)
		}
	case VariableChange:
		x.element("change-type", string(e.Change))
		x.raw("<variable")
		x.attr("name", e.Name)
		x.attr("scope", string(e.Scope))
		x.raw(">")
		x.text(valueText(e.Value))
		x.raw("</variable>")
	case InputParameter, OutputParameter:
		x.raw("<parameter")
		x.attr("name", e.Name)
		x.raw(">")
		x.element("value", valueText(e.Value))
		x.raw("</parameter>")
	case FlowTrigger:
		x.trigger(e.Trigger)
	case Step:
		x.element("name", e.Name)
		if e.Trigger != nil {
			x.element("vertex-id", e.Trigger.Vertex)
		}
	case Message:
		x.element("level", e.Level)
		x.element("value", e.Text)
	case Warning:
		x.element("value", e.Text)
	}
	x.raw("</element>")
}

func (x *xmlWriter) trigger(g *Trigger) {
	if g == nil {
		return
	}
	x.element("trigger-id", g.ID)
	x.raw("<flow")
	x.attr("name", g.Flow)
	x.attr("id", g.FlowID)
	x.raw("/>")
	x.element("vertex-id", g.Vertex)
	for _, m := range g.Mappings {
		x.raw("<mapping")
		x.attr("from", m.From)
		x.attr("to", m.To)
		x.raw("/>")
	}
}

func (x *xmlWriter) sentence(s Sentence) {
	x.raw("<sentence")
	x.attr("begin-index", strconv.Itoa(s.Begin))
	x.attr("text", s.Text)
	x.raw(">")
	for _, w := range s.Words {
		if w.Bare() {
			x.raw("<word/>")
			continue
		}
		x.raw("<word")
		x.attr("begin-index", strconv.Itoa(w.Begin))
		x.attr("original", w.Original)
		x.attr("simplified", w.Simplified)
		x.attr("final", w.Final)
		x.raw("/>")
	}
	x.raw("</sentence>")
}

// valueText is a value as text: a string as it is, everything else as JSON.
func valueText(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

package servertest

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Form is a form as a page shows it: every field with what stands in it.
type Form struct {
	Action string
	Fields url.Values
}

// Forms reads the forms of a page.
func (b *Browser) Forms(page Reply) (forms []Form) {
	b.W.Helper()
	root, err := html.Parse(strings.NewReader(page.Body))
	b.W.Must(err)
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == "form" {
			forms = append(forms, Form{attribute(node, "action"), fieldsOf(node)})
		}
	}
	return forms
}

// Fill opens a page, types into the form with an action, and submits it with everything
// else as the page has it. A field that the form lacks cannot be typed into.
func (b *Browser) Fill(page, action string, pairs ...string) Reply {
	b.W.Helper()
	shown := b.Get(page)
	for _, f := range b.Forms(shown) {
		if f.Action != action {
			continue
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if _, there := f.Fields[pairs[i]]; !there {
				b.W.Fatalf("%s: the form %s has no field %q", page, action, pairs[i])
			}
			f.Fields.Set(pairs[i], pairs[i+1])
		}
		return b.Send("POST", action, urlEncoded, f.Fields.Encode())
	}
	b.W.Fatalf("%s: status %d, and there is no form %s: %s", page, shown.Status, action, shown.Complaint())
	return Reply{}
}

// Filled is Fill for a form that must lead on; it returns where to.
func (b *Browser) Filled(page, action string, pairs ...string) string {
	b.W.Helper()
	return b.led(action, b.Fill(page, action, pairs...))
}

// fieldsOf reads what a browser would send, and an empty value for a box that is not
// ticked.
func fieldsOf(form *html.Node) url.Values {
	out := url.Values{}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		if node.Type != html.ElementNode || name == "" {
			continue
		}
		switch kind := attribute(node, "type"); {
		case node.Data == "input" && (kind == "checkbox" || kind == "radio") && !has(node, "checked"):
			if _, there := out[name]; !there {
				out[name] = nil
			}
		case node.Data == "input" || node.Data == "button" && !out.Has(name):
			out.Set(name, attribute(node, "value"))
		case node.Data == "textarea" && node.FirstChild != nil:
			out.Set(name, node.FirstChild.Data)
		case node.Data == "textarea":
			out.Set(name, "")
		case node.Data == "select":
			out.Set(name, chosen(node))
		}
	}
	return out
}

// chosen is the value of a list: of the option that is selected, else of the first.
func chosen(list *html.Node) string {
	value, any := "", false
	for node := range list.Descendants() {
		if node.Type == html.ElementNode && node.Data == "option" && (!any || has(node, "selected")) {
			value, any = attribute(node, "value"), true
		}
	}
	return value
}

func has(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

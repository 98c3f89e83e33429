package view

import "strings"

// entities are the named ones of XML, some of HTML 5, and those of HTML for U+00A0 to U+00FF
// (HTML 4.01, section 24.2.1), in the order of their characters.
var entities = func() map[string]rune {
	m := map[string]rune{
		"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'',
		"NewLine": '\n', "Tab": '\t', "commat": '@', "period": '.', "lowbar": '_', "hyphen": '-',
		"zwnj": 0x200C, "zwj": 0x200D,
	}
	for i, name := range strings.Fields(`
		nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr
		deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest
		Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml
		ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
		agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml
		eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`) {
		m[name] = rune(0xA0 + i)
	}
	return m
}()

// maxEntity is the longest entity with its & and ;.
const maxEntity = 12

// entity reads &amp; or &#65; or &#x41;.
func (u *unit) entity(t []byte) bool {
	end := 1
	for end < len(t) && end < maxEntity && t[end] != ';' {
		end++
	}
	if end == len(t) || t[end] != ';' || end < 2 {
		return false
	}
	name := t[1:end]
	if name[0] != '#' {
		r, ok := entities[string(name)]
		return ok && u.rune(r, u.pos+end+1)
	}
	base, digits := 10, name[1:]
	if len(digits) > 0 && digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	v := 0
	for _, c := range digits {
		d := int(hexDigit[c])
		if d >= base {
			return false
		}
		v = v*base + d
	}
	return len(digits) > 0 && v <= 0x10FFFF && u.rune(rune(v), u.pos+end+1)
}

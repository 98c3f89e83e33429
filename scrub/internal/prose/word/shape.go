package word

import "unicode"

// writing gathers how a word is written while it is read.
type writing struct {
	script      Shape // Caseless or Han once such a rune was met
	letters     int
	uppers      int
	first, last bool // the first and the last letter are capitals
	afterJoint  bool
	inside      int  // capitals after small letters, not after a joint
	early       int  // the letters before the first of those
	hump        int  // where in the folded word the last such capital stands
	joined      bool // the first capital is that of al-Hassan
	twin        bool // two capitals side by side
}

// letter takes a letter of a script with case.
func (w *writing) letter(small bool, at int) {
	if w.letters == 0 {
		w.first = !small
	}
	if !small {
		w.uppers++
		w.joined = w.joined || w.afterJoint && w.letters <= 2
		if w.letters > 0 && !w.last && !w.afterJoint {
			w.inside++
			if w.early == 0 {
				w.early = w.letters
			}
			w.hump = at
		}
		if w.letters > 0 && w.last && !w.afterJoint {
			w.twin = true
		}
	}
	w.last, w.afterJoint = !small, false
	w.letters++
}

// joint takes an apostrophe or a hyphen.
func (w *writing) joint() { w.afterJoint = true }

// rune takes a rune past ASCII and says whether it is part of the word.
func (w *writing) rune(r rune, at int) bool {
	switch {
	case unicode.Is(unicode.Han, r):
		// Han is written without blanks: each character is a word.
		if w.letters > 0 {
			return false
		}
		w.script = Han
		w.letters++
		return true
	case w.script == Han:
		return false
	case unicode.IsUpper(r):
		w.letter(false, at)
		return true
	case unicode.IsLower(r):
		w.letter(true, at)
		return true
	case unicode.IsLetter(r):
		w.script = Caseless
		w.letters++
		return true
	}
	return w.letters > 0 && unicode.Is(unicode.M, r)
}

func (w *writing) shape() Shape {
	switch {
	case w.script != 0:
		return w.script
	case w.uppers == 0:
		return Lower
	case w.uppers == w.letters && w.letters > 1:
		return Upper
	case !w.first:
		if w.joined && w.uppers == 1 {
			return Capital // d'Aubigné
		}
		return Mixed
	case w.twin:
		return Mixed
	case w.inside == 0:
		return Capital // Jude, Anne-Marie, O'Brien
	case w.inside == 1 && w.early <= 3:
		return Capital // McDonald, DeLuca, MacArthur
	}
	return Mixed
}

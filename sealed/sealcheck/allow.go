package sealcheck

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// marker begins the comment that allows a finding.
const marker = "//sealcheck:allow"

// allowance is one such comment.
type allowance struct {
	pos  token.Pos
	rule string
	used bool
}

// allowances are those of a package, by file and line.
type allowances struct {
	at  map[string]map[int][]*allowance
	bad map[token.Pos]string // comments that allow nothing, with the reason
}

func readAllowances(pass *analysis.Pass) *allowances {
	a := &allowances{at: map[string]map[int][]*allowance{}, bad: map[token.Pos]string{}}
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if rest, ok := strings.CutPrefix(comment.Text, marker); ok {
					a.read(pass.Fset.Position(comment.Pos()), comment.Pos(), rest)
				}
			}
		}
	}
	return a
}

func (a *allowances) read(at token.Position, pos token.Pos, text string) {
	text, _, _ = strings.Cut(text, "// want") // what a test expects is no reason
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		a.bad[pos] = "this allowance names no rule"
	case Rules[words[0]].ID == "":
		a.bad[pos] = "there is no rule " + words[0]
	case len(words) < 2:
		a.bad[pos] = "this allowance gives no reason"
	default:
		if a.at[at.Filename] == nil {
			a.at[at.Filename] = map[int][]*allowance{}
		}
		a.at[at.Filename][at.Line] = append(a.at[at.Filename][at.Line], &allowance{pos: pos, rule: words[0]})
	}
}

// covers reports whether a finding is allowed on its line or the line above.
func (a *allowances) covers(at token.Position, rule string) bool {
	covered := false
	for _, line := range []int{at.Line, at.Line - 1} {
		for _, w := range a.at[at.Filename][line] {
			if w.rule == rule {
				w.used, covered = true, true
			}
		}
	}
	return covered
}

// unused reports the comments that allowed nothing.
func (a *allowances) unused(c *checker) {
	for pos, why := range a.bad {
		c.report(pos, "allow", why)
	}
	for _, lines := range a.at {
		for _, all := range lines {
			for _, w := range all {
				if !w.used {
					c.report(w.pos, "allow", "nothing here breaks the rule "+w.rule+": remove this allowance")
				}
			}
		}
	}
}

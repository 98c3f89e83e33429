package link

import (
	"math"
	"testing"
)

func TestDefaultModelComparesEveryFieldThatCanBe(t *testing.T) {
	m := DefaultModel([]Field{
		{Name: "given", Kind: GivenName},
		{Name: "family", Kind: FamilyName},
		{Name: "born", Kind: Date},
		{Name: "mail", Kind: Email},
		{Name: "street", Kind: Street},
		{Name: "town", Kind: Place},
		{Name: "note", Kind: Ignore},
	})
	if len(m.Comparisons) != 6 || len(m.Related) != 2 || m.Prior <= 0 {
		t.Fatalf("%d comparisons, %d related, prior %v", len(m.Comparisons), len(m.Related), m.Prior)
	}
	for _, c := range m.Comparisons {
		same, other := 0.0, 0.0
		for _, l := range c.Levels {
			same, other = same+l.M, other+l.U
			if l.M <= 0 || l.U <= 0 || len(l.Related) != len(m.Related) {
				t.Errorf("%s: level %+v", c.Name, l)
			}
		}
		if math.Abs(same-1) > .03 || math.Abs(other-1) > .03 {
			t.Errorf("%s: %v of matches, %v of others", c.Name, same, other)
		}
	}
}

package link

import "math"

// explain says what each comparison contributed to a pair, the weightiest first.
func (c *comparer) explain(i, j int32) []Reason {
	var list []Reason
	for k, v := range c.verdicts(i, j, nil) {
		if v == noLevel {
			continue
		}
		cmp := &c.model.Comparisons[k]
		list = append(list, Reason{
			Field: cmp.Name, Code: cmp.Levels[v].Code, Bits: math.Log2(cmp.Levels[v].M / cmp.Levels[v].U),
			Text: cmp.Name + " " + cmp.Levels[v].Text,
		})
	}
	return list
}

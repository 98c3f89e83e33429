package search

func (m *mention) reasons(c *claim) []Reason { return nil }

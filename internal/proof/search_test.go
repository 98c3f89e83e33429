package proof_test

import "github.com/habeas-data/habeas/sealed/canary"

// prefixLen is the least length of what can be searched for in bytes.
const prefixLen = canary.MinLen

// searcher is what must not be found, or must. That the search itself finds a value in
// every form is shown where it lives, and again behind everything that it searches.
type searcher struct {
	set canary.Set
}

func newSearcher() *searcher { return &searcher{} }

// text adds a canary of words.
func (s *searcher) text(name, value string) { s.set.Text(name, value) }

// binary adds bytes such as a key.
func (s *searcher) binary(name string, value []byte) { s.set.Binary(name, value) }

// token adds a secret as text and as the bytes that the text stands for.
func (s *searcher) token(name, value string) { s.set.Token(name, value) }

// find returns which canaries stand in data, each with its form and place.
func (s *searcher) find(data []byte) (found []string) {
	report, err := s.set.Bytes("data", data)
	if err != nil {
		panic(err) // a search that sees nothing proves nothing
	}
	for _, f := range report.Findings {
		found = append(found, f.String())
	}
	return found
}

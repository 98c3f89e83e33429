package word

// Strip is a row of tokens, cut off a text as they are asked for.
type Strip struct {
	cut    Cutter
	tokens []Token
	done   bool
}

// Reset begins a new strip at a border between tokens.
func (s *Strip) Reset(text []byte, pos int) {
	if s.cut.dict == nil {
		s.cut = NewCutter(text, pos)
	}
	s.cut.Text, s.cut.Pos = text, pos
	s.tokens, s.done = s.tokens[:0], false
}

// Text is the text that the strip is of.
func (s *Strip) Text() []byte { return s.cut.Text }

var outside = Token{Gap: Empty}

// At returns token i, which is an Edge before the first and after the last. The token is
// good until the next call.
func (s *Strip) At(i int) *Token {
	if i < 0 {
		return &outside
	}
	for i >= len(s.tokens) {
		if s.done {
			return &outside
		}
		s.tokens = append(s.tokens, Token{})
		t := &s.tokens[len(s.tokens)-1]
		s.cut.Next(t)
		s.done = t.Kind == Edge && t.Start == t.End && s.cut.Pos >= len(s.cut.Text)
	}
	return &s.tokens[i]
}

// Drop forgets the first n tokens; the others are renumbered.
func (s *Strip) Drop(n int) {
	s.tokens = s.tokens[:copy(s.tokens, s.tokens[n:])]
}

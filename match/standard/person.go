package standard

// Person is a person's name in its parts, folded.
type Person struct {
	Given    []string // in the order written; initials are single letters
	Family   []string // without particles
	Particle []string // van, de la, al
	Title    []string // dr, prof, sir, 1st baron
	Suffix   []string // jr, iii, phd
}

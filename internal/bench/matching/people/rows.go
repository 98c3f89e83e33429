package people

import (
	"encoding/csv"
	"io"
	"iter"
	"math/rand/v2"
	"strconv"
)

// MaxRows is how many rows one set can have.
const MaxRows = 1 << 27

// Set is a list of rows about invented people, in an order that says nothing about who
// is who. It is read only once made, and safe for concurrent use.
type Set struct {
	seed    uint64
	profile Profile
	of      []uint32 // for each row person·32 + which of their rows
}

// mostRows is how many rows one person has at most.
const mostRows = 32

// New draws a set of n rows.
func New(seed uint64, n int, p Profile) *Set {
	s := &Set{seed: seed, profile: p, of: make([]uint32, 0, min(n, MaxRows))}
	r := rand.New(rand.NewPCG(seed, 3))
	for who := uint32(0); len(s.of) < cap(s.of); who++ {
		for copied := uint32(0); copied < mostRows && len(s.of) < cap(s.of); copied++ {
			s.of = append(s.of, who*mostRows+copied)
			// Geometric: a few people have very many rows.
			if r.Float64() >= p.Repeats/(1+p.Repeats) {
				break
			}
		}
	}
	r.Shuffle(len(s.of), func(i, j int) { s.of[i], s.of[j] = s.of[j], s.of[i] })
	return s
}

// Len is the number of rows.
func (s *Set) Len() int { return len(s.of) }

// Person is who row i is about: rows with the same number are about the same person.
func (s *Set) Person(i int) int { return int(s.of[i] / mostRows) }

// Row makes row i. It has the columns of [Header].
func (s *Set) Row(i int) []string {
	v := s.spoiled(uint64(s.of[i]/mostRows), uint64(s.of[i]))
	return v[:]
}

// Another makes a further row about the person of row i, which is not in the set.
func (s *Set) Another(i int) []string {
	v := s.spoiled(uint64(s.of[i]/mostRows), uint64(s.of[i])+1<<40)
	return v[:]
}

func (s *Set) spoiled(who, which uint64) row {
	return s.profile.spoil(rand.New(rand.NewPCG(s.seed^0x165667b19e3779f9, which)), person(s.seed, who))
}

// Rows lists all rows in order.
func (s *Set) Rows() iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for i := range s.of {
			if !yield(s.Row(i), nil) {
				return
			}
		}
	}
}

// WriteCSV writes header and rows. With truth it adds a column "cluster" that says who
// is who.
func (s *Set) WriteCSV(w io.Writer, truth bool) error {
	out := csv.NewWriter(w)
	write := func(cells []string, cluster string) error {
		if truth {
			cells = append(cells[:len(cells):len(cells)], cluster)
		}
		return out.Write(cells)
	}
	if err := write(Header, "cluster"); err != nil {
		return err
	}
	for i := range s.of {
		if err := write(s.Row(i), strconv.Itoa(s.Person(i))); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

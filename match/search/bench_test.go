package search

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// syllables make invented names that resemble each other as real ones do.
var syllables = []string{
	"ba", "ber", "bro", "cas", "da", "del", "dor", "el", "fa", "fin", "ga", "gor", "ha", "hil", "ka", "kel", "kro",
	"la", "len", "lo", "ma", "mar", "men", "mi", "mor", "na", "nor", "o", "pa", "per", "ra", "ri", "ro", "sa", "sel", "shi",
	"sta", "ta", "ter", "tor", "ul", "va", "ver", "vi", "wal", "zen", "burg", "ton", "ville", "heim", "stadt", "field",
}

// invented returns n entities with one to three names each, some of them shared.
func invented(seed uint64, n int) []Entity {
	r := rand.New(rand.NewPCG(seed, 1))
	word := func() string {
		w := ""
		for range 2 + r.IntN(3) {
			w += syllables[r.IntN(len(syllables))]
		}
		return w
	}
	common := []string{"new", "saint", "upper", "university of", "institute of", "great"}
	out := make([]Entity, n)
	for i := range out {
		e := Entity{ID: "e" + strconv.Itoa(i), Type: []string{"place", "organization"}[r.IntN(2)], Country: []string{"", "DE", "ES", "JP"}[r.IntN(4)]}
		e.Weight = float64(int(1) << r.IntN(20))
		for k := range 1 + r.IntN(3) {
			name := word()
			switch r.IntN(4) {
			case 0:
				name = common[r.IntN(len(common))] + " " + name
			case 1:
				name += " " + word()
			}
			e.Names = append(e.Names, Name{Text: name, Kind: Kind(min(k, 1))})
		}
		out[i] = e
	}
	return out
}

func build(t testing.TB, entities []Entity) *Index {
	t.Helper()
	x, err := Build(context.Background(), slices.Values(entities), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// misspelled returns a text with one letter more, less, changed or swapped.
func misspelled(r *rand.Rand, s string) string {
	b := []byte(s)
	i, c := r.IntN(len(b)), byte('a'+r.IntN(26))
	switch r.IntN(4) {
	case 0:
		b = slices.Insert(b, i, c)
	case 1:
		b = slices.Delete(b, i, i+1)
	case 2:
		b[i] = c
	default:
		if i+1 < len(b) {
			b[i], b[i+1] = b[i+1], b[i]
		}
	}
	return string(b)
}

func BenchmarkSearch(b *testing.B) {
	entities := invented(1, 200_000)
	x := build(b, entities)
	r := rand.New(rand.NewPCG(3, 4))
	names := make([]string, 4096)
	for i := range names {
		names[i] = entities[r.IntN(len(entities))].Names[0].Text
	}
	for _, kind := range []struct {
		name string
		mode Mode
		edit func(string) string
	}{
		{"exact", Auto, func(s string) string { return s }},
		{"one edit", Whole, func(s string) string { return misspelled(r, s) }},
		{"two edits", Whole, func(s string) string { return misspelled(r, misspelled(r, s)) }},
		{"words", Whole, func(s string) string { return "institute " + s + " of" }},
		{"typing", Typing, func(s string) string { return s[:1+r.IntN(len(s))] }},
	} {
		texts := make([]string, len(names))
		for i, s := range names {
			texts[i] = kind.edit(s)
		}
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				x.Search(Query{Text: texts[i%len(texts)], Mode: kind.mode})
				i++
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	entities := invented(1, 50_000)
	b.ReportAllocs()
	for b.Loop() {
		build(b, entities)
	}
}

func BenchmarkPut(b *testing.B) {
	entities := invented(1, 50_000)
	x := build(b, entities)
	i := 0
	for b.Loop() {
		e := entities[i%len(entities)]
		e.Names = append(e.Names[:1:1], Name{Text: "changed " + strconv.Itoa(i)})
		if err := x.Put(e); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

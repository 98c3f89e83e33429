package matching

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/match/search"
)

// tenMillion is how many names the large index has; every entity has two.
const tenMillion = 10_000_000

const tenMillionFile = "ten-million.index"

// invented lists entities with two names each, made from people.
func invented(seed uint64, names int) iter.Seq[search.Entity] {
	set := people.New(seed, names/2, people.Profile{})
	return func(yield func(search.Entity) bool) {
		for i := range set.Len() {
			row := set.Row(i)
			given, family, city := row[0], row[1], row[8]
			if !yield(search.Entity{ID: strconv.Itoa(i), Names: []search.Name{
				{Text: given + " " + family + " " + city},
				{Text: family + " and Partners, " + row[6], Kind: search.Alias},
			}}) {
				return
			}
		}
	}
}

// saveTenMillion builds the large index and leaves it in a file.
func saveTenMillion(ctx context.Context, j *job) error {
	began := time.Now()
	x, err := search.Build(ctx, invented(j.Seed, tenMillion), search.Options{})
	if err != nil {
		return err
	}
	f := Figures{"build_s": time.Since(began).Seconds(), "names": float64(x.Names())}
	j.say("ten million names: built in %.0f s", f["build_s"])
	began = time.Now()
	if err := x.Save(filepath.Join(j.Scratch, tenMillionFile)); err != nil {
		return err
	}
	f["save_s"] = time.Since(began).Seconds()
	if _, most, ok := memory(); ok {
		f["build_peak_mb"] = most
	}
	j.Figures.put("search.ten_million", f)
	return x.Close()
}

// openTenMillion opens the file and answers a question, as after a restart of the
// process: the file may still be in the memory of the machine.
func openTenMillion(_ context.Context, j *job) error {
	file := filepath.Join(j.Scratch, tenMillionFile)
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	f := Figures{"file_mb": float64(info.Size()) / (1 << 20)}
	for _, how := range []struct {
		name  string
		trust bool
	}{{"open", false}, {"open_trusted", true}} {
		began := time.Now()
		x, err := search.Open(file, search.Options{Trust: how.trust})
		if err != nil {
			return err
		}
		f[how.name+"_s"] = time.Since(began).Seconds()
		began = time.Now()
		x.Search(search.Query{Text: "Katharina Lindenbaum"})
		f[how.name+"_first_answer_us"] = float64(time.Since(began)) / float64(time.Microsecond)
		if err := x.Close(); err != nil {
			return err
		}
	}
	j.say("ten million names: opened in %.3f s, without checksums in %.3f s", f["open_s"], f["open_trusted_s"])
	j.Figures.put("search.ten_million", f)
	return nil
}

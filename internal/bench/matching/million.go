package matching

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/table"
)

// millionRows is how many rows are linked at once.
const millionRows = 1_000_000

// million links a million rows as they come from a file. The file is written before
// and is not part of the time; reading it is.
func million(ctx context.Context, j *job) error {
	set := people.New(j.Seed+1, millionRows, people.Profiles[0])
	file := filepath.Join(j.Scratch, "people.csv")
	if err := writeTo(file, func(w io.Writer) error { return set.WriteCSV(w, false) }); err != nil {
		return err
	}
	j.say("linkage of a million rows: they are written")
	began, cpu := time.Now(), CPUSeconds()
	res, err := linkFile(ctx, file, link.Options{Seed: j.Seed})
	if err != nil {
		return err
	}
	f := Figures{"seconds": time.Since(began).Seconds(), "cpu_s": CPUSeconds() - cpu, "compared": float64(res.Compared)}
	if _, most, ok := memory(); ok {
		f["peak_mb"] = most
	} else {
		j.note("linkage.million.peak_mb: not measured: only Linux says how much memory a process had")
	}
	truth := make([]int, set.Len())
	for i := range truth {
		truth[i] = set.Person(i)
	}
	for name, v := range ofClusters(res.Cluster, truth) {
		f[name+"_at_half"] = v
	}
	j.say("linkage of a million rows: %.1f s, %.0f MiB, f1 at one half %.4f", f["seconds"], f["peak_mb"], f["f1_at_half"])
	j.Figures.put("linkage.million", f)
	return similar(ctx, j, set, res.Model) // the rest of the result is not needed any more
}

// linkFile links the rows of a CSV file.
func linkFile(ctx context.Context, file string, o link.Options) (*link.Result, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := table.NewReader(bufio.NewReaderSize(f, 1<<20), table.Options{})
	if err != nil {
		return nil, err
	}
	return link.Link(ctx, r.Header(), readRows(r), o)
}

func readRows(r *table.Reader) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for {
			row, err := r.Next()
			if errors.Is(err, io.EOF) || !yield(row, err) {
				return
			}
		}
	}
}

// writeTo makes a file.
func writeTo(name string, write func(io.Writer) error) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

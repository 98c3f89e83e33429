package reference

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
)

// indexed answers from an index alone, without a store.
type indexed struct{ *entity.Index }

func (x indexed) Find(_ context.Context, q entity.Question) (entity.Answer, error) {
	return x.Index.Find(q)
}

func (x indexed) Select(context.Context, entity.Selection) error { return nil }

// registry is an index of the organisations of ROR, and some of their names misspelled.
func registry(b *testing.B) (*entity.Index, []string) {
	b.Helper()
	dir := os.Getenv("HABEAS_REFERENCE")
	if dir == "" {
		b.Skip("HABEAS_REFERENCE names no reference data")
	}
	f, err := os.Open(filepath.Join(dir, "entities", "ror_records.jsonl"))
	if err != nil {
		b.Skip(err)
	}
	defer f.Close()
	var names []string
	begin, n := time.Now(), 0
	x, err := entity.BuildIndex(b.Context(), func(yield func(entity.Entity, error) bool) {
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var r struct {
				ID, Name, Country, City string
				Alt                     []string
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				yield(entity.Entity{}, err)
				return
			}
			d := entity.Description{Type: entity.Organization, Externals: []entity.External{{Scheme: "ror", Value: r.ID}}}
			say := func(name, value string) {
				d.Attributes = append(d.Attributes, entity.Attribute{Name: name, Value: value})
			}
			say(entity.AttrName, r.Name)
			for _, a := range r.Alt {
				say(entity.AttrAlias, a)
			}
			say(entity.AttrCountry, r.Country)
			say(entity.AttrPlace, r.City)
			if n++; n%50 == 0 && len(r.Name) > 8 {
				names = append(names, misspelt(r.Name, n))
			}
			if !yield(entity.Entity{ID: entity.NewID(), State: entity.Active, Description: d}, nil) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = x.Close() })
	b.Logf("%d organisations indexed in %v", x.Len(), time.Since(begin).Round(time.Millisecond))
	return x, names
}

// misspelt changes places of two letters.
func misspelt(name string, n int) string {
	r := []rune(name)
	i := 1 + n%(len(r)-3)
	r[i], r[i+1] = r[i+1], r[i]
	return string(r)
}

func BenchmarkEntityFind(b *testing.B) {
	x, names := registry(b)
	for i := 0; b.Loop(); i++ {
		if _, err := x.Find(entity.Question{Text: names[i%len(names)]}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEntityByExternal(b *testing.B) {
	x, _ := registry(b)
	for b.Loop() {
		if _, err := x.Find(entity.Question{Text: "https://ror.org/013meh722"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEntitySearchHTTP(b *testing.B) {
	x, names := registry(b)
	origin, err := edge.ParseOrigin("http://localhost:8080")
	if err != nil {
		b.Fatal(err)
	}
	mux := &edge.Mux{Failures: &edge.Failures{}}
	api.NewSearching(indexed{x}, origin, nil, habeas.SystemClock{}, api.Quota{Count: 1 << 30, In: time.Second}).Mount(mux)
	server := httptest.NewServer(mux)
	b.Cleanup(server.Close)
	client := server.Client()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			res, err := client.Get(server.URL + "/api/v1/entities?q=" + url.QueryEscape(names[i%len(names)]))
			if err != nil || res.StatusCode != 200 {
				b.Error(fmt.Sprint(res, err))
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				b.Error(err)
			}
			_ = res.Body.Close()
		}
	})
}

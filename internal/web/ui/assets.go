package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/habeas-data/habeas/internal/edge"
)

// AssetsPath is the prefix that [Assets] serves.
const AssetsPath = "/static/"

// styles are sent as one file, app.css, in this order: later ones refine earlier ones.
var styles = []string{"tokens.css", "app.css", "parts.css", "account.css", "staff.css", "records.css", "notice.css", "entity.css", "admin.css", "demo.css", "print.css"}

// Assets serves style, scripts and icons. One hash over all of them is part of every
// address, as a folder: /static/<hash>/app.css. So files never change under their
// address and may be cached for ever, and modules can import each other by relative
// name. It is safe for concurrent use.
type Assets struct {
	hash  string
	files map[string]asset
	icons []string // names in icons.svg
}

type asset struct {
	body, gzipped []byte // gzipped is nil where it would not be smaller
	contentType   string
}

// Assets returns the handler for everything below [AssetsPath].
func (rd *Renderer) Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := rd.files()
		if err != nil {
			http.Error(w, "assets cannot be read", http.StatusInternalServerError)
			return
		}
		f.assets.ServeHTTP(w, r)
	})
}

// embeddedAssets are those that are built in, compressed once for all renderers.
var embeddedAssets = sync.OnceValues(func() (*Assets, error) { return newAssets(embedded) })

func newAssets(tree fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]asset{}}
	var css bytes.Buffer
	for _, name := range styles {
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		css.Write(data)
	}
	a.add("app.css", css.Bytes())
	for _, pattern := range []string{"*.svg", "js/*.js"} {
		names, err := fs.Glob(tree, pattern)
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		for _, name := range names {
			data, err := fs.ReadFile(tree, name)
			if err != nil {
				return nil, fmt.Errorf("ui: %w", err)
			}
			a.add(name, data)
		}
	}
	for _, m := range iconID.FindAllSubmatch(a.files["icons.svg"].body, -1) {
		a.icons = append(a.icons, string(m[1]))
	}
	a.hash = a.sum()
	return a, nil
}

var iconID = regexp.MustCompile(`<symbol id="([a-z-]+)"`)

func (a *Assets) add(name string, body []byte) {
	f := asset{body: bytes.Clone(body), contentType: mime.TypeByExtension(path.Ext(name))}
	switch path.Ext(name) { // not every system knows these
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".svg":
		f.contentType = "image/svg+xml"
	}
	var gz bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression) // fails only for an unknown level
	zw.Write(body)                                          //nolint:errcheck // a bytes.Buffer takes everything
	zw.Close()
	if gz.Len() < len(body) {
		f.gzipped = gz.Bytes()
	}
	a.files[name] = f
}

func (a *Assets) sum() string {
	var names []string
	for name := range a.files {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(a.files[name].body))
		h.Write(a.files[name].body)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Scripts are the scripts of the pages, as files. A site of somebody else that registers people
// makes key and file by the modules regfile*.js of them, so that they are the published ones.
func Scripts() fs.FS {
	js, err := fs.Sub(embedded, "js")
	if err != nil { // only for a name that is no path
		panic(err)
	}
	return js
}

// URL returns the address of an asset. An unknown name is an error, so that a
// misspelt one fails the page's test and not the page's reader.
func (a *Assets) URL(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return AssetsPath + a.hash + "/" + name, nil
}

// ServeHTTP implements http.Handler. A page of another version (during an update)
// gets the file of this version, but must not keep it.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetsPath), "/")
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if hash == a.hash {
		edge.Immutable(w)
	}
	body := f.body
	if f.gzipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // an error here means that the reader has gone
	}
}

func acceptsGzip(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) == "gzip" {
			return !strings.HasPrefix(strings.ReplaceAll(params, " ", ""), "q=0") || strings.Contains(params, "q=0.")
		}
	}
	return false
}

package api

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/habeas-data/habeas"
)

// tilePath is what a tile of hashes or a bundle of leaves may be called (C2SP
// tlog-tiles): level or "entries", the index in groups of three digits, and for a
// partial one its width. Nothing else in the directory is served.
var tilePath = regexp.MustCompile(`^(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/){0,6}[0-9]{3}(\.p/[1-9][0-9]{0,2})?$`)

var errNoTile = habeas.NotFound("There is no such part of the ledger.").WithCode("ledger.none")

func (a *API) checkpoint(w http.ResponseWriter, r *http.Request) error {
	return a.serveLedger(w, r, "checkpoint", "text/plain; charset=utf-8", "no-cache")
}

// tile serves what never changes once it is there. A partial tile makes way for the
// full one, so nobody should keep it for long.
func (a *API) tile(w http.ResponseWriter, r *http.Request) error {
	path := r.PathValue("path")
	if !tilePath.MatchString(path) {
		return errNoTile
	}
	caching := "public, max-age=31536000, immutable"
	if strings.Contains(path, ".p/") {
		caching = "public, max-age=300"
	}
	return a.serveLedger(w, r, "tile/"+path, "application/octet-stream", caching)
}

func (a *API) serveLedger(w http.ResponseWriter, r *http.Request, path, mediaType, caching string) error {
	f, err := os.OpenInRoot(a.deps.LedgerDir, filepath.FromSlash(path))
	if errors.Is(err, fs.ErrNotExist) {
		return errNoTile
	}
	if err != nil {
		return habeas.Internal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return habeas.Internal(err)
	}
	if !info.Mode().IsRegular() {
		return errNoTile
	}
	h := w.Header()
	open(h)
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", caching)
	http.ServeContent(w, r, "", info.ModTime(), f)
	return nil
}

// ledgerKey tells the key that checkpoints are verified with. Whoever checks should
// have got it another way as well.
func (a *API) ledgerKey(w http.ResponseWriter, _ *http.Request) error {
	open(w.Header())
	return write(w, "text/plain; charset=utf-8", "no-cache", []byte(a.deps.LedgerKey+"\n"))
}

// open lets pages anywhere read the ledger: checking it must not need our leave.
func open(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

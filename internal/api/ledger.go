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
	"github.com/habeas-data/habeas/internal/edge"
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

// problem explains a type of problem in a sentence or two.
func (a *API) problem(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("type")
	text, ok := problems[name]
	if !ok {
		return habeas.NotFound("There is no such type of problem.")
	}
	return edge.WriteJSON(w, http.StatusOK, struct {
		Type    string `json:"type"`
		Meaning string `json:"meaning"`
		Todo    string `json:"what_to_do"`
	}{"/problems/" + name, text[0], text[1]})
}

// problems says for each error kind what it means and what to do.
var problems = map[string][2]string{
	habeas.KindInternal.String():        {"A fault of ours. Nothing was changed.", "Try again later; quote the incident when you ask us."},
	habeas.KindInvalid.String():         {"The request is wrong, and so it will be every time.", "Mend what “field” or “errors” name by their path in the body."},
	habeas.KindUnauthenticated.String(): {"The access token is missing, unknown, expired or ended.", "Get a new one at /oauth/token and send it as a Bearer token."},
	habeas.KindForbidden.String():       {"The request is understood, but this caller may not make it.", "Ask for a token with the scope named in WWW-Authenticate."},
	habeas.KindNotFound.String():        {"There is no such thing, or none that this caller may see.", "Check the address and the ids; other systems' tickets look as if they did not exist."},
	habeas.KindConflict.String():        {"The request contradicts what was said before, or somebody changed the thing meanwhile.", "Read it again, or use a new idempotency key for a new request."},
	habeas.KindGone.String():            {"It was there, and was used up, expired or erased.", "Do not ask for it again."},
	habeas.KindTooLarge.String():        {"The request is larger than the stated limit of 64 KiB.", "Send less at once."},
	habeas.KindTooMany.String():         {"Too many requests in a short time.", "Wait as long as Retry-After says."},
	habeas.KindUnavailable.String():     {"The server is busy, stopping or short of disk. Nothing was changed.", "Wait as long as Retry-After says and send the same request again."},
	habeas.KindSealed.String():          {"The server runs, but waits for its master password.", "Try again later; its administrators have to unseal it."},
}

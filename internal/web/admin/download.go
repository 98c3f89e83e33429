package admin

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const (
	downloadPath = "/download"
	// downloadSilence is how long a reader may take nothing of a program: all of it may take hours.
	downloadSilence = time.Minute
)

var (
	errNoPrograms = habeas.NotFound("This site offers no programs.").WithCode("download.none")
	errNoProgram  = habeas.NotFound("The release has no file of this name.").WithCode("download.unlisted")
	errBadProgram = habeas.Unavailable("What lies here is not what was released, so it is not handed out. Tell us, and come back later.").WithCode("download.bad")
)

func (s *Pages) mountDownloads(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+downloadPath, s.downloads)
	s.Handle(m, ui.Anybody, "GET "+downloadPath+"/{name}", s.Limited(s.download))
}

// DownloadPage is the data of public/download.
type DownloadPage struct {
	Heading  ui.Heading
	Files    ui.Table
	Commands []ui.Copy // how to check
	Key      ui.Copy
}

// downloads lists the programs of the release that this server hands out (PRX-02).
func (s *Pages) downloads(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if s.Downloads == nil {
		return errNoPrograms
	}
	m, _, err := s.Downloads.Manifest()
	if err != nil {
		return errBadProgram.WithCause(err)
	}
	p := v.P
	page := DownloadPage{
		Heading: ui.Heading{
			Title:   p.T("Programs for your own computer"),
			Lead:    p.T("Version {version} of {date}. Get them here only, at {site}, and check them before you use them.", "version", m.Version, "date", p.Date(m.Date), "site", s.Origin.String()),
			Back:    &ui.Link{Text: p.T("What we keep about people"), URL: "/policy"},
			Actions: []ui.Link{{Text: p.T("Signed list (manifest)"), URL: downloadPath + "/" + release.ManifestName}},
		},
		Files: ui.Table{
			ID: "programs", Caption: p.T("Programs"), Prose: true,
			Columns: []ui.Column{{Text: p.T("Program")}, {Text: p.T("Size")}, {Text: "SHA-256"}},
		},
		Key: ui.Copy{ID: "release-key", Label: p.T("Public key of who releases"), Text: s.Downloads.Key().Text},
	}
	for _, f := range m.Files {
		page.Files.Rows = append(page.Files.Rows, []ui.Cell{
			{Text: f.Name, URL: downloadPath + "/" + f.Name, Note: platform(p, f.Name)},
			{Text: size(p, uint64(f.Size))},
			{Text: f.Hash(), Mono: true},
		})
	}
	first := m.Files[0].Name
	page.Commands = []ui.Copy{
		{ID: "verify", Label: p.T("With a program that you have already"), Text: "habeas verify-release " + release.ManifestName + " " + first},
		{ID: "hash", Label: p.T("The first time"), Text: "sha256sum " + first},
	}
	return s.Render(w, r, http.StatusOK, "public/download", page)
}

// platform says for which machines a program is, as far as its name tells.
func platform(p lang.Printer, name string) string {
	system := map[string]string{"linux": "Linux", "darwin": "macOS", "windows": "Windows"}
	part := strings.Split(strings.TrimSuffix(name, ".exe"), "-")
	if len(part) != 3 || system[part[1]] == "" {
		return ""
	}
	processor := map[string]string{"amd64": p.T("for Intel and AMD, 64 bits"), "arm64": p.T("for ARM, 64 bits")}
	return strings.TrimSpace(system[part[1]] + " " + processor[part[2]])
}

// download hands out one file of the release, or the manifest.
func (s *Pages) download(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	if s.Downloads == nil {
		return errNoPrograms
	}
	name := r.PathValue("name")
	if name == release.ManifestName {
		_, signed, err := s.Downloads.Manifest()
		if err != nil {
			return errBadProgram.WithCause(err)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = w.Write(signed) // the reader may have gone
		return nil
	}
	program, err := s.Downloads.Open(name)
	switch {
	case errors.Is(err, release.ErrUnlisted):
		return errNoProgram
	case err != nil:
		return errBadProgram.WithCause(err)
	}
	defer program.Close()
	f, h := program.File(), w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(f.SHA256[:])+":") // RFC 9530
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(patient{w, http.NewResponseController(w)}, program); err != nil {
		panic(http.ErrAbortHandler) // the reader has gone, or must not take this for the whole
	}
	return nil
}

// patient gives each part of an answer its own time.
type patient struct {
	io.Writer
	to *http.ResponseController
}

// Write implements io.Writer.
func (w patient) Write(part []byte) (int, error) {
	_ = w.to.SetWriteDeadline(time.Now().Add(downloadSilence))
	return w.Writer.Write(part)
}

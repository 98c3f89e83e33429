package party

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// CopyPage is the data of me/copy.
type CopyPage struct {
	Records []InboxRecord
	Masked  bool // something is still hidden, and will be in the copy
}

func (s *Pages) copyPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	mine, err := s.Records.Mine(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	var page CopyPage
	for _, rec := range mine {
		row := s.inboxRecord(v.P, rec)
		page.Records = append(page.Records, row)
		page.Masked = page.Masked || row.Masked > 0
	}
	return s.Render(w, r, http.StatusOK, "me/copy", page)
}

func (s *Pages) takeCopy(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	format := r.PathValue("format")
	if format != "json" && format != "csv" && format != "html" && format != "zip" {
		return habeas.NotFound("A copy comes as JSON, CSV, a page, or all of them as ZIP.").WithCode("copy.format")
	}
	c, err := s.Records.Copy(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		download(w, c.Name+".json", "application/json", c.JSON)
	case "csv":
		download(w, c.Name+".csv", "text/csv; charset=utf-8", c.CSV)
	case "zip":
		download(w, c.Name+".zip", "application/zip", c.ZIP)
	case "html":
		download(w, c.Name+".html", "text/html; charset=utf-8", c.HTML)
	}
	return nil
}

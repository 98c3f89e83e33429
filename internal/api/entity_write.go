package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
)

type (
	versionIn struct {
		ID      entity.ID `json:"id"`
		Version int64     `json:"version"`
	}
	validateIn struct {
		Description entity.Description `json:"description"`
		Author      *authorIn          `json:"author"`
	}
	createIn struct {
		Description entity.Description `json:"description"`
		Ticket      string             `json:"ticket"`
		Override    string             `json:"override"`
		Author      *authorIn          `json:"author"`
	}
	editIn struct {
		Description entity.Description `json:"description"`
		Lock        string             `json:"lock"`
		Author      *authorIn          `json:"author"`
	}
	lockIn struct {
		ID entity.ID `json:"id"`
	}
	mergeIn struct {
		Into   versionIn   `json:"into"`
		Others []versionIn `json:"others"`
		Lock   string      `json:"lock"`
	}
	splitIn struct {
		ID      entity.ID            `json:"id"`
		Version int64                `json:"version"`
		Parts   []entity.Description `json:"parts"`
		Lock    string               `json:"lock"`
	}
	deleteIn struct {
		ID      entity.ID `json:"id"`
		Version int64     `json:"version"`
		Lock    string    `json:"lock"`
	}
	undoIn struct {
		Seq int64 `json:"seq"`
	}
	purgeIn struct {
		ID  entity.ID `json:"id"`
		Why string    `json:"why"`
	}
	licenceIn struct {
		Words int `json:"words"`
	}
)

// reportOut is the answer to a validation (ENT-10).
type reportOut struct {
	Findings   []findingOut   `json:"findings"`
	Candidates []candidateOut `json:"candidates"`
	Ticket     string         `json:"ticket,omitempty"`
	Ends       time.Time      `json:"ends,omitzero"`
	Licence    string         `json:"licence"`
}

type findingOut struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Fatal   bool   `json:"fatal"`
}

type candidateOut struct {
	ID   string      `json:"id"`
	URI  string      `json:"uri"`
	Name string      `json:"name"`
	Type entity.Type `json:"type"`
	P    float64     `json:"probability"`
}

func (s *entities) validate(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[validateIn](w, r, maxEntityBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, in.Author, "")
	if err != nil {
		return err
	}
	report, err := s.Writes.Validate(r.Context(), by, in.Description)
	if err != nil {
		return err
	}
	out := reportOut{Findings: []findingOut{}, Candidates: []candidateOut{}, Ticket: report.Ticket, Ends: report.Ends, Licence: entity.Licence}
	for _, f := range report.Findings {
		out.Findings = append(out.Findings, findingOut(f))
	}
	for _, c := range report.Candidates {
		out.Candidates = append(out.Candidates, candidateOut{c.Entity.String(), s.uri(c.Entity), c.Name, c.Type, c.P})
	}
	return edge.WriteJSON(w, http.StatusOK, out)
}

func (s *entities) create(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[createIn](w, r, maxEntityBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, in.Author, "")
	if err != nil {
		return err
	}
	e, err := s.Writes.Create(r.Context(), by, entity.Draft{Description: in.Description, Ticket: in.Ticket, Override: in.Override})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/entities/"+e.ID.String())
	return s.write(w, r, http.StatusCreated, e)
}

func (s *entities) edit(w http.ResponseWriter, r *http.Request) error {
	id, err := entityID(r)
	if err != nil {
		return err
	}
	version, err := entityVersion(r)
	if err != nil {
		return err
	}
	in, err := edge.DecodeJSON[editIn](w, r, maxEntityBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, in.Author, in.Lock)
	if err != nil {
		return err
	}
	e, err := s.Writes.Edit(r.Context(), by, entity.Change{ID: id, Version: version, Description: in.Description})
	if err != nil {
		return matched(err)
	}
	return s.write(w, r, http.StatusOK, e)
}

// entityVersion reads the version in If-Match, which an edit has to bring (ENT-11). A tag that
// is none of ours matches nothing.
func entityVersion(r *http.Request) (int64, error) {
	lines := r.Header["If-Match"]
	if len(lines) == 0 {
		return 0, edge.WithStatus(errNoMatch, http.StatusPreconditionRequired)
	}
	inner, ok := strings.CutPrefix(strings.TrimSpace(lines[0]), `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	if len(lines) > 1 || !ok || !closed || strings.Contains(inner, `"`) {
		return 0, errEntityMatch
	}
	version, err := strconv.ParseInt(strings.TrimPrefix(inner, "v"), 10, 64)
	if err != nil || !strings.HasPrefix(inner, "v") {
		return -1, nil //nolint:nilerr // it matches nothing
	}
	return version, nil
}

type lockOut struct {
	Ticket string    `json:"ticket"`
	Ends   time.Time `json:"ends"`
}

func (s *entities) lock(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[lockIn](w, r, maxBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, nil, "")
	if err != nil {
		return err
	}
	ticket, ends, err := s.Writes.Lock(r.Context(), by, in.ID)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, lockOut{ticket, ends})
}

// evolve answers with the line of the evolution that a write has made.
func evolve[T any](s *entities, limit int64, lock func(T) string, do func(r *http.Request, by entity.Writer, in T) (entity.Evolution, error)) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := edge.DecodeJSON[T](w, r, limit)
		if err != nil {
			return err
		}
		by, err := s.writer(r, nil, lock(in))
		if err != nil {
			return err
		}
		line, err := do(r, by, in)
		if err != nil {
			return err
		}
		line.Old, line.New = append([]entity.ID{}, line.Old...), append([]entity.ID{}, line.New...)
		return edge.WriteJSON(w, http.StatusOK, line)
	}
}

func (s *entities) merge(w http.ResponseWriter, r *http.Request) error {
	return evolve(s, maxBody, func(in mergeIn) string { return in.Lock }, func(r *http.Request, by entity.Writer, in mergeIn) (entity.Evolution, error) {
		others := make([]entity.Versioned, len(in.Others))
		for i, o := range in.Others {
			others[i] = entity.Versioned(o)
		}
		return s.Writes.Merge(r.Context(), by, entity.Versioned(in.Into), others)
	})(w, r)
}

func (s *entities) split(w http.ResponseWriter, r *http.Request) error {
	return evolve(s, maxEntityBody, func(in splitIn) string { return in.Lock }, func(r *http.Request, by entity.Writer, in splitIn) (entity.Evolution, error) {
		return s.Writes.Split(r.Context(), by, entity.Versioned{ID: in.ID, Version: in.Version}, in.Parts)
	})(w, r)
}

func (s *entities) remove(w http.ResponseWriter, r *http.Request) error {
	return evolve(s, maxBody, func(in deleteIn) string { return in.Lock }, func(r *http.Request, by entity.Writer, in deleteIn) (entity.Evolution, error) {
		return s.Writes.Delete(r.Context(), by, entity.Versioned{ID: in.ID, Version: in.Version})
	})(w, r)
}

func (s *entities) undo(w http.ResponseWriter, r *http.Request) error {
	return evolve(s, maxBody, func(undoIn) string { return "" }, func(r *http.Request, by entity.Writer, in undoIn) (entity.Evolution, error) {
		return s.Writes.Undo(r.Context(), by, in.Seq)
	})(w, r)
}

func (s *entities) purge(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[purgeIn](w, r, maxBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, nil, "")
	if err != nil {
		return err
	}
	if err := s.Writes.Purge(r.Context(), by, in.ID, in.Why); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *entities) accept(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[licenceIn](w, r, maxBody)
	if err != nil {
		return err
	}
	by, err := s.writer(r, nil, "")
	if err != nil {
		return err
	}
	if err := s.Writes.Accept(r.Context(), by, in.Words); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

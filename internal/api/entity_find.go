package api

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
)

// Questions is what the search of entities asks of the server.
type Questions interface {
	Find(ctx context.Context, q entity.Question) (entity.Answer, error)
	// Select notes which of the hits of a question was meant (ENT-35). It forgets what was
	// not asked, and what is not kept anyway.
	Select(ctx context.Context, s entity.Selection) error
}

// Searching answers questions about entities, to everybody and without an account (REG-01,
// ENT-30). It reads no cookie. It is safe for concurrent use.
type Searching struct {
	Questions Questions
	Origin    edge.Origin
	Proxies   edge.Proxies
	// Audience says who asks. Nil: the public.
	Audience func(r *http.Request) (entity.Audience, error)

	visitor *quota
}

// maxSelection bounds a reported selection, in bytes.
const maxSelection = 1 << 10

// NewSearching returns it, with a quota for each network that asks; zero: 600 questions in
// ten seconds.
func NewSearching(q Questions, origin edge.Origin, proxies edge.Proxies, clock habeas.Clock, each Quota) *Searching {
	return &Searching{
		Questions: q, Origin: origin, Proxies: proxies,
		visitor: newQuota(clock, "visitor", each.or(600, 10*time.Second), 100_000),
	}
}

// Mount registers the endpoints.
func (s *Searching) Mount(m *edge.Mux) {
	m.Handle("GET /api/v1/entities", s.limited(s.find))
	m.Handle("GET /api/v1/entities:suggest", s.limited(s.suggest))
	m.Handle("POST /api/v1/entities:query", s.limited(s.query))
	m.Handle("POST /api/v1/entities:selected", s.limited(s.selected))
}

// limited counts by network and lets pages of other websites read what anybody may read.
func (s *Searching) limited(h func(w http.ResponseWriter, r *http.Request, to entity.Audience) error) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var to entity.Audience
		if s.Audience == nil {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		} else {
			var err error
			if to, err = s.Audience(r); err != nil {
				return err
			}
		}
		if err := s.visitor.take(r.Context(), w.Header(), s.Proxies.LimitKey(r), 1); err != nil {
			return err
		}
		return h(w, r, to)
	}
}

func (s *Searching) find(w http.ResponseWriter, r *http.Request, to entity.Audience) error {
	q, err := questionOf(r)
	if err != nil {
		return err
	}
	q.Audience, q.Form = to, entity.FormSearch
	return s.answer(w, r, q)
}

func (s *Searching) suggest(w http.ResponseWriter, r *http.Request, to entity.Audience) error {
	q, err := questionOf(r)
	if err != nil {
		return err
	}
	q.Audience, q.Typing, q.Form = to, true, entity.FormTyping
	return s.answer(w, r, q)
}

// errFlag refuses what is neither yes nor no.
var errFlag = habeas.Invalid("reasons", "This is true or false.").WithCode("query.flag")

// questionOf reads the parameters of a question.
func questionOf(r *http.Request) (entity.Question, error) {
	var q entity.Question
	v, err := queryOf(r, "q", "type", "country", "limit", "reasons")
	if err != nil {
		return q, err
	}
	q.Text, q.Country = v["q"], v["country"]
	if v["type"] != "" {
		for _, t := range strings.Split(v["type"], ",") {
			q.Types = append(q.Types, entity.Type(t))
		}
	}
	if v["limit"] != "" {
		if q.Limit, err = strconv.Atoi(v["limit"]); err != nil || q.Limit == 0 {
			q.Limit = -1 // it is refused with the other bad ones
		}
	}
	if v["reasons"] != "" {
		if q.Explain, err = strconv.ParseBool(v["reasons"]); err != nil {
			return q, errFlag
		}
	}
	return q, nil
}

// asking is a question as JSON.
type asking struct {
	Query    string          `json:"query,omitempty"` // in the query form; nothing else besides
	Text     string          `json:"q,omitempty"`
	Types    []entity.Type   `json:"types,omitempty"`
	Country  string          `json:"country,omitempty"`
	External entity.External `json:"external,omitzero"`
	Known    []knownValue    `json:"known,omitempty"`
	Limit    int             `json:"limit,omitempty"`
	Reasons  bool            `json:"reasons,omitempty"`
}

type knownValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// query answers the query form, as text or within JSON, and questions with attributes.
func (s *Searching) query(w http.ResponseWriter, r *http.Request, to entity.Audience) error {
	var q entity.Question
	if mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "text/plain" {
		text, err := edge.DecodeText(w, r, entity.MaxQueryForm)
		if err == nil {
			q, err = formQuestion(text)
		}
		if err != nil {
			return err
		}
	} else {
		in, err := edge.DecodeJSON[asking](w, r, maxBody)
		if err == nil {
			q, err = in.question()
		}
		if err != nil {
			return err
		}
	}
	q.Audience = to
	return s.answer(w, r, q)
}

func formQuestion(text string) (entity.Question, error) {
	form, err := entity.ParseQueryForm(text)
	if err != nil {
		return entity.Question{}, err
	}
	q, err := form.Question()
	q.Form = entity.FormQuery
	return q, err
}

var errBothForms = habeas.Invalid("query", "With a query in the query form there is nothing else but “reasons”.").WithCode("entity.form")

func (in asking) question() (entity.Question, error) {
	q := entity.Question{Text: in.Text, Types: in.Types, Country: in.Country, External: in.External, Limit: in.Limit, Explain: in.Reasons, Form: entity.FormJSON}
	for _, k := range in.Known {
		q.Known = append(q.Known, entity.Attribute{Name: k.Name, Value: k.Value})
	}
	if in.Query == "" {
		return q, nil
	}
	if in.Text != "" || in.Country != "" || in.Limit != 0 || len(in.Types)+len(in.Known) > 0 || in.External != (entity.External{}) {
		return q, errBothForms
	}
	form, err := formQuestion(in.Query)
	form.Explain = in.Reasons
	return form, err
}

// entityAnswer is an answer as JSON.
type entityAnswer struct {
	Hits []entityHit `json:"hits"`
	None float64     `json:"none"`
	Ask  string      `json:"question,omitempty"`
}

type entityHit struct {
	ID      entity.ID      `json:"id"`
	URL     string         `json:"url"`
	Label   string         `json:"label"`
	Name    string         `json:"name"`
	Type    entity.Type    `json:"type"`
	Country string         `json:"country,omitempty"`
	P       float64        `json:"p"`
	Exact   bool           `json:"exact,omitempty"`
	Reasons []entityReason `json:"reasons,omitempty"`
}

type entityReason struct {
	Code string  `json:"code"`
	Bits float64 `json:"bits"`
	Text string  `json:"text"`
}

func (s *Searching) answer(w http.ResponseWriter, r *http.Request, q entity.Question) error {
	a, err := s.Questions.Find(r.Context(), q)
	if err != nil {
		return err
	}
	out := entityAnswer{Hits: make([]entityHit, len(a.Hits)), None: rounded(a.None), Ask: a.Ask}
	for i, h := range a.Hits {
		hit := entityHit{
			ID: h.ID, URL: s.Origin.URL("/entity/" + h.ID.String()), Label: h.Label, Name: h.Name, Type: h.Type, Country: h.Country,
			P: rounded(h.P), Exact: h.Exact,
		}
		for _, why := range h.Reasons {
			hit.Reasons = append(hit.Reasons, entityReason{why.Code, rounded(why.Weight), why.Text})
		}
		out.Hits[i] = hit
	}
	return edge.WriteJSON(w, http.StatusOK, out)
}

// rounded drops digits that say nothing.
func rounded(p float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(p, 'f', 4, 64), 64)
	return v
}

// selection is which hit of a question was meant.
type selection struct {
	Ask string    `json:"question"`
	ID  entity.ID `json:"id"`
}

// selected takes note of a selection. The answer does not say whether it is kept.
func (s *Searching) selected(w http.ResponseWriter, r *http.Request, _ entity.Audience) error {
	in, err := edge.DecodeJSON[selection](w, r, maxSelection)
	if err != nil {
		return err
	}
	if err := s.Questions.Select(r.Context(), entity.Selection(in)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

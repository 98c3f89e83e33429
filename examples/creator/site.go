package main

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/habeas-data/habeas/internal/web/ui"
)

//go:embed pages
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/*.html"))

// consent are the words that people read and agree to. They are recorded with the registration.
const consent = "This site may register me, and enter works for me of which I am the author."

const (
	// cookie is the only one, and holds the session: __Host- keeps it to this host, over TLS.
	cookie = "__Host-session"
	// sessionTime is how long a registration may be under way.
	sessionTime = 15 * time.Minute
	// maxSessions bounds the memory that strangers can take.
	maxSessions = 10_000
	// maxPost bounds what a browser posts, in bytes.
	maxPost = 16 << 10
)

// site is the web front. It is safe for concurrent use.
type site struct {
	origin, badge string
	standing      standing
	office        *office
	public        *http.Client // for what everybody may ask

	mu       sync.Mutex
	sessions map[string]session // in memory only, by the cookie
}

// session is a registration under way.
type session struct {
	registration string
	ends         time.Time
}

// newSite asks the server how it stands; without a confirmed site nothing is served.
func newSite(ctx context.Context, origin string, o *office) (*site, error) {
	s := &site{origin: origin, office: o, sessions: map[string]session{}, public: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var err error
	if s.standing, err = o.standing(ctx); err != nil {
		return nil, err
	}
	for _, one := range s.standing.Sites {
		if one.Origin == origin {
			s.badge = one.Badge
			return s, nil
		}
	}
	return nil, fmt.Errorf("the server has not confirmed %s as a site of this creator", origin)
}

func (s *site) handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /{$}", s.home)
	m.HandleFunc("GET /register", s.form)
	m.HandleFunc("POST /register", s.register)
	m.HandleFunc("POST /register/code", s.code)
	m.HandleFunc("POST /entities", s.enter)
	m.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(ui.Scripts())))
	for _, own := range []string{"register.js", "style.css"} {
		m.HandleFunc("GET /"+own, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pages, "pages/"+own) })
	}
	return s.headers(http.NewCrossOriginProtection().Handler(m))
}

// headers lets browsers come by TLS only, and pages do nothing but what they are for.
func (s *site) headers(next http.Handler) http.Handler {
	images := "'self'"
	if u, err := url.Parse(s.badge); err == nil {
		images = u.Scheme + "://" + u.Host
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; connect-src 'self'; img-src "+images+
			"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// page is the data of every page.
type page struct {
	Origin, Badge, Check, Policy, Consent string

	Visitor *visitor
	Problem string // what went wrong, for people
	Entered string // address of an entity that was just entered
}

func (s *site) show(w http.ResponseWriter, status int, name string, p page) {
	p.Origin, p.Badge, p.Check, p.Policy, p.Consent = s.origin, s.badge, s.standing.Check, s.standing.PolicyURL, consent
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = templates.ExecuteTemplate(w, name, p) // the reader may have gone
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	var p page
	status := http.StatusOK
	who, err := s.visitor(r)
	if p.Visitor = who; err != nil && !errors.Is(err, errNoVisitor) {
		p.Problem, status = err.Error(), http.StatusForbidden
	}
	s.show(w, status, "home.html", p)
}

func (s *site) form(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "register.html", page{})
}

// register forwards a certificate request, and nothing else that the browser knows.
func (s *site) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Request []byte `json:"request"` // PKCS#10, DER
		Agreed  bool   `json:"agreed"`
	}
	if !read(w, r, &in) {
		return
	}
	if !in.Agreed {
		fail(w, &refusal{Status: http.StatusUnprocessableEntity, Title: "Without your consent nobody is registered."})
		return
	}
	var out struct {
		Registration string `json:"registration"`
		Minutes      int    `json:"minutes"`
	}
	err := s.office.call(r.Context(), http.MethodPost, "/api/v1/creator/registrations", map[string]any{
		"request": in.Request, "policy": s.standing.Policy, "language": "en", "site": s.origin,
		"consent": map[string]string{"text": consent, "manner": "explicit"},
	}, &out)
	if err != nil {
		fail(w, err)
		return
	}
	if !s.begin(w, out.Registration) {
		fail(w, &refusal{Status: http.StatusServiceUnavailable, Title: "Many people register just now. Try again in some minutes."})
		return
	}
	answer(w, map[string]int{"minutes": out.Minutes})
}

// code forwards the code, and brings the chain back.
func (s *site) code(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Code string `json:"code"`
	}
	if !read(w, r, &in) {
		return
	}
	registration, ok := s.underWay(r)
	if !ok {
		fail(w, &refusal{Status: http.StatusConflict, Title: "No registration is under way in this browser. Begin again."})
		return
	}
	var out struct {
		Chain [][]byte `json:"chain"`
	}
	if err := s.office.call(r.Context(), http.MethodPost, "/api/v1/creator/registrations/"+url.PathEscape(registration)+"/code", in, &out); err != nil {
		fail(w, err)
		return
	}
	s.end(w, r)
	answer(w, out)
}

// begin remembers a registration for this browser, as long as it is open and no longer than
// sessionTime. It reports whether there is room.
func (s *site) begin(w http.ResponseWriter, registration string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for id, one := range s.sessions {
		if now.After(one.ends) {
			delete(s.sessions, id)
		}
	}
	if len(s.sessions) >= maxSessions {
		return false
	}
	id := rand.Text()
	s.sessions[id] = session{registration, now.Add(sessionTime)}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return true
}

func (s *site) underWay(r *http.Request) (registration string, ok bool) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.sessions[c.Value]
	return one.registration, ok && time.Now().Before(one.ends)
}

// end forgets the session, here and in the browser.
func (s *site) end(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		s.mu.Lock()
		delete(s.sessions, c.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// read takes exactly the fields of into: whatever else a page would send is refused, so that
// no password gets this far by mistake.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxPost))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || d.More() {
		fail(w, &refusal{Status: http.StatusBadRequest, Title: "This cannot be read."})
		return false
	}
	return true
}

func answer(w http.ResponseWriter, out any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the reader may have gone
}

// fail passes on what the server says.
func fail(w http.ResponseWriter, err error) {
	var no *refusal
	if !errors.As(err, &no) {
		no = &refusal{Status: http.StatusBadGateway, Title: err.Error()}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(no.Status)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": no.Title, "detail": no.Detail, "code": no.Code, "status": no.Status})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/habeas-data/habeas/internal/app/monitor"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/sealed"
)

// observer tells figures and traces how the store works. Either may be nil.
type observer struct {
	metrics *monitor.Metrics
	tracer  *monitor.Tracer
}

// Span implements sqlstore.Observer.
func (o *observer) Span(ctx context.Context, name string) (context.Context, func(error)) {
	if o.tracer == nil {
		return ctx, func(error) {}
	}
	return o.tracer.Span(ctx, name)
}

// Batch implements sqlstore.Observer.
func (o *observer) Batch(size int, took time.Duration) {
	if o.metrics != nil {
		o.metrics.Batch(size, took)
	}
}

// observe puts figures and traces into what the server is opened with.
func (p *process) observe(cfg *Config) {
	if p.settings.Metrics.Listen != "" {
		p.metrics = monitor.NewMetrics(func(ctx context.Context) monitor.State { return p.server.monitored(ctx) })
		cfg.Watchers = append(cfg.Watchers, p.metrics.Watch)
	}
	if p.tracer != nil {
		cfg.Watchers = append(cfg.Watchers, p.tracer.Watch)
	}
	if p.metrics != nil || p.tracer != nil {
		cfg.Observer = &observer{p.metrics, p.tracer}
	}
}

// monitored is what the figures say of the server now.
func (s *Server) monitored(ctx context.Context) monitor.State {
	h := s.Health(ctx)
	st := monitor.State{Ready: h.Ready, Indexed: s.Ready(), Queue: s.DB.Queue(), Published: s.Ledger.published()}
	// What the database does not answer is missing from the figures; habeas_ready says why.
	st.Rows, _ = s.DB.Size(ctx)
	st.Outbox, _ = s.DB.Ops().Deliveries(ctx)
	if keys, err := s.Keys.Stats(ctx); err == nil {
		st.KeysCached, st.KeyHits, st.KeyMisses = keys.Cached, keys.Hits, keys.Misses
	}
	space := s.Disk.Space()
	st.DiskFree, st.DiskTotal = space.Free, space.Total
	if end := s.operation.certEnd; end != nil {
		st.CertEnd = end()
	}
	return st
}

// listenBeside opens the listeners beside the main one.
func (p *process) listenBeside() error {
	if p.metrics != nil {
		if err := p.listenMetrics(); err != nil {
			return err
		}
	}
	if p.acme != nil && p.settings.ACME.Listen != "" {
		if _, err := p.listenAt("acme.listen", p.settings.ACME.Listen, p.server.plainly(p.acme.Handler())); err != nil {
			return err
		}
	}
	return p.listenPlain()
}

// listenMetrics serves the figures, with the probes beside them.
func (p *process) listenMetrics() error {
	figures := p.metrics.Handler()
	if name := p.settings.Metrics.TokenFile; name != "" {
		text, err := readSecret(p.settings.file(name))
		if err == nil && len(text) == 0 {
			err = errors.New("the file is empty")
		}
		var token sealed.Value
		if err == nil {
			token, err = p.secrets.Seal("metrics token", text) // clears it
		}
		if err != nil {
			return fmt.Errorf("metrics.token_file: %w", err)
		}
		figures = withToken(token, figures)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", figures)
	at, err := p.listenAt("metrics.listen", p.settings.Metrics.Listen, p.server.probes(mux))
	if err == nil {
		p.log.Info("figures", "url", "http://"+at+"/metrics")
	}
	return err
}

// withToken asks for a bearer token, compared in constant time.
func withToken(token sealed.Value, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !token.EqualBytes([]byte(given)) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "The figures want the token of metrics.token_file.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *process) listenAt(key, address string, h http.Handler) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	p.side = append(p.side, srv)
	go func() { // ends with close
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("a listener ended", "setting", key, "error", err)
		}
	}()
	return l.Addr().String(), nil
}

// Status is what a running server tells the command "habeas status".
type Status struct {
	Health
	URL     string       `json:"url"`
	Version string       `json:"version"`
	PID     int          `json:"pid"`
	Since   time.Time    `json:"since"`
	Memory  sealed.Usage `json:"sealed_memory"` // where keys and passwords lie
}

// control offers what every running server offers on its socket.
func (p *process) control() {
	since := p.server.Clock.Now()
	c := p.server.Control
	c.Handle("GET", "/status", func(w http.ResponseWriter, r *http.Request) error {
		return edge.WriteJSON(w, http.StatusOK, Status{
			Health: p.server.Health(r.Context()), URL: p.server.Origin.String(), Version: release.Version(), PID: os.Getpid(), Since: since, Memory: sealed.Report(),
		})
	})
	c.Handle("POST", "/reload", func(w http.ResponseWriter, _ *http.Request) error {
		if err := p.reload(); err != nil {
			return err
		}
		return edge.WriteJSON(w, http.StatusOK, map[string]bool{"reloaded": true})
	})
}

// AskStatus asks the server that runs in dir.
func AskStatus(ctx context.Context, dir string) (Status, error) {
	var st Status
	err := askServer(ctx, dir, "GET", "/status", &st)
	return st, err
}

// AskReload makes the server that runs in dir read its certificate again.
func AskReload(ctx context.Context, dir string) error {
	return askServer(ctx, dir, "POST", "/reload", nil)
}

func askServer(ctx context.Context, dir, method, path string, out any) error {
	c, err := DialControl(dir)
	if err != nil {
		return err
	}
	return errors.Join(c.Call(ctx, method, path, nil, out), c.Close())
}

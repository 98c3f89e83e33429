package proof_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/app/monitor"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/servertest"
)

// collector is an OTLP/HTTP collector that keeps what it is sent.
type collector struct {
	*httptest.Server
	got servertest.Buffer
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		if _, err := io.Copy(&c.got, body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// The search of what administrators see rests on this.
func TestTheSearchSeesWhatAdministratorsAreShown(t *testing.T) {
	const word = "Zwölfzylinderzirpe \"Größenwahn\" <ñandú>"
	s := newSearcher()
	s.text("planted", word)
	shown := map[string][]byte{}

	figures := monitor.NewMetrics(func(context.Context) monitor.State { return monitor.State{} })
	_, done := figures.Watch(t.Context())
	done(edge.Answer{Method: "GET", Route: word, Status: 200})
	w := httptest.NewRecorder()
	figures.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	shown["metrics"] = w.Body.Bytes()

	c := newCollector(t)
	tracer, err := monitor.NewTracer(t.Context(), c.URL, 100, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	_, end := tracer.Span(t.Context(), word)
	end(nil)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown["traces"] = c.got.Bytes()

	for name, v := range map[string]any{
		"doctor":  backup.Report{Findings: []backup.Finding{{Where: []string{word}}}},
		"status":  app.Status{Health: app.Health{Checks: []app.Check{{Text: word}}}},
		"problem": edge.Problem{Detail: word},
	} {
		r := httptest.NewRecorder()
		if err := edge.WriteJSON(r, http.StatusOK, v); err != nil {
			t.Fatal(err)
		}
		shown[name] = r.Body.Bytes()
	}
	var text, structured servertest.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("planted", "word", word)
	slog.New(slog.NewJSONHandler(&structured, nil)).Info("planted", "word", word)
	shown["log"], shown["log as JSON"] = text.Bytes(), structured.Bytes()
	for name, data := range shown {
		if len(s.find(data)) == 0 {
			t.Errorf("%s: not found in %s", name, data)
		}
	}
}

// serveAgain serves the directory of a heist as "habeas serve" does, at the address that
// the browsers know, with figures, traces and a mail server that takes nothing.
func (h *heist) serveAgain(t *testing.T, c *collector, log io.Writer) (figures string) {
	t.Helper()
	dir, origin := h.Dir, h.URL()
	h.Close()
	office := servertest.NewOffice(t)
	office.Closed = true
	office.Open(t, false)
	host, port, _ := strings.Cut(office.Address, ":")
	figures = servertest.NewOffice(t).Address // one more free port
	settings := fmt.Sprintf("\n[smtp]\nhost = %q\nport = %s\ntls = \"none\"\nfrom = \"records@example.org\"\n[metrics]\nlisten = %q\n[trace]\nendpoint = %q\n",
		host, port, figures, c.URL)
	path := filepath.Join(dir, app.SettingsFile)
	text, err := os.ReadFile(path)
	h.Must(err)
	h.Must(os.WriteFile(path, append(text, settings...), 0o600))

	ctx, stop := context.WithCancel(t.Context())
	listening, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.ServeOptions{
			Dir: dir, Password: keyring.NewPassword([]byte(servertest.MasterPassword)), Addr: "127.0.0.1:" + origin.Port(),
			Log:       slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Listening: func(url string) { listening <- url },
		})
	}()
	select {
	case url := <-listening:
		h.HTTP = &httptest.Server{URL: url}
	case err := <-ended:
		t.Fatal(err)
	}
	h.stop = func() {
		stop()
		h.Must(<-ended)
	}
	return figures
}

// fetch reads a page of nobody's.
func fetch(t *testing.T, url string) []byte {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// comesBack hands in, as a mail server does, that a mail came back: with whom it was to,
// and as something that is no such notice.
func (h *heist) comesBack(t *testing.T, dir string) {
	t.Helper()
	notice := strings.ReplaceAll(`From: MAILER-DAEMON@mx.example.org
To: records@example.org
Subject: Undelivered: WHO
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<WHO> is nobody here.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; WHO
Original-Recipient: rfc822; WHO
Action: failed
Status: 5.1.1 WHO
Diagnostic-Code: smtp; 550 5.1.1 <WHO>

--b
Content-Type: message/rfc822

To: WHO
Message-ID: <WHICH>

WHO
--b--
`, "WHO", nobodyMail)
	for text, noted := range map[string]bool{
		strings.ReplaceAll(notice, "WHICH", h.sent.MessageID): true,
		strings.ReplaceAll(notice, "WHICH", nobodyMail):       false,
	} {
		got, err := app.Bounce(t.Context(), dir, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")))
		if err != nil || got.Noted != noted {
			t.Errorf("a mail that came back: %+v (%v), want %v", got, err, noted)
		}
	}
	_, err := app.Bounce(t.Context(), dir, strings.NewReader("To: "+nobodyMail+"\r\n\r\n"+nobodyMail))
	if habeas.KindOf(err) != habeas.KindInvalid || strings.Contains(err.Error(), nobodyMail) {
		t.Errorf("what is no notice: %v", err)
	}
}

// Proves PROT-01 and PROT-02.
func TestWhoWatchesTheServerLearnsNothing(t *testing.T) {
	h := newHeist(t, databases{})
	dir, subjects := h.Dir, strings.Join(h.Post.Subjects(), "\n")
	c, log := newCollector(t), new(servertest.Buffer)
	figures := h.serveAgain(t, c, log)

	h.desk.Token = h.desk.FetchToken()
	h.token("token of a system", h.desk.Token)
	h.desk.Party(map[string]any{"external_id": apiOwnID, "fields": apiPerson})
	h.throughMistakes()
	h.Browser().Done("/join", "address", nobodyMail, "again", nobodyMail, "language", "en")
	shown := map[string][]byte{}
	bounced := time.After(20 * time.Second)
	for !strings.Contains(string(shown["metrics"]), `habeas_outbox_jobs{state="dead"} 1`) {
		select {
		case <-bounced:
			t.Fatalf("the mail did not bounce:\n%s", log.Bytes())
		default:
		}
		shown["metrics"] = fetch(t, "http://"+figures+"/metrics")
	}
	h.comesBack(t, dir)
	shown["liveness"], shown["readiness"] = fetch(t, h.HTTP.URL+"/healthz"), fetch(t, h.HTTP.URL+"/readyz")
	status, err := app.AskStatus(t.Context(), dir)
	h.Must(err)
	shown["status"] = []byte(servertest.Encoded(t, status))
	report, err := app.Doctor(t.Context(), app.DoctorOptions{Dir: dir, Sample: 1})
	h.Must(err)
	shown["doctor"] = []byte(servertest.Encoded(t, report))
	for _, path := range []string{"/admin", "/admin/health", "/admin/mail"} {
		r := h.admin.Send(http.MethodGet, path, "", "")
		if r.Status != http.StatusOK {
			t.Errorf("%s: %d", path, r.Status)
		}
		shown[path] = []byte(r.Body)
	}
	h.stop() // sends the traces that are left
	shown["traces"], shown["log"], shown["problems"], shown["subjects"] = c.got.Bytes(), log.Bytes(), h.Faults.Bytes(), []byte(subjects)
	for name, want := range map[string]string{
		"metrics": `route="POST /api/v1/parties:findOrCreate"`, "traces": "POST /api/v1/parties:findOrCreate", "liveness": "ok", "readiness": "database",
		"status": `"ready":true`, "doctor": `"verdict"`, "/admin": "<main", "log": "550", "problems": `"status":400`, "subjects": "code",
	} {
		if !strings.Contains(string(shown[name]), want) {
			t.Errorf("%s lacks %q: %.2000s", name, want, shown[name])
		}
	}
	h.nowhere(t, "watching", shown)
	h.nowhere(t, "after it", files(t, dir))
}

package places

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"unique"

	"github.com/habeas-data/habeas/sealed"
	"github.com/prometheus/client_golang/prometheus"
)

func outer(ctx context.Context, v sealed.Value, r *http.Request, db *sql.DB, c *prometheus.CounterVec, seen map[string]bool) {
	_ = v.Use(func(plain []byte) error {
		_ = exec.Command("tool", "--password", string(plain)) // want `exec: .* call Stdin of the Value`
		cmd := exec.Command("tool")
		cmd.Env = append(cmd.Env, "P="+string(plain))       // want `env`
		cmd.Args = []string{string(plain)}                  // want `exec`
		os.Setenv("P", string(plain))                       // want `env`
		_, _ = os.Open(string(plain))                       // want `path`
		_, _ = os.Create(filepath.Join("x", string(plain))) // want `path`
		_ = os.WriteFile("/tmp/x", plain, 0o600)            // want `write`
		_ = os.WriteFile("/tmp/"+string(plain), nil, 0o600) // want `path`
		_, _ = os.Stdout.Write(plain)                       // want `write`
		_, _ = url.Parse("https://x/" + string(plain))      // want `url`
		q := url.Values{}
		q.Set("code", string(plain))                                   // want `url`
		q["code"] = []string{string(plain)}                            // want `url`
		r.URL.RawQuery = string(plain)                                 // want `url`
		_, _ = http.NewRequest("GET", "https://x/"+string(plain), nil) // want `url`
		r.Header.Set("Authorization", "Bearer "+string(plain))         // want `header`
		r.AddCookie(&http.Cookie{Name: "a", Value: string(plain)})     // want `header`
		c.WithLabelValues(string(plain)).Inc()                         // want `label`
		_ = pprof.Labels("user", string(plain))                        // want `label`
		_ = context.WithValue(ctx, "k", string(plain))                 // want `context`
		_ = unique.Make(string(plain))                                 // want `intern`
		_, _ = db.Exec("SELECT $1", string(plain))                     // want `sql`
		seen[string(plain)] = true                                     // want `mapkey`
		return nil
	})
}

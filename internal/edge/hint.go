package edge

import (
	"log/slog"
	"net/http"
	"sync"
)

// HintProxies says in the log, once, that requests come through a reverse proxy which is
// not declared: everybody then shares one address and so one limit. The line holds no address.
func HintProxies(log *slog.Logger, declared Proxies, next http.Handler) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forwarded(r) && !declared.trusted(parseHop(r.RemoteAddr)) {
			once.Do(func() {
				log.Warn("requests come through a reverse proxy that is not declared, so all its clients are limited as one: " +
					"name its address in trusted_proxies, such as trusted_proxies = [\"127.0.0.1\"]")
			})
		}
		next.ServeHTTP(w, r)
	})
}

func forwarded(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}

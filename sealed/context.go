package sealed

import "context"

type contextKey struct{}

// NewContext gives a context in which In finds the session.
func NewContext(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// In is the session of a context, such as that of a request. A context without one gets a
// session of its own that ends with the context.
func In(ctx context.Context) *Session {
	if s, ok := ctx.Value(contextKey{}).(*Session); ok {
		return s
	}
	return Open(ctx)
}

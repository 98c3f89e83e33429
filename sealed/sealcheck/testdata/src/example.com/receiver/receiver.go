package receiver

import (
	"log/slog"
	"sync"

	"github.com/habeas-data/habeas/sealed"
)

type login struct {
	user string
	code []sealed.Value
}

func (l *login) LogValue() slog.Value { return slog.StringValue(l.user) } // want `receiver: LogValue of a type that holds sealed values`
func (l *login) String() string       { return l.user }                   // want `receiver`
func (l login) GoString() string      { return l.user }
func (l *login) Set(u string)         { l.user = u }

type plain struct{ user string }

func (p *plain) String() string { return p.user }

type behind struct{ l *login }

func (b *behind) String() string { return "x" }

type locked struct {
	mu   sync.Mutex
	code sealed.Value
}

func (l *locked) String() string { return "x" }

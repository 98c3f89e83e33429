package store

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pgtest"
)

func TestALostAnswerToACommitDoesNoHarm(t *testing.T) {
	ctx := context.Background()
	p := pgtest.Through(t, pgtest.Database(t))
	s := create(t, Place{DSN: p.DSN})
	calls := 0
	for what, write := range map[string]func() error{
		"insert": func() error { return s.InsertKeys(ctx, []Row{{subject(2), []byte("two")}}, always) },
		"delete": func() error {
			_, err := s.DeleteKeys(ctx, []Erasure{{ID: subject(1)}}, always)
			return err
		},
		"wrapper": func() error { return s.PutWrapper(ctx, &Wrapper{Kind: "recovery", Salt: []byte{1}, Sealed: []byte{2}}) },
		"secret": func() error {
			got, err := s.Secret(ctx, "new", func() ([]byte, error) { calls++; return []byte{byte(calls)}, nil })
			if string(got) != "\x01" {
				t.Errorf("the secret is %v", got)
			}
			return err
		},
		"decoy": func() error { return s.Decoy(ctx, []byte("nothing")) },
	} {
		before := p.Lost()
		p.LoseAnswer("commit\x00", 0)
		if err := write(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if p.Lost() != before+1 {
			t.Errorf("%s: the answer was not lost", what)
		}
	}
	c := dumped(t, s)
	if len(c.keys) != 1 || c.keys[subject(2)] != "two" || len(c.secrets) != 2 || len(c.header.Wrappers) != 2 {
		t.Errorf("content %+v", c)
	}
	list, upTo, err := s.Erasures(ctx, 0)
	if err != nil || len(list) != 1 || list[0].ID != subject(1) || upTo != c.header.Generation {
		t.Errorf("erasures %v up to %d, %v", list, upTo, err)
	}
}

// Whoever loses the answer and then the server too does not know, and is told so: the
// write may be there. Repeating it does no harm.
func TestALostCommitWhoseRepetitionFailsIsUnsure(t *testing.T) {
	ctx := context.Background()
	c := pgtest.Start(t, "fsync=off")
	p := pgtest.Through(t, c.Database(t))
	s := create(t, Place{DSN: p.DSN})
	write := func() error { return s.InsertKeys(ctx, []Row{{subject(2), []byte("two")}}, always) }
	if err := write(); err != nil { // there is a connection from now on
		t.Fatal(err)
	}
	for name, lose := range map[string]func(string, int){"answer": p.LoseAnswer, "request": p.LoseRequest} {
		lose("commit\x00", 0)
		p.Refuse(true)
		if err := write(); !errors.Is(err, ErrUnsure) {
			t.Errorf("%s: got %v, want ErrUnsure", name, err)
		}
		if err := write(); !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnsure) {
			t.Errorf("%s: without a server: %v, want ErrUnreachable", name, err)
		}
		p.Refuse(false)
		if err := write(); err != nil {
			t.Errorf("%s: repeated: %v", name, err)
		}
	}
	if c := dumped(t, s); c.keys[subject(2)] != "two" {
		t.Errorf("content %+v", c)
	}
}

// A store that may have been made is none that was not made.
func TestALostCommitOfANewStoreIsUnsure(t *testing.T) {
	ctx := context.Background()
	p := pgtest.Through(t, pgtest.Database(t))
	p.LoseAnswer("commit\x00", 0)
	if err := Create(ctx, Place{DSN: p.DSN}, fill); !errors.Is(err, ErrUnsure) {
		t.Errorf("got %v, want ErrUnsure", err)
	}
	if err := Create(ctx, Place{DSN: p.DSN}, fill); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v, want ErrExists", err)
	}
}

// A commit that a synchronous replica did not confirm is never success, though the
// server answers as if it were.
func TestAnUnconfirmedCommitIsNoSuccess(t *testing.T) {
	ctx := context.Background()
	c := pgtest.Start(t, "fsync=off", "synchronous_standby_names=nobody", "synchronous_commit=local")
	dsn := c.Database(t)
	create(t, Place{DSN: dsn})
	s := open(t, Place{DSN: dsn + "&synchronous_commit=on"})
	ended := make(chan error)
	go func() { ended <- s.InsertKeys(ctx, []Row{{subject(2), []byte("two")}}, always) }()
	admin, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	for {
		// An administrator loses patience with the waiting commit.
		const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
		if _, err := admin.Exec(ctx, cancel); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-ended:
			if !errors.Is(err, ErrDoubt) {
				t.Errorf("got %v, want ErrDoubt", err)
			}
			return
		default:
		}
	}
}

func TestTwoNodesInsertTheSameSubjects(t *testing.T) {
	ctx := context.Background()
	at := Place{DSN: pgtest.Database(t)}
	nodes := []Store{create(t, at), open(t, at)}
	const n = 40
	ended := make(chan int)
	for i, s := range nodes {
		go func() {
			won := 0
			for k := range n {
				// In opposite order, and each with another key.
				a, b := Row{subject(byte(100 + k)), []byte{byte(i)}}, Row{habeas.SubjectID{0: 9, 15: byte(k)}, []byte{byte(i)}}
				rows := []Row{a, b}
				if i == 1 {
					rows = []Row{b, a}
				}
				switch err := s.InsertKeys(ctx, rows, always); {
				case err == nil:
					won++
				case !errors.Is(err, ErrTaken):
					t.Error(err)
				}
			}
			ended <- won
		}()
	}
	if won := <-ended + <-ended; won != n {
		t.Errorf("%d inserts won, want %d", won, n)
	}
	if count, err := nodes[0].CountKeys(ctx); err != nil || count != 2*n+1 {
		t.Errorf("%d keys, %v", count, err)
	}
}

func TestOneOfManyCreatorsMakesTheStore(t *testing.T) {
	at := Place{DSN: pgtest.Database(t)}
	ended := make(chan error)
	for range 4 {
		go func() { ended <- Create(context.Background(), at, fill) }()
	}
	made := 0
	for range 4 {
		switch err := <-ended; {
		case err == nil:
			made++
		case !errors.Is(err, ErrExists):
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d made it", made)
	}
}

// Known and unknown: what a decoy does is what an insert does, but for the table.
func TestADecoyDoesTheWorkOfAnInsert(t *testing.T) {
	ctx := context.Background()
	dsn := pgtest.Database(t)
	s := create(t, Place{DSN: dsn}).(*postgres)
	seen := &statements{}
	c := s.pool.Config()
	c.ConnConfig.Tracer = seen
	traced, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer traced.Close()
	s.pool.Close()
	s.pool = traced
	count := func(f func() error) []string {
		for range 2 { // statements are prepared the first time
			seen.texts = nil
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		return seen.texts
	}
	n := byte(0)
	insert := count(func() error {
		n++
		return s.InsertKeys(ctx, []Row{{habeas.SubjectID{0: 8, 15: n}, bytes.Repeat([]byte{n}, 92)}}, always)
	})
	decoy := count(func() error { return s.Decoy(ctx, bytes.Repeat([]byte{9}, 92)) })
	if len(insert) != len(decoy) || len(insert) < 5 {
		t.Errorf("insert:\n%s\ndecoy:\n%s", strings.Join(insert, "\n"), strings.Join(decoy, "\n"))
	}
	for i := range min(len(insert), len(decoy)) {
		if insert[i] != decoy[i] && !strings.Contains(decoy[i], "INTO decoy") {
			t.Errorf("statement %d: %q, %q", i, insert[i], decoy[i])
		}
	}
}

// statements is a tracer that keeps what is sent.
type statements struct{ texts []string }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	s.texts = append(s.texts, d.SQL)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	s.texts = append(s.texts, d.SQL)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestDropLeavesAnEmptyDatabaseAndTouchesNothingElse(t *testing.T) {
	ctx := context.Background()
	at := Place{DSN: pgtest.Database(t)}
	s := create(t, at)
	if err := s.InsertKeys(ctx, []Row{{subject(2), []byte("two")}}, always); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DeleteKeys(ctx, []Erasure{{ID: subject(2)}}, always); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing
		if err := Drop(ctx, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := Create(ctx, at, fill); err != nil {
		t.Errorf("once more: %v", err)
	}
	other := Place{DSN: pgtest.Database(t)}
	conn, err := pgx.Connect(ctx, other.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE secret (theirs int)"); err != nil {
		t.Fatal(err)
	}
	if err := Drop(ctx, other); !errors.Is(err, ErrOtherDatabase) {
		t.Errorf("of somebody else: %v", err)
	}
	if _, err := conn.Exec(ctx, "SELECT theirs FROM secret"); err != nil {
		t.Error(err)
	}
}

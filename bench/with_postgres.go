package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/match/search"
)

// postgresEngine uses the server that scripts/with-postgres has started.
type postgresEngine struct{ db *pgx.Conn }

func (e *postgresEngine) build(_ string, entities []search.Entity) (err error) {
	ctx := context.Background()
	if e.db, err = pgx.Connect(ctx, "dbname=records"); err != nil {
		return err
	}
	for _, statement := range []string{
		"create extension if not exists pg_trgm",
		"drop table if exists names",
		"create unlogged table names (name text, entity text, type text)",
	} {
		if _, err := e.db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	var rows [][]any
	for _, entity := range entities {
		for _, n := range entity.Names {
			rows = append(rows, []any{strings.ReplaceAll(n.Text, "\x00", ""), entity.ID, entity.Type})
		}
	}
	if _, err := e.db.CopyFrom(ctx, pgx.Identifier{"names"}, []string{"name", "entity", "type"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	for _, statement := range []string{
		"set maintenance_work_mem = '512MB'", "create index on names using gin (name gin_trgm_ops)", "analyze names",
		"set pg_trgm.similarity_threshold = 0.3",
	} {
		if _, err := e.db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

const (
	postgresName  = `select entity, name, similarity(name, $1) s from names where name % $1 order by s desc limit 50`
	postgresAmong = `select entity, name, similarity(name, $1) s from names where name % $1 and type = 'organization' order by s desc limit 50`
)

func (e *postgresEngine) find(q matching.Question, _ int) ([]matching.Answer, error) {
	if !q.Mention {
		all, err := e.ask(postgresName, q.Text)
		return best(all), err
	}
	var all []matching.Answer
	for part := range strings.SplitSeq(q.Text, ",") {
		found, err := e.ask(postgresAmong, strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b matching.Answer) int { return cmp.Compare(b.P, a.P) })
	return best(all), nil
}

func (e *postgresEngine) ask(statement, name string) ([]matching.Answer, error) {
	rows, err := e.db.Query(context.Background(), statement, name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a matching.Answer, err error) {
		var p float32
		err = row.Scan(&a.ID, &a.Name, &p)
		a.P = float64(p)
		return a, err
	})
}

func (e *postgresEngine) close() error { return e.db.Close(context.Background()) }

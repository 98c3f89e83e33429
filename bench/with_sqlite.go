package main

import (
	"database/sql"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/match/search"
	"github.com/habeas-data/habeas/match/text"
)

type sqliteEngine struct {
	db          *sql.DB
	name, among *sql.Stmt
}

func (e *sqliteEngine) build(file string, entities []search.Entity) (err error) {
	if e.db, err = sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(off)&_pragma=cache_size(-200000)"); err != nil {
		return err
	}
	e.db.SetMaxOpenConns(1)
	if _, err := e.db.Exec(`create virtual table names using fts5(name, entity unindexed, type unindexed,
		tokenize = 'trigram remove_diacritics 1', detail = 'none')`); err != nil {
		return err
	}
	tx, err := e.db.Begin()
	if err != nil {
		return err
	}
	insert, err := tx.Prepare("insert into names (name, entity, type) values (?, ?, ?)")
	if err != nil {
		return err
	}
	for _, entity := range entities {
		for _, n := range entity.Names {
			if _, err := insert.Exec(n.Text, entity.ID, entity.Type); err != nil {
				return err
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if e.name, err = e.db.Prepare("select entity, name, -rank from names where names match ? order by rank limit 50"); err != nil {
		return err
	}
	e.among, err = e.db.Prepare("select entity, name, -rank from names where names match ? and type = 'organization' order by rank limit 50")
	return err
}

func (e *sqliteEngine) find(q matching.Question, _ int) ([]matching.Answer, error) {
	ask := e.name
	if q.Mention {
		ask = e.among
	}
	var any []string
	seen := map[string]bool{}
	folded := []rune(text.Fold(q.Text))
	for i := 0; i+3 <= len(folded); i++ {
		if t := string(folded[i : i+3]); !seen[t] {
			seen[t] = true
			any = append(any, `"`+t+`"`)
		}
	}
	if len(any) == 0 {
		return nil, nil
	}
	rows, err := ask.Query(strings.Join(any, " OR "))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []matching.Answer
	for rows.Next() {
		var a matching.Answer
		if err := rows.Scan(&a.ID, &a.Name, &a.P); err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return best(all), rows.Err()
}

func (e *sqliteEngine) close() error { return e.db.Close() }

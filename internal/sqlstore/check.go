package sqlstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Sealed is one sealed value with the place that it is bound to.
type Sealed struct {
	Table   string
	Subject habeas.SubjectID // whose key opens it; zero: the house's
	Place   string
	Value   []byte    // valid during the visit
	Month   time.Time // sealed once more under the key of this month; zero: it is not
	Log     bool      // Month is one of the log, which has keys of its own
}

// sealedColumn says how the sealed column of a table is bound: which columns are read,
// and how subject and place follow from them.
type sealedColumn struct {
	table   string
	columns string
	bind    func(c [][]byte) (subject []byte, place string)
}

// sealedColumns are all columns named "sealed". A test compares it with the schema.
var sealedColumns = []sealedColumn{
	{"statement", "party, id", func(c [][]byte) ([]byte, string) { return c[0], "statement/" + string(c[0]) + string(c[1]) }},
	{"known_as", "party, hash, source", func(c [][]byte) ([]byte, string) {
		return c[0], "known-as/" + string(c[1]) + string(c[2]) + string(c[0])
	}},
	{"ticket", "id", func(c [][]byte) ([]byte, string) { return nil, "ticket/" + string(c[0]) }},
	{"account", "id", func(c [][]byte) ([]byte, string) { return c[0], "account/" + string(c[0]) }},
	{"account_address", "account, hash", ofAccount("address/")},
	{"address_removed", "account, hash", ofAccount("address/")},
	{"address_change", "account, id", ofAccount("address-change/")},
	{"passkey", "account, hash", ofAccount("passkey/")},
	{"provider_link", "account, hash", ofAccount("provider-link/")},
	{"registration", "account, account", ofAccount("registration/")},
	{"certificate", "account, serial, authority", func(c [][]byte) ([]byte, string) {
		return c[0], "certificate/" + string(c[1]) + string(c[2])
	}},
	{"escrow", "subject, id", ofAccount("escrow/")},
	{"keeper", "subject, id", ofAccount("keeper/")},
	{"sign_in", "account, hash", ofAccount("sign-in/")},
	{"challenge", "subject, id", ofAccount("challenge/")},
	{"outbox", "subject, id", ofAccount("outbox/")},
	{"role_grant", "account, id", ofAccount("role-grant/")},
	{"role_application", "account, id", ofAccount("role-application/")},
	{"creator_site", "account, id", ofAccount("creator-site/")},
	{"mandate", "account, id", ofAccount("mandate/")},
	{"notice_visit", "hash", func(c [][]byte) ([]byte, string) { return nil, "visit/" + string(c[0]) }},
	{"retention", "party, party", ofAccount("retention/")},
	{"settled", "party, party", ofAccount("settled/")},
	{"request", "party, id", ofAccount("request/")},
	{"import", "id, id", ofAccount("import/")},
	{"import_part", "import, n", func(c [][]byte) ([]byte, string) { return c[0], importPlace("part", c[0], string(c[1])) }},
	{"import_reject", "import, n", func(c [][]byte) ([]byte, string) { return c[0], importPlace("reject", c[0], string(c[1])) }},
	{"import_mapping", "header", func(c [][]byte) ([]byte, string) { return nil, "import-mapping/" + string(c[0]) }},
	{"pass", "party, id", ofAccount("pass/")},
	{"pass_use", "party, pass, booker, ticket", func(c [][]byte) ([]byte, string) {
		return c[0], "pass-use/" + string(c[1]) + string(c[2]) + string(c[3])
	}},
	{"dispute", "party, id", ofAccount("dispute/")},
	{"showing", "party, party", ofAccount("showing/")},
	{"completing", "party, party", ofAccount("completing/")},
	{"digest", "account, account", ofAccount("digest/")},
	{"dispute_link", "party, hash", ofAccount("dispute-link/")},
	{"remainder", "subject, id", ofAccount("remainder/")},
	{"breach", "id", func(c [][]byte) ([]byte, string) { return nil, "breach/" + string(c[0]) }},
	{"note", "party, id", ofAccount("note/")},
	{"staff_user", "id", func(c [][]byte) ([]byte, string) { return nil, "staff-user/" + string(c[0]) }},
	{"staff_set", "id", func(c [][]byte) ([]byte, string) { return nil, "staff-set/" + string(c[0]) }},
	{"tag", "id", func(c [][]byte) ([]byte, string) { return nil, "tag/" + string(c[0]) }},
	{"party_tag", "party, id", ofAccount("party-tag/")},
	{"tag_change", "id", func(c [][]byte) ([]byte, string) { return nil, "tag-change/" + string(c[0]) }},
	{"saved_list", "id", func(c [][]byte) ([]byte, string) { return nil, "saved-list/" + string(c[0]) }},
	{"list_file", "id", func(c [][]byte) ([]byte, string) { return nil, "list-file/" + string(c[0]) }},
	{"relation", "party, id", ofAccount("relation/")},
	{"release_case", "account, id", ofAccount("release-case/")},
	{"release_file", "account, id", ofAccount("release-file/")},
	{"block", "account, id", ofAccount("block/")},
	{"intervention", "event", func(c [][]byte) ([]byte, string) { return nil, "intervention/" + string(c[0]) }},
	{"log_reading", "id", func(c [][]byte) ([]byte, string) { return nil, "log-reading/" + string(c[0]) }},
	{tableLog, "account, event, at", func(c [][]byte) ([]byte, string) { return c[0], "account-log/" + string(c[1]) }},
	{"asked", "id", func(c [][]byte) ([]byte, string) { return nil, askedPlace(string(c[0])) }},
	{"entity", "id, version", ofEntity},
	{"entity_past", "entity, version", ofEntity},
	{"webhook", "system", func(c [][]byte) ([]byte, string) { return nil, "webhook/" + string(c[0]) }},
}

// ofAccount binds a value to the key in the first column and the row in the second.
func ofAccount(kind string) func([][]byte) ([]byte, string) {
	return func(c [][]byte) ([]byte, string) { return c[0], kind + string(c[1]) }
}

// ofEntity binds a value to the house's key and a version of an entity.
func ofEntity(c [][]byte) ([]byte, string) { return nil, "entity/" + string(c[0]) + "/" + string(c[1]) }

// EachSealed visits every sealed value, those of the ledger's lines too. Values that
// were emptied, after delivery or erasure, are left out.
func (s *Snapshot) EachSealed(ctx context.Context, visit func(Sealed) error) error {
	for _, c := range sealedColumns {
		if err := s.eachSealed(ctx, c, visit); err != nil {
			return err
		}
	}
	return s.EachLine(ctx, func(l Line) error {
		if len(l.Sealed) == 0 {
			return nil
		}
		public, err := audit.ParseLeaf(l.Leaf)
		if err != nil {
			return nil //nolint:nilerr // a leaf that is none is a finding of the ledger's check
		}
		return visit(Sealed{Table: "leaf", Subject: l.Subject, Place: eventPlace(l.Event), Value: l.Sealed, Month: public.Hour})
	})
}

func (s *Snapshot) eachSealed(ctx context.Context, c sealedColumn, visit func(Sealed) error) error {
	rows, err := s.conn.QueryContext(ctx, `SELECT sealed, `+c.columns+` FROM `+c.table+` WHERE sealed IS NOT NULL`)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	cells := make([][]byte, 1+strings.Count(c.columns, ",")+1)
	to := make([]any, len(cells))
	for i := range cells {
		to[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return failure(err)
		}
		subject, place := c.bind(cells[1:])
		v := Sealed{Table: c.table, Place: place, Value: cells[0]}
		copy(v.Subject[:], subject)
		if c.table == tableLog {
			at, err := strconv.ParseInt(string(cells[3]), 10, 64)
			if err != nil {
				return fmt.Errorf("account_log.at: %w", err)
			}
			v.Log, v.Month = true, moment(at)
		}
		if err := visit(v); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

// Line is a row of the ledger with its sealed detail.
type Line struct {
	Event   habeas.EventID
	Subject habeas.SubjectID // zero: the house; of an erased one: random
	Leaf    []byte           // valid during the visit
	Sealed  []byte           // valid during the visit
}

// EachLine visits every line of the ledger, those without a place in the tree too.
func (s *Snapshot) EachLine(ctx context.Context, visit func(Line) error) error {
	rows, err := s.conn.QueryContext(ctx, `SELECT event, subject, leaf, sealed FROM leaf`)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var event, subject []byte
		if err := rows.Scan(&event, &subject, &l.Leaf, &l.Sealed); err != nil {
			return failure(err)
		}
		copy(l.Event[:], event)
		copy(l.Subject[:], subject)
		if err := visit(l); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

// Subjects returns everybody that a row stands for, parties and accounts.
func (s *Snapshot) Subjects(ctx context.Context) ([]habeas.SubjectID, error) {
	return s.subjects(ctx, `SELECT id FROM party UNION ALL SELECT id FROM account`)
}

// Imports returns the imports, the remainders of erased records and the private keys in
// escrow, which are nobody and have keys too.
func (s *Snapshot) Imports(ctx context.Context) ([]habeas.SubjectID, error) {
	return s.subjects(ctx, `SELECT id FROM import UNION ALL SELECT subject FROM remainder WHERE subject IS NOT NULL
		UNION ALL SELECT id FROM escrow WHERE subject IS NOT NULL`)
}

// Unwitnessed returns the subjects that have rows and too few lines in the ledger: none
// for a party or an account, or fewer than the statements about a party.
func (s *Snapshot) Unwitnessed(ctx context.Context) ([]habeas.SubjectID, error) {
	return s.subjects(ctx, `SELECT p.id FROM party p WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.subject = p.id)
		UNION SELECT a.id FROM account a WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.subject = a.id)
		UNION SELECT s.party FROM (SELECT party, count(*) AS n FROM statement GROUP BY party) s
			WHERE s.n > (SELECT count(*) FROM leaf l WHERE l.subject = s.party)`)
}

func (s *Snapshot) subjects(ctx context.Context, query string) ([]habeas.SubjectID, error) {
	rows, err := s.conn.QueryContext(ctx, query)
	return collect(rows, err, func(r row) (habeas.SubjectID, error) {
		var id []byte
		if err := r.Scan(&id); err != nil {
			return habeas.SubjectID{}, err
		}
		return habeas.Bytes16[habeas.SubjectKind](id)
	})
}

// Described counts the parties that something was said about: those that search covers.
func (s *Snapshot) Described(ctx context.Context) (n int64, err error) {
	err = s.conn.QueryRowContext(ctx, `SELECT count(DISTINCT party) FROM statement`).Scan(&n)
	return n, failure(err)
}

// Dangling is a row that points at one that is not there.
type Dangling struct {
	Table   string
	Column  string
	Missing habeas.SubjectID
}

// references are the columns that point at the id of another table or selection.
var references = []struct{ table, column, to string }{
	{"known_as", "party", "party"},
	{"statement", "party", "party"},
	{"claim", "party", "party"},
	{"paper_code", "party", "party"},
	{"blocked", "party", "party"},
	{"told", "party", "party"},
	{"retention", "party", "party"},
	{"settled", "party", "party"},
	{"consent", "party", "(SELECT id FROM party UNION ALL SELECT id FROM account)"}, // that of a kept key is about the account
	{"party_merge", "party", "party"},
	{"party_merge", "target", "party"},
	{"party_split", "party", "party"},
	{"aside", "party", "party"},
	{"import_part", "import", "import"},
	{"import_reject", "import", "import"},
	{"pass", "party", "party"},
	{"pass_use", "party", "party"},
	{"dispute", "party", "party"},
	{"dispute_link", "party", "party"},
	{"person_check", "party", "party"},
	{"note", "party", "party"},
	{"party_tag", "party", "party"},
	{"saved_list", "account", "account"},
	{"staff_group", "account", "account"},
	{"relation", "party", "party"},
	{"relation", "other", "party"},
	{"guardian", "party", "party"},
	{"guardian", "account", "account"},
	{"letter", "party", "party"},
	{"showing", "party", "party"},
	{"completing", "party", "party"},
	{"digest", "account", "account"},
	{"entity_licence", "account", "account"},
	{"party", "account", "account"},
	{"account_address", "account", "account"},
	{"address_change", "account", "account"},
	{"address_removed", "account", "account"},
	{"passkey", "account", "account"},
	{"provider_link", "account", "account"},
	{"registration", "account", "account"},
	{"certificate", "account", "account"},
	{"escrow", "subject", "account"},
	{"file_reset", "account", "account"},
	{"keeper", "subject", "account"},
	{"keeper", "account", "account"},
	{"creator_site", "account", "account"},
	{"mandate", "account", "account"},
	{"mandate", "creator", "account"},
	{"sign_in", "account", "account"},
	{"intervention", "account", "account"},
	{"system_token", "system", "system"},
	{"system_hand", "system", "system"},
}

// DanglingRows returns rows that point at nothing, at most a hundred per column.
func (s *Snapshot) DanglingRows(ctx context.Context) ([]Dangling, error) {
	var out []Dangling
	for _, ref := range references {
		rows, err := s.conn.QueryContext(ctx, fmt.Sprintf(`SELECT DISTINCT x.%[2]s FROM %[1]s x LEFT JOIN %[3]s y ON y.id = x.%[2]s
			WHERE x.%[2]s IS NOT NULL AND y.id IS NULL LIMIT 100`, ref.table, ref.column, ref.to))
		found, err := collect(rows, err, func(r row) (Dangling, error) {
			d := Dangling{Table: ref.table, Column: ref.column}
			var id []byte
			err := r.Scan(&id)
			copy(d.Missing[:], id)
			return d, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// Waiting is what the outbox holds.
type Waiting struct {
	Waiting int       // not sent yet
	Oldest  time.Time // when the oldest of them was left there; zero: none
	Dead    int       // given up
}

// Outbox counts the mails that wait.
func (s *Snapshot) Outbox(ctx context.Context) (w Waiting, err error) {
	var oldest []byte
	err = s.conn.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead') FROM outbox`).Scan(&w.Waiting, &w.Dead)
	if err != nil || w.Waiting == 0 {
		return w, failure(err)
	}
	if err := s.conn.QueryRowContext(ctx, `SELECT id FROM outbox WHERE state = 'waiting' ORDER BY id LIMIT 1`).Scan(&oldest); err != nil {
		return w, failure(err)
	}
	id, err := habeas.Bytes16[habeas.MailKind](oldest)
	w.Oldest = id.Time()
	return w, err
}

// Integrity lets the database check its own files: pages, rows and indexes. checked is
// false where it cannot: on PostgreSQL without the extension amcheck.
func (s *Snapshot) Integrity(ctx context.Context) (faults []string, checked bool, err error) {
	if s.postgres {
		return s.amcheck(ctx)
	}
	rows, err := s.conn.QueryContext(ctx, `PRAGMA integrity_check(20)`)
	faults, err = collect(rows, err, func(r row) (line string, err error) { return line, r.Scan(&line) })
	if len(faults) == 1 && faults[0] == "ok" {
		faults = nil
	}
	return faults, true, err
}

// amcheck checks every index against its table.
func (s *Snapshot) amcheck(ctx context.Context) (faults []string, checked bool, err error) {
	var there bool
	err = s.conn.QueryRowContext(ctx, `SELECT count(*) > 0 FROM pg_proc p JOIN pg_extension e ON e.extname = 'amcheck'
		WHERE p.proname = 'bt_index_check' AND has_function_privilege(p.oid, 'EXECUTE')`).Scan(&there)
	if err != nil || !there {
		return nil, false, failure(err)
	}
	rows, err := s.conn.QueryContext(ctx, `SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE a.amname = 'btree' AND n.nspname = current_schema() AND i.indisvalid`)
	names, err := collect(rows, err, func(r row) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		return nil, false, err
	}
	for _, name := range names {
		if _, err := s.conn.ExecContext(ctx, `SELECT bt_index_check($1::regclass, true)`, name); err != nil {
			return append(faults, "index "+name), true, nil //nolint:nilerr // that is the finding; the transaction is over
		}
	}
	return nil, true, nil
}

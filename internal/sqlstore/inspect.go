package sqlstore

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
)

// How a column is shown to the person whose row it is.
const (
	asText   = 't'
	asMoment = 'm'
	asNumber = 'n'
	asFlag   = 'f'
	asID     = 'i'
	asWords  = 's' // what is sealed is opened
	leftOff  = '-' // followed by why
)

// Why columns are left off an inspection.
const (
	whyOwn   = "-whose row it is: the account that asks"
	whyMark  = "-a keyed mark by which the row is found; nothing can be read from it"
	whyOther = "-somebody else, whom the activity names as far as they may be named"
	whyOpens = "-a mark of something that opens: who sees it could try to guess that"
	whyLock  = "-a number for the work of the server"
)

// inspected are the tables with rows about an account, each with how its rows are found and
// how each of its columns is shown. A test compares it, and uninspected, with the schema of
// both databases (ACCT-03).
var inspected = []inspectedTable{
	{"account", "id = ?1", nil, columns{"id": "i", "state": "t", "created_at": "m", "sealed": "s"}},
	{"account_address", "account = ?1", nil, columns{"hash": whyMark, "account": whyOwn, "proved_at": "m", "is_main": "f", "sealed": "s", "proof": "t"}},
	{"address_change", "account = ?1", nil, columns{
		"account": whyOwn, "id": "i", "link": whyOpens, "from_address": whyMark, "to_address": whyMark, "due": "m", "switched_at": "m", "ends": "m", "added": "f", "sealed": "s",
	}},
	{"address_removed", "account = ?1", nil, columns{"account": whyOwn, "hash": whyMark, "proved_at": "m", "ended_at": "m", "sealed": "s", "proof": "t"}},
	{"passkey", "account = ?1", []string{"c"}, columns{"hash": whyMark, "account": whyOwn, "added_at": "m", "used_at": "m", "ended_at": "m", "sealed": "s"}},
	{"provider_link", "account = ?1", nil, columns{"hash": whyMark, "account": whyOwn, "added_at": "m", "used_at": "m", "ended_at": "m", "sealed": "s"}},
	{"sign_in", "account = ?1", nil, columns{
		"hash": whyOpens, "account": whyOwn, "proof": "t", "passkey": whyMark, "certificate": "i", "address": whyMark, "created_at": "m", "seen_at": "m", "expires": "m", "sealed": "s",
	}},
	{"challenge", "subject = ?1", []string{"s", "p"}, columns{
		"id": whyOpens, "purpose": "t", "subject": whyOwn, "address": whyMark, "flow": whyOpens, "tries": "n", "max_tries": "n",
		"created_at": "m", "expires": "m", "used_at": "m", "sealed": "s",
	}},
	{"role_grant", "(account = ?1 OR address IN (SELECT hash FROM account_address WHERE account = ?1))", nil, columns{
		"id": "i", "role": "t", "address": whyMark, "account": whyOwn, "granted_by": whyOther, "granted_at": "m", "ends": "m", "serial": "i", "ended_at": "m", "ended_by": whyOther, "sealed": "s",
	}},
	{"role_application", "account = ?1", nil, columns{
		"id": "i", "account": whyOwn, "role": "t", "state": "t", "at": "m", "decided_at": "m", "decided_by": whyOther, "sealed": "s",
	}},
	{"escrow", "subject = ?1", nil, columns{
		"id": "i", "subject": whyOwn, "serial": "i", "class": "t", "words": "n", "at": "m", "ended_at": "m", "sealed": "-a private key, which no page shows (ADM-01)",
	}},
	{"file_reset", "account = ?1", nil, columns{
		"id": whyOpens, "account": whyOwn, "address": whyMark, "class": "t", "due": "m", "ends": "m", "escrow": "i", "link": whyOpens, "recipient": "-the public key of the browser that asked", "taken_at": "m",
	}},
	{"keeper", "(subject = ?1 OR account = ?1)", nil, columns{
		"id": "i", "keeper_set": "i", "subject": whyOther, "escrow": "i", "account": whyOther, "hash": whyMark, "serial": "i", "need": "n", "state": "t", "at": "m", "answered_at": "m",
		"reset": whyOpens, "reply": "-a share of a private key on its way to a browser", "share": "-a share of a private key, which only its keeper opens", "sealed": "-the address of the keeper, which the page about key keepers shows to who asked",
	}},
	{"release_case", "account = ?1 AND hidden = 0", nil, columns{ // a court can forbid for a time that its person is told
		"id": "i", "version": whyLock, "account": whyOwn, "ground": "t", "sets": "t", "legal": "t", "state": "t", "arrived": "m", "decided": "m",
		"notice_from": whyLock, "notice_by": "m", "notice_due": "m", "notice_at": "m", "notice_mail": whyLock, "notice_failed": "m", "hold_until": "m", "hidden": whyLock,
		"sealed": "-what others have written into the case; the notice and the activity tell what its person may know",
	}},
	{"release_file", "account = ?1 AND NOT EXISTS (SELECT 1 FROM release_case c WHERE c.id = release_file.id AND c.hidden <> 0)", nil, columns{
		"id": "i", "account": whyOwn, "sealed": "-a copy of what stands in this inspection, as it was handed over",
	}},
	{"block", "account = ?1", []string{"b"}, columns{"id": "i", "account": whyOwn, "until": "m", "ended_at": "m", "sealed": "s"}},
	{"intervention", "account = ?1", nil, columns{"event": "i", "kind": "t", "account": whyOwn, "by_whom": whyOther, "at": "m", "sealed": "s"}},
	{"registration", "account = ?1", nil, columns{"account": whyOwn, "at": "m", "ends": "m", "policy": "n", "sealed": "s", "reminded": "n", "warned_at": "m"}},
	{"certificate", "account = ?1", nil, columns{
		"authority": "t", "generation": whyLock, "serial": "i", "shard": whyLock, "account": whyOwn, "holder": "i", "role": "t", "issued_at": "m", "ends": "m", "revoked_at": "m", "reason": "n", "mandate": "i", "sealed": "s",
	}},
	{"creator_site", "account = ?1", []string{"p"}, columns{
		"id": "i", "account": whyOwn, "at": "m", "confirmed_at": "m", "confirmed_by": whyOther, "ended_at": "m", "sealed": "s",
	}},
	{"mandate", "account = ?1", nil, columns{
		"id": "i", "account": whyOwn, "creator": whyOther, "site": "i", "at": "m", "ended_at": "m", "sealed": "s",
	}},
	{"consent", "account = ?1", nil, columns{"kind": "t", "party": "i", "account": whyOwn, "words": "n", "given": "f", "at": "m"}},
	{"entity_licence", "account = ?1", nil, columns{"account": whyOwn, "words": "n", "at": "m"}},
	{"claim", "account = ?1", nil, columns{
		"id": "i", "party": "i", "account": whyOwn, "state": "t", "version": whyLock, "opened": whyLock, "stale": "f", "tries": "n",
		"opened_at": "m", "closed_at": "m", "shown": "-which fields were shown: the record's own page has them", "fact_tries": "n",
	}},
	{"person_check", "account = ?1", nil, columns{"claim": "i", "party": "i", "account": whyOwn, "document": "t", "staff": whyOther, "at": "m"}},
	{"guardian", "account = ?1", nil, columns{
		"id": "i", "party": "i", "account": whyOwn, "staff": whyOther, "document": "t", "until": "m", "hand_over_at": "m", "ended_at": "m", "ended": "t", "told_at": "m",
	}},
	{"pass", "account = ?1", nil, columns{
		"id": "i", "party": "i", "account": whyOwn, "held": "f", "name": whyMark, "code": whyOpens, "link": whyOpens, "sets": "t", "uses": "n", "expires": "m", "ended_at": "m", "ended": "t", "sealed": "s",
	}},
	{"showing", "account = ?1", nil, columns{"party": "i", "account": whyOwn, "published_at": "m", "hidden_at": "m", "sealed": "s"}},
	{"completing", "account = ?1", nil, columns{"party": "i", "account": whyOwn, "reminded_at": "m", "sealed": "s"}},
	{"digest", "account = ?1", nil, columns{
		"account": whyOwn, "line": whyLock, "due": "m", "mail": whyLock, "stop": whyOpens, "bounced_at": "m", "version": whyLock, "sealed": "s",
	}},
	{"outbox", "subject = ?1", nil, columns{
		"id": "i", "kind": "t", "subject": whyOwn, "state": "t", "due": "m", "expires": "m", "ended": "m", "tries": "n", "reason": "t", "sealed": "s", "about": "t",
	}},
	{"staff_group", "account = ?1", nil, columns{"account": whyOwn, "name": "t"}},
	{"system_hand", "account = ?1", nil, columns{"system": "i", "account": whyOwn}},
	{"saved_list", "account = ?1", nil, columns{"id": "i", "account": whyOwn, "shared": "f", "used_at": "m", "ended_at": "m", "version": whyLock, "sealed": "s"}},
	{"tag_change", "account = ?1", nil, columns{"id": "i", "account": whyOwn, "ends": "m", "sealed": "-which records of others were tagged"}},
	{"list_file", "account = ?1", nil, columns{"id": "i", "account": whyOwn, "state": "t", "total": "n", "done": "n", "held": "n", "at": "m", "sealed": "-which records of others are in the file"}},
	{"import", "account = ?1", nil, columns{
		"id": "i", "account": whyOwn, "state": "t", "kind": "t", "digest": whyMark, "bytes": "n", "parts": "n", "row_done": "n", "row_read": "n", "created": "n", "attached": "n",
		"review": "n", "known": "n", "rejected": "n", "undone": "n", "version": whyLock, "at": "m", "ended": "m", "lease": whyLock, "sealed": "-what the file says of others",
	}},
	{"setting_change", "account = ?1", nil, columns{"name": "t", "version": "n", "at": "m", "account": whyOwn, "value": "-what the organisation has set, about nobody"}},
	{"log_reading", "(subject = ?1 OR account = ?1)", []string{"w", "o"}, columns{"id": "i", "account": whyOther, "subject": whyOwn, "at": "m", "sealed": "s"}},
}

type columns map[string]string

type inspectedTable struct {
	name  string
	by    string
	drop  []string // members of what is sealed that are left off: keys, and what names others
	shows columns
}

// memberNames are what short members of sealed values mean, by table.
var memberNames = map[string]map[string]string{
	"account":          {"n": "name", "l": "language"},
	"account_address":  {"m": "mailbox", "d": "as_typed", "v": "on_the_word_of"},
	"address_removed":  {"m": "mailbox", "d": "as_typed", "v": "on_the_word_of"},
	"address_change":   {"m": "mailbox", "d": "as_typed", "r": "records_too"},
	"passkey":          {"n": "name"},
	"provider_link":    {"i": "issuer", "c": "called"},
	"sign_in":          {"d": "device"},
	"challenge":        {"m": "mailbox", "d": "as_typed", "l": "language", "t": "leads_to", "n": "name", "r": "records_too"},
	"outbox":           {"k": "kind", "t": "to", "l": "language", "p": "page", "r": "reason", "w": "words", "m": "minutes", "h": "hours"},
	"log_reading":      {"k": "kind", "p": "purpose"},
	"role_grant":       {"d": "address", "p": "how_it_was_checked", "w": "why_it_ended"},
	"role_application": {"w": "why", "a": "answer"},
	"block":            {"n": "network", "r": "reason"},
	"intervention":     {"w": "why"},
	"creator_site":     {"o": "origin", "g": "gathers", "w": "why", "l": "identity_logs_days", "c": "contact", "e": "why_it_ended"},
	"mandate":          {"o": "organisation", "s": "site", "t": "words", "m": "given", "w": "where"},
}

// Where the rows of the other tables are shown, or why not.
const (
	inRecords = "about a record: its page and the copy show it"
	ofNobody  = "about nobody"
	ofWork    = "work of the server: keyed marks, leases and counters that name nobody and end by themselves"
)

// uninspected are the tables without a line of their own in an inspection.
var uninspected = map[string]string{
	tableLog:       "the inspection's part “log” shows every line, and the address where the policy shows it; where it does not it is sealed and searched for in a case of abuse only",
	"contribution": "the inspection's part “contributions” shows every line; the mark of the network is searched for in a case of abuse only",
	tableLeaf:      "the activity shows every line",

	"party": inRecords, "known_as": inRecords, "statement": inRecords, "ticket": inRecords, "told": inRecords, "blocked": inRecords, "notified": inRecords,
	"settled": inRecords, "request": inRecords, "retention": inRecords, "remainder": inRecords, "note": inRecords, "party_tag": inRecords, "relation": inRecords,
	"letter": inRecords, "paper_code": inRecords, "pass_use": inRecords, "party_merge": inRecords, "party_split": inRecords, "split_item": inRecords,
	"split_handle": inRecords, "split_paper": inRecords, "aside": inRecords, "duplicate": inRecords, "bulk_pair": inRecords, "breach_letter": inRecords,
	"dispute": "about a record, and what somebody else says: its page shows what its person may know", "dispute_link": inRecords,
	"change_ref": inRecords, "change_mark": inRecords, "change_event": inRecords,
	"import_part": "files that staff brought, about others, for the time of the import", "import_reject": "the same",

	"breach": ofNobody, "bulk": ofNobody, "tag": ofNobody, "import_mapping": ofNobody, "setting": ofNobody, "system": ofNobody, "system_token": ofNobody,
	"webhook": ofNobody, "log_month": ofNobody, "tree": ofNobody, "goose_db_version": ofNobody,
	"asked":  "questions about public things, of nobody: their text is sealed, and leaves after six months",
	"entity": "things that have a public name; who wrote them stands in the contributions", "entity_past": "the same, as it was before",
	"entity_external": "keyed marks of what other registries call them", "entity_lead": ofNobody, "entity_lock": ofWork, "evolution": "public, and about nobody", "evolution_part": ofNobody,
	"authority":       "certificates of the server's own authorities, public and about nobody",
	"revocation_list": "numbers of revoked certificates, public and about nobody",

	"directory_member": "who works here, as the directory says: keyed marks of addresses and groups, which nobody can read and which go with the account", "directory_state": ofNobody,
	"staff_user": "what a system of the organisation says of who works here, account or not: the system and Admin → Directory show it", "staff_set": "the same, of groups", "staff_in_set": "the same",

	"guess": ofWork, "known_browser": ofWork, "idempotent": ofWork, "notice_visit": ofWork, "change_feed": ofWork, "schedule": ofWork, "lease": ofWork,
	"staged": ofWork, "write_turn": ofWork, "forgotten": ofWork,
}

// Inspect reads every row that is about an account, column by column.
func (r Accounts) Inspect(ctx context.Context, id habeas.AccountID) ([]account.HeldTable, error) {
	var out []account.HeldTable
	for _, t := range inspected {
		held, err := r.inspect(ctx, t, id)
		if err != nil {
			return nil, err
		}
		out = append(out, held)
	}
	return out, nil
}

// order is how the columns of a table come: as the catalogue of shows has them, by name, what
// was sealed last.
func (t inspectedTable) order() []string {
	var out []string
	for name, how := range t.shows {
		if how[0] != leftOff && how[0] != asWords {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	if how := t.shows["sealed"]; how != "" && how[0] == asWords {
		out = append(out, "sealed")
	}
	return out
}

func (r Accounts) inspect(ctx context.Context, t inspectedTable, id habeas.AccountID) (account.HeldTable, error) {
	names := t.order()
	held := account.HeldTable{Name: t.name, LeftOff: map[string]string{}}
	for name, how := range t.shows {
		if how[0] == leftOff {
			held.LeftOff[name] = how[1:]
		}
	}
	bound := sealedColumn{}
	for _, c := range sealedColumns {
		if c.table == t.name {
			bound = c
		}
	}
	query := make([]string, len(names))
	for i, name := range names {
		query[i] = quoted(name)
	}
	if bound.table != "" {
		query = append(query, bound.columns)
	}
	rows, err := r.q.QueryContext(ctx, `SELECT `+strings.Join(query, ", ")+` FROM `+quoted(t.name)+` WHERE `+t.by, id[:])
	if err != nil {
		return held, failure(err)
	}
	defer rows.Close()
	extra := 0
	if bound.table != "" {
		extra = strings.Count(bound.columns, ",") + 1
	}
	for rows.Next() {
		cells := make([]any, len(names)+extra)
		to := make([]any, len(cells))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return held, failure(err)
		}
		var row []account.HeldValue
		for i, name := range names {
			v := account.HeldValue{Name: name}
			if t.shows[name][0] == asWords {
				v.Words, err = r.words(ctx, bound, cells[len(names):], cells[i], t.drop)
			} else {
				v.Text = shownAs(t.shows[name][0], cells[i])
			}
			if err != nil {
				return held, err
			}
			row = append(row, v)
		}
		held.Rows = append(held.Rows, row)
	}
	return held, failure(rows.Err())
}

// words opens what is sealed and leaves members off.
func (r Accounts) words(ctx context.Context, bound sealedColumn, cells []any, sealed any, drop []string) (json.RawMessage, error) {
	value, _ := sealed.([]byte)
	if len(value) == 0 {
		return nil, nil
	}
	in := make([][]byte, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case []byte:
			in[i] = c
		case string:
			in[i] = []byte(c)
		case int64:
			in[i] = strconv.AppendInt(nil, c, 10)
		}
	}
	whose, place := bound.bind(in)
	var subject habeas.SubjectID
	copy(subject[:], whose)
	key, err := keyOf(ctx, r.keys, subject)
	if habeas.KindOf(err) == habeas.KindGone {
		return nil, nil // erased with the record that it was about
	}
	if err != nil {
		return nil, err
	}
	text, err := key.Open(place, value)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return json.Marshal(text) // a certificate: in base64
	}
	for _, name := range drop {
		delete(members, name)
	}
	for short, name := range memberNames[bound.table] {
		if value, ok := members[short]; ok {
			delete(members, short)
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// shownAs writes a value; nothing is the empty text.
func shownAs(how byte, v any) string {
	switch v := v.(type) {
	case int64:
		switch {
		case how == asMoment && v == 0:
			return ""
		case how == asMoment:
			return moment(v).Format(time.RFC3339)
		case how == asFlag:
			return strconv.FormatBool(v != 0)
		}
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []byte:
		if how == asID {
			return hex.EncodeToString(v)
		}
		return string(v)
	case string:
		return v
	}
	return ""
}

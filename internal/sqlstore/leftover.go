package sqlstore

import (
	"database/sql"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// leftovers are the tables with rows about a subject, by the column that names it. The
// ledger's lines stay, and setting_change says who decided something.
var leftovers = []struct{ table, column string }{
	{"known_as", "party"},
	{"statement", "party"},
	{"claim", "party"},
	{"paper_code", "party"},
	{"blocked", "party"},
	{"told", "party"},
	{"retention", "party"},
	{"settled", "party"},
	{"request", "party"},
	{"consent", "party"},
	{"party_merge", "party"},
	{"party_merge", "target"},
	{"party_split", "party"},
	{"party_split", "target"},
	{"split_item", "party"},
	{"split_handle", "party"},
	{"split_paper", "party"},
	{"aside", "party"},
	{"consent", "account"},
	{"pass_use", "party"},
	{"pass", "party"},
	{"pass", "account"},
	{"dispute", "party"},
	{"dispute_link", "party"},
	{"person_check", "party"},
	{"bulk_pair", "a"},
	{"bulk_pair", "b"},
	{"note", "party"},
	{"party_tag", "party"},
	{"tag_change", "account"},
	{"saved_list", "account"},
	{"list_file", "account"},
	{"staff_group", "account"},
	{"relation", "party"},
	{"relation", "other"},
	{"guardian", "party"},
	{"guardian", "account"},
	{"letter", "party"},
	{"showing", "party"},
	{"completing", "party"},
	{"showing", "account"},
	{"completing", "account"},
	{"digest", "account"},
	{"entity_licence", "account"},
	{"account_log", "account"},
	{"log_reading", "subject"},
	{"change_ref", "party"},
	{"change_mark", "party"},
	{"system_hand", "account"},
	{"remainder", "subject"},
	{"outbox", "subject"},
	{"challenge", "subject"},
	{"claim", "account"},
	{"account_address", "account"},
	{"address_change", "account"},
	{"address_removed", "account"},
	{"passkey", "account"},
	{"provider_link", "account"},
	{"registration", "account"},
	{"file_reset", "account"},
	{"keeper", "subject"},
	{"sign_in", "account"},
	{"release_file", "account"},
	{"block", "account"},
	{"intervention", "account"},
	{"role_grant", "account"},
	{"role_application", "account"},
	{"creator_site", "account"},
	{"mandate", "account"},
	{"import_part", "import"},
	{"import_reject", "import"},
	{"party", "id"},
	{"account", "id"},
}

// EraseLeftovers completes an erasure whose key is gone already: it deletes every row
// about a subject, without a key, and parts its lines from each other. It reports
// whether there was anything; only then the entry, which is the house's and names
// nobody, is written.
func (w RecordsTx) EraseLeftovers(subject habeas.SubjectID, e audit.Entry) (found bool, err error) {
	count := func(res sql.Result, err error) error {
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		found = found || n > 0
		return err
	}
	queries := slices.Concat(partStaff, []string{
		`DELETE FROM role_grant WHERE account IS NULL AND address IN (SELECT hash FROM account_address WHERE account = ?)`,
		`UPDATE party SET account = NULL, state = '` + string(party.Unclaimed) + `', claimed_at = 0 WHERE account = ?`,
		`UPDATE import SET sealed = NULL, parts = 0, state = CASE WHEN ended = 0 THEN '` + string(party.ImportCancelled) + `' ELSE state END WHERE id = ? AND sealed IS NOT NULL`,
	})
	if err := w.tx.tellLeftover(subject, e.At); err != nil {
		return false, err
	}
	if err := count(w.tx.partKeepers(subject)); err != nil { // before the addresses go
		return false, err
	}
	for _, l := range leftovers {
		queries = append(queries, `DELETE FROM `+l.table+` WHERE `+l.column+` = ?`)
	}
	for _, query := range queries {
		if err := count(w.tx.exec(query, subject[:])); err != nil {
			return found, err
		}
	}
	if err := count(w.tx.lapseCases(subject, e.At)); err != nil {
		return found, err
	}
	if err := count(w.tx.partImports(subject)); err != nil {
		return found, err
	}
	if err := count(w.tx.partCertificates(subject, e.At)); err != nil {
		return found, err
	}
	if err := count(w.tx.partEscrow(subject, e.At)); err != nil {
		return found, err
	}
	if err := count(w.tx.partMandates(subject, e.At)); err != nil {
		return found, err
	}
	if !found {
		return false, nil
	}
	if err := w.tx.orphan(subject, e); err != nil {
		return found, err
	}
	return found, w.tx.Audit(e)
}

package sqlstore

import (
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/party"
)

// nobody begins the reason of a table that is about no person outside the organisation's work.
const nobody = "nobody: "

// purposes says of every column what it is held for: the line of the retention register that
// people read begins so. A column that is not here may hold what nobody was told of.
var purposes = map[string]struct{ serves, columns string }{
	"account":          {"Accounts:", "id state created_at sealed"},
	"account_address":  {"Accounts:", "hash account proved_at is_main sealed proof"},
	"address_change":   {"Accounts:", "account id link from_address to_address due switched_at ends added sealed"},
	"address_removed":  {"Accounts:", "account hash proved_at ended_at sealed proof"},
	"asked":            {"The query log:", "id at form sealed"},
	"aside":            {"Records that their person has claimed", "party statement event"},
	"blocked":          {"Addresses whose owner said", "hash party"},
	"breach":           {"Breaches of", "id version noticed closed sealed"},
	"breach_letter":    {"Breaches of", "breach mark mail"},
	"bulk":             {"Which pairs of records", "id state by_whom undo_by certain pairs seen free merged skipped apart apart_before left_over clashes at done_at ended_at lease version"},
	"bulk_pair":        {"Which pairs of records", "bulk n a b merge_id step"},
	"certificate":      {"Registrations:", "authority generation serial shard account holder role issued_at ends revoked_at reason mandate sealed"},
	"challenge":        {"Mailed codes under way", "id purpose subject address flow tries max_tries created_at expires used_at sealed"},
	"change_event":     {"That a connected system was told", "system seq id kind ref other hour job"},
	"change_feed":      {nobody + "how far a system has read", "system epoch head basis place since"},
	"change_mark":      {"What a connected system was last told", "id party by_system ref statement closed"},
	"change_ref":       {"That a connected system was told", "system ref party own seen restraint one"},
	"claim":            {"Records that their person has claimed", "id party account state version opened stale tries opened_at closed_at shown fact_tries"},
	"completing":       {"What of a public profile", "party account reminded_at sealed"},
	"consent":          {"What a person has agreed to", "kind party account words given at"},
	"digest":           {"How a person wants to be told", "account line due mail stop bounced_at version sealed"},
	"dispute":          {"Disputes about claims", "id party claim account state way reason shown ended_at ended_by claimed_at opened sealed"},
	"dispute_link":     {"Disputes about claims", "hash party claim address expires sealed"},
	"duplicate":        {"Which records may be about", "a b p reasons state found_at later_at mark_a mark_b decided_by decided_at"},
	"entity":           {"Entities:", "id state version turn label created changed leads body sealed"},
	"entity_external":  {"Entities:", "mark entity"},
	"entity_licence":   {"That somebody has accepted", "account words at"},
	"entity_lock":      {nobody + "which entity is locked for minutes", "entity mark ends"},
	"entity_lead":      {"Entities:", "target entity"},
	"entity_past":      {"What entities were before", "entity version state changed leads body sealed"},
	"evolution":        {nobody + "the public evolution of identifiers", "seq operation at old new undone_by undoes"},
	"evolution_part":   {nobody + "the public evolution of identifiers", "entity seq version"},
	"forgotten":        {"The ledger's lines", "event sealed at"},
	"guardian":         {"Who acts for whom", "id party account staff document until hand_over_at ended_at ended told_at"},
	"guess":            {"Counters of guesses", "key count since"},
	"idempotent":       {"Marks of repeated requests", "key print answer at"},
	"import":           {"Files that staff have uploaded", "id account state kind digest bytes parts row_done row_read created attached review known rejected undone version at ended lease sealed"},
	"import_mapping":   {"Files that staff have uploaded", "header at sealed"},
	"import_part":      {"Files that staff have uploaded", "import n sealed"},
	"import_reject":    {"Rows of imported files", "import n sealed"},
	"intervention":     {"Certificates that administrators revoked", "event kind account by_whom at sealed"},
	"known_as":         {"Records that their person has claimed", "hash source n party ref sealed said"},
	"known_browser":    {"Browsers that somebody", "key seen_at"},
	"leaf":             {"The ledger's lines", "idx event subject leaf hashes sealed"},
	"lease":            {nobody + "which node does something", "name holder epoch expires"},
	"letter":           {"That a letter with a code", "id party code staff expires state ended_at address"},
	"list_file":        {"Which list of people", "id account state total done held at sealed"},
	"note":             {"Notes of staff", "id party account struck version sealed"},
	"notice_visit":     {"Requests:", "hash address created_at expires sealed purpose"},
	"notified":         {"Who was told", "address stop sets mail sent_at seen_at stopped_at bounced_at"},
	"outbox":           {"The delivery record", "id kind subject state due expires ended tries reason sealed about"},
	"paper_code":       {"That a letter with a code", "party hash expires used_at"},
	"party":            {"Records that their person has claimed", "id kind state account claimed_at review opened blocked stub cleared version restraint restrained_at"},
	"party_merge":      {"Records that their person has claimed", "id target party state was by_whom choices said agreed at ended_at"},
	"party_split":      {"Records that their person has claimed", "id party target state by_whom at ended_at"},
	"party_tag":        {"Tags:", "id party sealed"},
	"pass":             {"Consents that people handed over", "id party account held name code link sets uses expires ended_at ended sealed"},
	"pass_use":         {"Consents that people handed over", "pass booker ticket party system handle said at expires sealed"},
	"passkey":          {"Accounts:", "hash account added_at used_at ended_at sealed"},
	"person_check":     {"That staff saw a person", "claim party account document staff at"},
	"provider_link":    {"Accounts:", "hash account added_at used_at ended_at sealed"},
	"registration":     {"Registrations:", "account at ends policy sealed reminded warned_at"},
	"relation":         {"To whom somebody is related", "id party other household ended_at objected_at sealed"},
	"remainder":        {"Parts of erased records", "id erasure subject name label duty until event ended_at ended sealed"},
	"request":          {"Requests:", "id party kind channel state due act_at ended_at ended_by sealed came_at extended_at reminded_at assigned"},
	"retention":        {"Records that their person has claimed", "party warned_at held_at held_by sealed held_until"},
	"revocation_list":  {nobody + "numbers of certificates, public", "authority generation shard number made_at next_at list counted"},
	"saved_list":       {"Saved lists:", "id account shared used_at ended_at version sealed"},
	"schedule":         {nobody + "when the server did something last", "name last lease"},
	"setting":          {nobody + "what the organisation decided", "name value version"},
	"setting_change":   {nobody + "what the organisation decided, and which of its staff did", "name version at account value"},
	"settled":          {"Records that their person has claimed", "party looked waiting sealed"},
	"showing":          {"What of a public profile", "party account published_at hidden_at sealed"},
	"sign_in":          {"Sign-ins:", "hash account proof passkey certificate address created_at seen_at expires sealed"},
	"split_handle":     {"Records that their person has claimed", "split hash source n party"},
	"split_item":       {"Records that their person has claimed", "split party statement"},
	"split_paper":      {"Records that their person has claimed", "split party kind paper"},
	"staff_group":      {"To which group", "account name"},
	"staged":           {"The ledger's lines", "event node"},
	"statement":        {"Records that their person has claimed", "party id source_kind source ticket sealed"},
	"system":           {nobody + "a connected system", "id name secret created_at ended_at old_secret scopes used_at sandbox"},
	"system_hand":      {nobody + "which of the staff answers for a system", "system account"},
	"system_token":     {nobody + "a connected system", "hash system expires scopes"},
	"tag":              {"Tags:", "id sealed"},
	"tag_change":       {"Tags:", "id account ends sealed"},
	"ticket":           {"Tickets:", "id system version state at sealed"},
	"told":             {"What a connected system was last told", "party version state at"},
	"tree":             {"The ledger's lines", "idx event node hashes"},
	"webhook":          {nobody + "a connected system", "system state kinds failing last_ok reason held version sealed"},
	"account_log":      {"The log of accounts:", "account class event at mark sealed"},
	"authority":        {nobody + "numbers of certificates, public", "kind generation serial begins ends revoked_at reason retired_at told_at"},
	"block":            {"Blocked accounts and networks", "id account until ended_at sealed"},
	"contribution":     {"Who contributed to public things", "id at contributor operation object refused via through mark"},
	"directory_member": {"Who the directory says works here", "address mark since ended"},
	"directory_state":  {nobody + "when the directory was asked", "n asked answered failure"},
	"escrow":           {"Private keys of registration files", "id subject serial class words at ended_at sealed"},
	"file_reset":       {"Private keys of registration files", "id account address class due ends escrow link recipient taken_at"},
	"keeper":           {"Key keepers", "id keeper_set subject escrow account hash serial need state at answered_at reset reply share sealed"},
	"log_month":        {nobody + "how many lines the log of accounts has a month", "month class lines"},
	"log_reading":      {"Who read a log", "id account subject at sealed"},
	"release_case":     {"Cases of release of data", "id account arrived decided ground hidden hold_until legal notice_at notice_by notice_due notice_failed notice_from notice_mail sealed sets state version"},
	"release_file":     {"Cases of release of data", "id account sealed"},
	"role_application": {"Decisions about roles", "id account role state at decided_at decided_by sealed"},
	"creator_site":     {"Trusted entity creators:", "id account at confirmed_at confirmed_by ended_at sealed"},
	"mandate":          {"Trusted entity creators:", "id account creator site at ended_at sealed"},
	"role_grant":       {"Decisions about roles", "id account address role granted_at granted_by ends serial ended_at ended_by sealed"},
	"staff_in_set":     {"Staff as a connected system names them", "staff_set staff_user"},
	"staff_set":        {"Staff as a connected system names them", "id system mark version created changed sealed"},
	"staff_user":       {"Staff as a connected system names them", "id system name address active version created changed sealed"},
	"write_turn":       {nobody + "one row that writers wait for", "nothing"},
}

// Nothing is kept that has no declared purpose: whoever adds a column says here which line of the
// retention register it belongs to, and adds the line where there is none.
// Proves REG-03.
func TestEveryColumnHasADeclaredPurpose(t *testing.T) {
	declared := slices.Concat(party.Kept(party.Policy{}), account.Kept(), jobs.Kept(), entity.Kept(), authz.Kept(), audit.Kept())
	seen := map[string]bool{}
	for engine, tables := range emptyStores(t) {
		for _, table := range tables {
			if table.name == "goose_db_version" {
				continue
			}
			seen[table.name] = true
			p := purposes[table.name]
			known := func(k habeas.Kept) bool { return strings.HasPrefix(k.What, p.serves) }
			if p.serves == "" || !strings.HasPrefix(p.serves, nobody) && !slices.ContainsFunc(declared, known) {
				t.Errorf("%s: the table %s serves %q, which begins no line of the retention register", engine, table.name, p.serves)
			}
			columns := strings.Fields(p.columns)
			for _, c := range table.columns {
				if !slices.Contains(columns, c.name) {
					t.Errorf("%s: %s.%s has no declared purpose: add it to purposes, if it serves what stands there, and a line to the retention register if it serves something else",
						engine, table.name, c.name)
				}
			}
		}
	}
	for name := range purposes {
		if !seen[name] {
			t.Errorf("purposes lists %s, which is no table: strike it", name)
		}
	}
}

package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/match/table"
)

// fileBatch is how many records of a list are witnessed in one transaction and then written.
const fileBatch = 200

// TakesFiles implements web/party.Lists.
func (l *Lists) TakesFiles(ctx context.Context, a habeas.Actor) (bool, error) {
	if err := staff(&a); err != nil {
		return false, err
	}
	policy, err := l.records.Policies.Current(ctx)
	if err != nil {
		return false, err
	}
	group, err := l.records.DB.Groups().GroupOf(ctx, a.Account)
	return policy.Access.TakesFiles(group, a.Has(habeas.RoleAdministrator)), err
}

// mayTake refuses whoever may not take lists away, or does not say why.
func (l *Lists) mayTake(ctx context.Context, a *habeas.Actor) error {
	may, err := l.TakesFiles(ctx, *a)
	if err == nil && !may {
		err = party.ErrListFile
	}
	if err != nil {
		return err
	}
	a.Kind = habeas.ActorStaff
	return party.CheckPurpose(a.Purpose, true)
}

// MakeFile implements web/party.Lists.
func (l *Lists) MakeFile(ctx context.Context, a habeas.Actor, f party.Filter, columns []string, why string) (habeas.ListFileID, error) {
	if err := l.mayTake(ctx, &a); err != nil {
		return habeas.ListFileID{}, err
	}
	s, err := l.sight(ctx, &a, f)
	if err != nil {
		return habeas.ListFileID{}, err
	}
	file, err := party.NewListFile(a.Account, f, columns, why, l.records.schemas, s, l.records.Clock.Now())
	if err != nil {
		return file.ID, err
	}
	ids, err := l.whole(ctx, f, s)
	if err != nil {
		return file.ID, err
	}
	file.Total = len(ids)
	return file.ID, l.saveFile(ctx, a, file, "ready")
}

// whole returns whom a filter finds now.
func (l *Lists) whole(ctx context.Context, f party.Filter, s party.Sight) ([]habeas.PartyID, error) {
	ready, err := l.rolls.Settle(ctx)
	if err == nil && !ready {
		err = errListBuilding
	}
	if err != nil {
		return nil, err
	}
	found, _, err := l.find(ctx, f, s)
	return found.IDs, err
}

func (l *Lists) saveFile(ctx context.Context, a habeas.Actor, file party.ListFile, step string) error {
	e := l.records.houseEvent(audit.ListTaken, a, map[string]string{
		"file": file.ID.String(), "step": step, "count": strconv.Itoa(file.Total), "sets": strings.Join(file.SetsOf(), " "), "why": file.Why,
	})
	return l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Lists().SaveListFile(file, e) })
}

// File implements web/party.Lists.
func (l *Lists) File(ctx context.Context, a habeas.Actor, id habeas.ListFileID) (party.ListFile, error) {
	if err := staff(&a); err != nil {
		return party.ListFile{}, err
	}
	file, err := l.records.DB.Lists().ListFile(ctx, id)
	if err == nil && file.By != a.Account {
		err = party.ErrNoListFile
	}
	return file, err
}

// TakeFile implements web/party.Lists. Everybody in a batch has a line in the ledger, with
// the reason, before the first byte about them leaves. Nothing is kept: what broke off is made
// anew.
func (l *Lists) TakeFile(ctx context.Context, a habeas.Actor, id habeas.ListFileID, write func([]byte) error) error {
	if err := l.mayTake(ctx, &a); err != nil {
		return err
	}
	file, err := l.File(ctx, a, id)
	if err != nil {
		return err
	}
	s, err := l.sight(ctx, &a, file.Filter)
	if err != nil {
		return err
	}
	ids, err := l.whole(ctx, file.Filter, s)
	if err != nil {
		return err
	}
	if file, err = file.Begin(a.Account); err != nil {
		return err
	}
	file.Total = len(ids)
	file.Columns = slices.DeleteFunc(file.Columns, func(c string) bool { return !slices.Contains(party.ListColumns(l.records.schemas, s), c) })
	if err := l.saveFile(ctx, a, file, "taken"); err != nil {
		return err
	}
	if err := write(csvOf(append([]string{"\ufeff" + file.Columns[0]}, file.Columns[1:]...))); err != nil {
		return l.broken(ctx, file, err)
	}
	for some := range slices.Chunk(ids, fileBatch) {
		if err := l.writeSome(ctx, a, &file, s, some, write); err != nil {
			return l.broken(ctx, file, err)
		}
	}
	file.State = party.ListSent
	return l.records.DB.Ops().MarkListFile(ctx, file)
}

// broken notes that a file did not arrive in full.
func (l *Lists) broken(ctx context.Context, file party.ListFile, why error) error {
	file.State = party.ListBroken
	if err := l.records.DB.Ops().MarkListFile(context.WithoutCancel(ctx), file); err != nil {
		return err
	}
	return why
}

// writeSome witnesses some records of a file and writes them.
func (l *Lists) writeSome(ctx context.Context, a habeas.Actor, file *party.ListFile, s party.Sight, ids []habeas.PartyID, write func([]byte) error) error {
	found, err := l.records.loadAll(ctx, ids)
	if err != nil {
		return err
	}
	var rows [][]string
	var taken []habeas.PartyID
	for _, rec := range found {
		rec = rec.SeenBy(s)
		if !file.Takes(rec.Party) {
			continue
		}
		var tags []string
		if slices.Contains(file.Columns, party.ColumnTags) {
			on, err := l.records.tagsOn(ctx, rec.Party.ID)
			if err != nil {
				return err
			}
			for _, t := range on {
				tags = append(tags, t.Words)
			}
		}
		rows, taken = append(rows, file.Row(rec, tags)), append(taken, rec.Party.ID)
	}
	next := *file
	next.Done, next.Held = file.Done+len(taken), file.Held+len(found)-len(taken)
	detail := map[string]string{"file": file.ID.String(), "sets": strings.Join(file.SetsOf(), " "), "why": file.Why}
	err = l.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		for _, id := range taken {
			if err := tx.Audit(l.records.event(audit.ListTaken, id, a, detail)); err != nil {
				return err
			}
		}
		return tx.Ops().MarkListFile(ctx, next)
	})
	if err != nil {
		return err
	}
	*file = next
	return write(csvOf(rows...))
}

// csvOf writes rows as RFC 4180 says, none of which a spreadsheet runs as a formula.
func csvOf(rows ...[]string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, row := range rows {
		_ = w.Write(table.Defuse(row)) // a buffer takes everything
	}
	w.Flush()
	return out.Bytes()
}

package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// list reads who was erased and who has a key.
func (d *doctor) list(ctx context.Context) error {
	d.listed, d.keyed = map[habeas.SubjectID]bool{}, map[habeas.SubjectID]bool{}
	list, err := mergeTombstones([]string{filepath.Join(d.Dir, FileTombstones)})
	var known *habeas.Error
	switch {
	case errors.As(err, &known):
		d.find(Fault, known.Code, "The list of erasures, the file “tombstones”, is missing or damaged.", "Put its newest copy back: without it a restore brings erased people back.")
	case err != nil:
		return err
	}
	for _, t := range list {
		d.listed[t.subject] = true
	}
	d.r.Checked.Erased = int64(len(list))
	if d.Keys == nil {
		d.skip("keys and sealed values: they need the master password")
		return nil
	}
	return d.Keys.SubjectIDs(ctx, func(id habeas.SubjectID) error {
		d.keyed[id] = true
		return nil
	})
}

// tree recomputes the whole ledger: rows, tiles, checkpoint, and the form of leaves.
func (d *doctor) tree(ctx context.Context) error {
	published, err := readPublished(d.Dir)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(published.VerifierKey)
	if err != nil {
		d.find(Fault, "ledger.key", "The verifier key of the ledger is missing or damaged.", "Start the server: it writes the key again. Compare it with a copy elsewhere.")
		return nil
	}
	found, sum, err := ledger.Verify(ctx, filepath.Join(d.Dir, ledgerDir), d.s, note.VerifierList(verifier), d.Progress)
	if err != nil {
		return err
	}
	d.r.Checked.Leaves, d.r.Checked.Root = sum.Size, sum.Root.String()
	where := make([]string, len(found))
	for i, f := range found {
		where[i] = f.String()
	}
	err = d.s.Rows(ctx, 0, sum.Rows, func(r ledger.Row) error {
		if _, err := audit.ParseLeaf(r.Leaf); err != nil {
			where = append(where, fmt.Sprintf("leaf %d: %v", r.Index, err))
		}
		return nil
	})
	if len(where) > 0 {
		d.find(Fault, "ledger.changed", "The ledger was changed: these places do not lead to the signed checkpoint.", "Keep a copy of everything, and find out who could write there. A backup from before restores the rows; “habeas audit verify” shows the places.", where...)
	}
	return err
}

// subjects compares rows with the ledger, the keys and the list of erasures.
func (d *doctor) subjects(ctx context.Context) error {
	ids, err := d.s.Subjects(ctx)
	if err != nil {
		return err
	}
	d.rows = make(map[habeas.SubjectID]bool, len(ids))
	for _, id := range ids {
		d.rows[id] = true
		if at := id.Time(); d.oldest.IsZero() || at.Before(d.oldest) {
			d.oldest = at
		}
	}
	d.r.Checked.Subjects = int64(len(ids))
	imports, err := d.s.Imports(ctx)
	if err != nil {
		return err
	}
	for _, id := range imports {
		d.rows[id] = true
	}
	unwitnessed, err := d.s.Unwitnessed(ctx)
	if err != nil {
		return err
	}
	if len(unwitnessed) > 0 {
		d.find(Fault, "rows.unwitnessed", "Rows have no entry in the ledger: they were not written by the server, or their entries were taken away.", "Find out who could write to the database; restore a backup from before.", names(unwitnessed)...)
	}
	if d.Keys == nil {
		return nil
	}
	return d.keys(ctx)
}

// keys compares rows and keys.
func (d *doctor) keys(ctx context.Context) error {
	lost := map[habeas.SubjectID]bool{}
	for id := range d.rows {
		if !d.keyed[id] && !d.listed[id] {
			lost[id] = true
		}
	}
	if len(lost) > 0 { // perhaps only made since the keys were listed
		err := d.Keys.SubjectIDs(ctx, func(id habeas.SubjectID) error {
			delete(lost, id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(lost) > 0 {
		d.find(Fault, "keys.lost", "Records have no key and were not erased: nobody can read them.", "Restore the keys from a backup that was made after these records came to be.", names(slices.Collect(maps.Keys(lost)))...)
	}
	return d.store(ctx)
}

// store opens the keys themselves.
func (d *doctor) store(ctx context.Context) error {
	h, err := d.Keys.Check(ctx, d.Sample)
	if err != nil {
		return err
	}
	d.r.Checked.Keys = int64(h.Keys)
	if len(h.Damaged) > 0 || len(h.Secret) > 0 || !h.House {
		where := append(names(h.Damaged), h.Secret...)
		if !h.House {
			where = append(where, "the key of the server itself")
		}
		d.find(Fault, "keys.damaged", "Keys in the key store are damaged: what they seal cannot be read.", "Restore the keys from the newest backup.", where...)
	}
	if len(h.Returned) > 0 {
		d.find(Fault, "keys.returned", "People who were erased have a key again: the key store is an older copy.", "Restart the server: it destroys them again.", names(h.Returned)...)
	}
	if h.Pending.Store {
		d.find(Warn, "keys.pending", "The last traces of an erased key wait to be removed from the key store.", "Let a long backup or another long read end: a running server removes them within ten minutes after it.")
	}
	if h.Pending.Log == keyring.LogKept {
		d.find(Good, "keys.log", "PostgreSQL's write-ahead log still holds erased keys, wrapped.", "Nothing, unless it must be gone at once: then run CHECKPOINT and let old segments be recycled.")
	}
	return nil
}

// orphans are keys without rows that are old enough, and leftovers rows of people who
// were erased.
func (d *doctor) orphans() (keys, rows []habeas.SubjectID) {
	for id := range d.keyed {
		if !d.rows[id] && d.now.Sub(id.Time()) > settled {
			keys = append(keys, id)
		}
	}
	for id := range d.rows {
		if d.listed[id] {
			rows = append(rows, id)
		}
	}
	return keys, rows
}

// fix reports orphans and leftovers, and mends them when it is asked to.
func (d *doctor) fix(ctx context.Context) error {
	dangling, err := d.s.DanglingRows(ctx)
	if err != nil {
		return err
	}
	if err := d.s.Finish(ctx); err != nil { // the fixes write
		return err
	}
	keys, rows := d.orphans()
	for _, f := range dangling {
		if d.listed[f.Missing] && !d.rows[f.Missing] {
			d.rows[f.Missing] = true
			rows = append(rows, f.Missing)
		}
	}
	if len(keys) > 0 {
		f := d.find(Warn, "keys.orphaned", "Keys have no record: a crash left them behind, or cut an erasure off before its last step.", "Run “habeas doctor --fix”: it destroys them like an erasure does.", names(keys)...)
		if d.Fix {
			if err := d.Keys.Destroy(ctx, keys...); err != nil {
				return err
			}
			f.Fixed = true
		}
	}
	if len(rows) > 0 {
		f := d.find(Warn, "rows.erased", "Rows are left of people who were erased. Nobody can read them: their keys are gone.", "Run “habeas doctor --fix”: it deletes them.", names(rows)...)
		if d.Fix && d.EraseLeftovers != nil {
			for _, id := range rows {
				if err := d.EraseLeftovers(ctx, id); err != nil {
					return err
				}
			}
			f.Fixed = true
		}
	}
	return nil
}

// portion is how many sealed values are opened together, with one read of their keys.
const portion = 512

// sealed opens sealed values where they lie.
func (d *doctor) sealed(ctx context.Context) error {
	if d.Keys == nil {
		return nil
	}
	every := int64(max(d.Sample, 1))
	var seen int64
	o := opening{doctor: d}
	err := d.s.EachSealed(ctx, func(v sqlstore.Sealed) error {
		if seen++; seen%every != 0 || d.listed[v.Subject] {
			return nil
		}
		v.Value = bytes.Clone(v.Value)
		if o.values = append(o.values, v); len(o.values) < portion {
			return nil
		}
		return o.open(ctx)
	})
	if err == nil {
		err = o.open(ctx)
	}
	if o.bad > 0 {
		d.find(Fault, "sealed.damaged", "Sealed values do not open: they were damaged, or moved from their place.", "Restore a backup from before; somebody has written to the database past the server.", o.where...).Count = o.bad
	}
	return err
}

// opening opens portions of values.
type opening struct {
	*doctor
	values []sqlstore.Sealed
	bad    int64
	where  []string
}

// open opens what was collected and forgets it.
func (o *opening) open(ctx context.Context) error {
	ids := make([]habeas.SubjectID, 0, len(o.values))
	for _, v := range o.values {
		if !v.Subject.IsZero() {
			ids = append(ids, v.Subject)
		}
	}
	slices.SortFunc(ids, func(a, b habeas.SubjectID) int { return bytes.Compare(a[:], b[:]) })
	keys, err := o.Keys.Keys(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, v := range o.values {
		key := keys[v.Subject]
		if v.Subject.IsZero() {
			key = o.Keys.House()
		}
		if key == nil && !o.rows[v.Subject] {
			continue // erased: in the ledger under a subject that means nobody
		}
		o.r.Checked.Sealed++
		switch err := o.opens(ctx, key, v); {
		case err == nil:
		case errors.Is(err, keyring.ErrUnseal):
			if o.bad++; len(o.where) < maxWhere {
				o.where = append(o.where, v.Table+" of "+v.Subject.String())
			}
		default:
			return err
		}
	}
	o.values = o.values[:0]
	return nil
}

// opens opens one value; without a key it does not open.
func (o *opening) opens(ctx context.Context, key *keyring.Key, v sqlstore.Sealed) error {
	if key == nil {
		return keyring.ErrUnseal
	}
	value := v.Value
	if !v.Month.IsZero() {
		keyOf := o.Keys.Month
		if v.Log {
			keyOf = o.Keys.LogMonth
		}
		month, err := keyOf(ctx, v.Month)
		if err != nil {
			if habeas.KindOf(err) == habeas.KindGone {
				return nil // the month's key went as it should
			}
			return err
		}
		if value, err = month.Open(v.Place, value); err != nil {
			return err
		}
	}
	_, err := key.Open(v.Place, value)
	return err
}

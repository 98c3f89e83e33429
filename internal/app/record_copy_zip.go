package app

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// mostReceipts is how many receipts a copy brings, those of the newest lines. Each of the
// others can be had from its own line of the activity.
const mostReceipts = 1000

// happened adds what happened, with the receipts of the newest lines.
func (c *copied) happened(ctx context.Context, r *Records, looks []party.Look) error {
	for n, l := range looks {
		e := copiedEvent{
			At: l.At.Format(time.RFC3339), Event: l.Event, By: l.ActorName, Purpose: l.Actor.Purpose, Detail: l.Detail, Leaf: l.Index,
		}
		if n < mostReceipts {
			proof, pending, err := r.receipt(ctx, l.Witnessed)
			if err != nil {
				return err
			}
			if !pending {
				e.proof, e.Receipt = proof, fmt.Sprintf("receipts/%06d-%s.tlog-proof", l.Index, l.Event)
			}
		}
		c.Activity = append(c.Activity, e)
	}
	return nil
}

// readMe is the first file of the archive.
const readMe = `This archive holds everything that was held about a person on %s.

records.html   a page to read, in any browser
records.csv    the same as one table, for a spreadsheet
records.json   the same for programs. "habeas party import ARCHIVE.zip" brings it into
               another house: the same values, each with who said it here, and when.
receipts/      for lines of the activity: what stands in the ledger, with its proof.
               "habeas audit receipt FILE --key KEY" checks one without a network.
               The key stands in ledger-key.txt; compare it with the one that the
               organisation publishes at /ledger/key.

Keep it where only you can read it.
`

// zip packs the copy.
func (c copied) zip(out party.Copy) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, text []byte) error {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: c.Taken})
		if err == nil {
			_, err = f.Write(text)
		}
		return err
	}
	files := []struct {
		name string
		text []byte
	}{
		{"README.txt", fmt.Appendf(nil, readMe, c.Taken.Format(time.DateOnly))},
		{"records.html", out.HTML},
		{"records.csv", out.CSV},
		{"records.json", out.JSON},
		{"ledger-key.txt", []byte(c.ledgerKey + "\n")},
	}
	for _, f := range files {
		if err := add(f.name, f.text); err != nil {
			return nil, err
		}
	}
	for _, e := range c.Activity {
		if e.Receipt == "" {
			continue
		}
		if err := add(e.Receipt, e.proof); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// CopyOf is everything held about one record, for the operator to hand to a person who
// asks by letter. It stands in the record's log.
func (s *Server) CopyOf(ctx context.Context, id habeas.PartyID) (party.Copy, error) {
	r := s.Records
	rec, said, err := r.load(ctx, r.DB.Records(), id)
	if err != nil {
		return party.Copy{}, err
	}
	c := copied{Format: copyFormat, Taken: r.Clock.Now(), House: r.Mailer.Organisation, ledgerKey: s.Ledger.VerifierKey()}
	for _, set := range rec.Sets { // whoever holds the master password may see all of it
		rec.Party.Opened = append(rec.Party.Opened, set.Schema.Name)
	}
	one := r.copyRecord(ctx, habeas.Server, rec, said)
	if one.Requests, err = r.copyRequests(ctx, id); err != nil {
		return party.Copy{}, err
	}
	if one.Relations, err = r.copyRelations(ctx, rec); err != nil {
		return party.Copy{}, err
	}
	if one.Guardians, err = r.copyGuardians(ctx, id); err != nil {
		return party.Copy{}, err
	}
	c.Records = []copiedRecord{one}
	if err := r.Ledger.Publish(ctx); err != nil {
		return party.Copy{}, err
	}
	events, err := r.DB.Events(ctx, habeas.SubjectOf(id), habeas.EventID{}, 10_000)
	if err != nil {
		return party.Copy{}, err
	}
	looks := make([]party.Look, len(events))
	for n, w := range events {
		looks[n] = r.look(ctx, habeas.Server, w, id)
	}
	if err := c.happened(ctx, r, looks); err != nil {
		return party.Copy{}, err
	}
	if err := r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(r.event(audit.PartyExported, id, habeas.Server, nil))
	}); err != nil {
		return party.Copy{}, err
	}
	return c.render()
}

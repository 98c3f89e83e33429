package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Imports are the use cases about files of records: uploaded by staff and worked on in
// the background, or brought by the command line. It implements web/party.Imports and is
// safe for concurrent use.
type Imports struct {
	DB      *sqlstore.DB
	Keys    *keyring.Ring
	Schemas *party.Schemas
	Records *Records
	Clock   habeas.Clock
	Disk    *Disk
	Log     *slog.Logger

	wake chan struct{}
}

// NewImports returns the use cases; every field of deps is required.
func NewImports(deps Imports) *Imports {
	deps.wake = make(chan struct{}, 1)
	return &deps
}

const (
	// MaxUpload is how large a file may be that comes through a page. Larger ones go
	// through the command line.
	MaxUpload = 256 << 20
	// pieceSize is how much of a file lies in one row.
	pieceSize = 256 << 10
)

var (
	errUploadLarge = &habeas.Error{Kind: habeas.KindTooLarge, Code: "import.large", Field: "file", Message: "This file is larger than 256 MB. Use “habeas party import” on the server."}
	errUploadEmpty = habeas.Invalid("file", "Choose a file: CSV or JSON.").WithCode("import.empty")
	errImportLate  = habeas.Conflict("This import is not where you saw it last. Look at it again.").WithCode("import.changed")
)

// Upload takes a file in, sealed, and finds out how it is written. The caller sees what
// its columns seem to mean, and says what they do.
func (m *Imports) Upload(ctx context.Context, a habeas.Actor, name string, file io.Reader) (habeas.ImportID, error) {
	now := m.Clock.Now()
	i := party.Import{ID: habeas.NewID[habeas.ImportKind](now), Account: a.Account, State: party.ImportUploading, Kind: party.Person, Version: 1, At: now}
	i.Words = party.ImportWords{Name: fileName(name)}
	if err := staff(&a); err != nil {
		return i.ID, err
	}
	if err := m.create(ctx, &i, m.entry(a, i, "upload")); err != nil {
		return i.ID, err
	}
	err := m.receive(ctx, &i, file)
	if err == nil {
		err = m.lookAtFile(ctx, &i)
	}
	if err == nil {
		err = m.change(ctx, &i, m.entry(a, i, "uploaded"))
	}
	if err != nil {
		// Whoever uploads has the file: nothing of it stays here.
		away := context.WithoutCancel(ctx)
		return i.ID, errors.Join(err, m.DB.Ops().EndImportParts(away, i.ID), m.destroy(away, &i, m.entry(a, i, "refused")))
	}
	return i.ID, nil
}

// fileName keeps the last part of a name that a browser sends.
func fileName(name string) string {
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, `/\`)+1:], "")
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 120 {
		name = string(r[:120])
	}
	if name == "" {
		return "file"
	}
	return name
}

// create makes the key of an import durable, and then its row.
func (m *Imports) create(ctx context.Context, i *party.Import, e audit.Entry) error {
	if err := m.Keys.Commit(ctx, m.Keys.NewKey(habeas.SubjectOf(i.ID))); err != nil {
		return err
	}
	return m.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Imports().CreateImport(*i, e) })
}

// receive stores a file piece by piece, each sealed and durable by itself.
func (m *Imports) receive(ctx context.Context, i *party.Import, file io.Reader) error {
	sum, piece := sha256.New(), make([]byte, pieceSize)
	for {
		n, err := io.ReadFull(file, piece)
		if i.Bytes += int64(n); i.Bytes > MaxUpload {
			return errUploadLarge
		}
		if n > 0 {
			sum.Write(piece[:n])
			if err := m.Disk.Err(); err != nil {
				return err
			}
			if err := m.DB.Ops().PutImportPart(ctx, i.ID, i.Parts, piece[:n]); err != nil {
				return err
			}
			i.Parts++
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if i.Bytes == 0 {
				return errUploadEmpty
			}
			i.Digest = m.digest(sum.Sum(nil))
			return nil
		case habeas.KindOf(err) == habeas.KindTooLarge:
			return errUploadLarge
		case err != nil:
			return habeas.Invalid("file", "The file did not arrive in full. Upload it again.").WithCode("import.incomplete").WithCause(err)
		}
	}
}

// digest is the keyed hash under which a file is recognised: a plain one would let
// anybody with the database test whether a certain list was imported.
func (m *Imports) digest(sum []byte) keyring.LookupHash {
	return m.Keys.Lookup("import-file", hex.EncodeToString(sum))
}

// headerKey is under which it is remembered what the columns of a header mean.
func (m *Imports) headerKey(header []string) keyring.LookupHash {
	return m.Keys.Lookup("import-header", strings.Join(header, "\x1f"))
}

// look reads the whole file once: how it is written and what its columns hold.
func (m *Imports) look(ctx context.Context, i *party.Import) error {
	file := m.stored(ctx, i)
	rows, err := openRows(file, i.Words.Told)
	if err != nil {
		return err
	}
	defer rows.Close()
	i.Words.Format, i.Words.Charset, i.Words.Between = rows.format, rows.Encoding(), rows.between
	remembered, err := m.DB.Imports().Mapping(ctx, m.headerKey(rows.Header()))
	if err != nil {
		return err
	}
	i.Words.Columns, i.Read, err = lookAtColumns(rows, remembered, m.Schemas)
	return err
}

// Look returns one import, for staff.
func (m *Imports) Look(ctx context.Context, a habeas.Actor, id habeas.ImportID) (party.Import, error) {
	if err := staff(&a); err != nil {
		return party.Import{}, err
	}
	i, err := m.DB.Imports().ByID(ctx, id)
	if err == nil {
		err = m.visible(ctx, a, i)
	}
	if err != nil {
		return party.Import{}, err
	}
	return i, nil
}

// visible refuses a file that somebody else has brought to whoever does not see every data
// set: its cells may be of any.
func (m *Imports) visible(ctx context.Context, a habeas.Actor, i party.Import) error {
	if i.Account == a.Account {
		return nil
	}
	return m.Records.everything(ctx, a)
}

// Newest lists imports for staff, the newest first. Uploads that came to nothing are
// left out.
func (m *Imports) Newest(ctx context.Context, a habeas.Actor, limit int) ([]party.Import, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	all, err := m.DB.Imports().Newest(ctx, limit)
	return slices.DeleteFunc(all, func(i party.Import) bool {
		return i.State == party.ImportUploading || i.State == party.ImportCancelled && i.Row == 0
	}), err
}

// Reread reads the file again in another encoding.
func (m *Imports) Reread(ctx context.Context, a habeas.Actor, id habeas.ImportID, encoding string) error {
	return m.step(ctx, a, id, "reread", func(i *party.Import) error {
		if i.State != party.ImportMapping && i.State != party.ImportChecked {
			return errImportLate
		}
		i.State, i.Words.Told = party.ImportMapping, encoding
		return m.look(ctx, i)
	})
}

// Map says what the columns mean, by their place, and begins the dry run.
func (m *Imports) Map(ctx context.Context, a habeas.Actor, id habeas.ImportID, kind party.Kind, said []party.ImportColumn) error {
	s, err := m.Records.Sight(ctx, a)
	if err != nil {
		return err
	}
	err = m.step(ctx, a, id, "map", func(i *party.Import) error {
		if i.State != party.ImportMapping && i.State != party.ImportChecked || len(said) != len(i.Words.Columns) {
			return errImportLate
		}
		told := make(map[string]string, len(said))
		for n, c := range said {
			set, _, isField := strings.Cut(c.Means, ".")
			if isField && !s.Changes(set) || c.Means == meansName && !s.Changes("identity") {
				return party.ErrNotYours
			}
			i.Words.Columns[n].Means, i.Words.Columns[n].Dates = c.Means, c.Dates
			told[i.Words.Columns[n].Name] = c.Means
		}
		if _, err := understand(i.Words.Columns, m.Schemas); err != nil {
			return err
		}
		i.Kind, i.State, i.Row = kind, party.ImportChecking, 0
		i.Words.Dry, i.Words.Examples = party.ImportTally{}, nil
		return m.DB.Ops().KeepMapping(ctx, m.headerKey(headerOf(i.Words.Columns)), told, m.Clock.Now())
	})
	m.nudge()
	return err
}

// Run lets the rows in. It returns at once; the work goes on beside the requests.
func (m *Imports) Run(ctx context.Context, a habeas.Actor, id habeas.ImportID) error {
	err := m.step(ctx, a, id, "start", func(i *party.Import) error {
		if i.State != party.ImportChecked {
			return errImportLate
		}
		i.State = party.ImportRunning
		return nil
	})
	m.nudge()
	return err
}

// Back returns from the dry run to the columns.
func (m *Imports) Back(ctx context.Context, a habeas.Actor, id habeas.ImportID) error {
	return m.step(ctx, a, id, "map", func(i *party.Import) error {
		if i.State != party.ImportChecked && i.State != party.ImportChecking || i.Words.Format == copyForm {
			return errImportLate
		}
		i.State = party.ImportMapping
		return nil
	})
}

// Cancel ends an import where it is. What is in stays in, and can be undone; the file is
// destroyed.
func (m *Imports) Cancel(ctx context.Context, a habeas.Actor, id habeas.ImportID) error {
	err := m.step(ctx, a, id, "cancel", func(i *party.Import) error {
		if !i.State.Open() {
			return errImportLate
		}
		i.State, i.Parts, i.Ended = party.ImportCancelled, 0, m.Clock.Now()
		return nil
	})
	if err != nil {
		return err
	}
	return m.DB.Compact(ctx)
}

// Undo begins to take out what an import has brought. Records that anything else touched
// since stay, and are listed.
func (m *Imports) Undo(ctx context.Context, a habeas.Actor, id habeas.ImportID) error {
	err := m.step(ctx, a, id, "undo", func(i *party.Import) error {
		if !i.State.Ended() {
			return errImportLate
		}
		i.State = party.ImportUndoing
		return nil
	})
	m.nudge()
	return err
}

// Kept lists records that hold a word of an import, as many as the limit.
func (m *Imports) Kept(ctx context.Context, a habeas.Actor, id habeas.ImportID, limit int) ([]party.Record, error) {
	if err := staff(&a); err != nil {
		return nil, err
	}
	found, err := m.DB.Imports().Brought(ctx, id, habeas.PartyID{}, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]habeas.PartyID, len(found))
	for n, p := range found {
		ids[n] = p.ID
	}
	return m.Records.show(ctx, a, listNewest, ids)
}

// EachRejected visits the rows that stayed out, in their order.
func (m *Imports) EachRejected(ctx context.Context, a habeas.Actor, id habeas.ImportID, visit func(party.ImportRow) error) error {
	if _, err := m.Look(ctx, a, id); err != nil {
		return err
	}
	return m.eachRejected(ctx, id, visit)
}

func (m *Imports) eachRejected(ctx context.Context, id habeas.ImportID, visit func(party.ImportRow) error) error {
	const page = 500
	for after := int64(0); ; {
		rows, err := m.DB.Imports().Rejected(ctx, id, after, page)
		if err != nil {
			return err
		}
		for _, one := range rows {
			if err := visit(one); err != nil {
				return err
			}
			after = one.Row
		}
		if len(rows) < page {
			return nil
		}
	}
}

// step changes an import as staff ask, unless it changed meanwhile.
func (m *Imports) step(ctx context.Context, a habeas.Actor, id habeas.ImportID, what string, change func(*party.Import) error) error {
	if err := staff(&a); err != nil {
		return err
	}
	for range 20 { // a running import changes with every batch
		i, err := m.DB.Imports().ByID(ctx, id)
		if err == nil {
			err = m.visible(ctx, a, i)
		}
		if err == nil {
			err = change(&i)
		}
		if err == nil {
			err = m.change(ctx, &i, m.entry(a, i, what))
		}
		if !errors.Is(err, errStaleImport) {
			return err
		}
	}
	return errImportLate
}

func (m *Imports) change(ctx context.Context, i *party.Import, e audit.Entry) error {
	before := *i
	return m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		*i = before
		return tx.Imports().ChangeImport(i, e)
	})
}

// destroy forgets everything that may be personal about an import, and its key.
func (m *Imports) destroy(ctx context.Context, i *party.Import, e audit.Entry) error {
	i.Parts, i.Words, i.Lease = 0, party.ImportWords{}, time.Time{}
	if i.Ended.IsZero() {
		i.State, i.Ended = party.ImportCancelled, m.Clock.Now()
	}
	if err := m.change(ctx, i, e); err != nil {
		return err
	}
	if err := m.Keys.Destroy(ctx, habeas.SubjectOf(i.ID)); err != nil {
		return err
	}
	return m.DB.Compact(ctx)
}

// Tidy destroys files that nobody has imported in time, and what is left of old imports.
func (m *Imports) Tidy(ctx context.Context) error {
	now := m.Clock.Now()
	stale, err := m.DB.Imports().Stale(ctx, now.Add(-party.KeepUpload), now.Add(-party.KeepRejected))
	if err != nil {
		return err
	}
	for n := range stale {
		i := &stale[n]
		if i.State == party.ImportUndoing || i.State == party.ImportRunning && i.Lease.After(now) {
			continue
		}
		if err := m.destroy(ctx, i, m.entry(habeas.Server, *i, "over")); err != nil && !errors.Is(err, errStaleImport) {
			return err
		}
	}
	return nil
}

// entry witnesses a step of an import. It is the house's line and names nobody.
func (m *Imports) entry(a habeas.Actor, i party.Import, step string) audit.Entry {
	now := m.Clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.DataImported, Actor: a, At: now,
		Detail: map[string]string{"import": i.ID.String(), "step": step, "rows": strconv.FormatInt(i.Row, 10)},
	}
}

// errStaleImport is what the store says of an import that changed since it was read.
var errStaleImport = sqlstore.ErrImportChanged

// stored opens the file of an import where it lies.
func (m *Imports) stored(ctx context.Context, i *party.Import) opener {
	return func() (io.ReadCloser, error) {
		if i.Parts == 0 {
			return nil, sqlstore.ErrNoFile
		}
		return io.NopCloser(&pieces{ctx: ctx, from: m.DB.Imports(), id: i.ID, parts: i.Parts}), nil
	}
}

// pieces reads a stored file from its beginning to its end.
type pieces struct {
	ctx   context.Context //nolint:containedctx // an io.Reader takes none
	from  sqlstore.Imports
	id    habeas.ImportID
	parts int64
	n     int64
	rest  []byte
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.n == p.parts {
			return 0, io.EOF
		}
		piece, err := p.from.Part(p.ctx, p.id, p.n)
		if err != nil {
			return 0, err
		}
		p.rest = piece
		p.n++
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// nudge wakes the worker.
func (m *Imports) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

package app

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

const (
	// lookEvery is how often what was said lately is compared. It is soon enough for
	// staff, and far enough from the call that said it for nobody to see it there (PTY-A27).
	lookEvery = 5 * time.Second
	// mostNoted is how many parties are noted for that. Past it, as after an import, a
	// search through all is cheaper, and the page says that one is due. mostLooks is how
	// many are compared at a time: so the requests keep the processors.
	mostNoted, mostLooks = 1_000, 100
	// pairBatch is how many pairs are stored in one transaction.
	pairBatch = 500
	// peoplePage is how many parties are read and decrypted at a time.
	peoplePage = 1_000
	// readers is how many pages are decrypted side by side.
	readers = 2
)

var errSearching = habeas.Conflict("A search for duplicates is running already.").WithCode("duplicates.running")

// Duplicates are the use cases about records that may be about the same party (PTY-16):
// a search through all of them, a look at each that somebody has said something about,
// and the queue of staff. It is safe for concurrent use.
type Duplicates struct {
	records *Records
	log     *slog.Logger
	begin   chan struct{}               // asks Keep for a search
	then    func(context.Context) error // after a search; nil: nothing
	tries   chan struct{}               // and for a trial

	mu     sync.Mutex
	noted  map[habeas.PartyID]bool
	state  party.Search
	trial  party.Trial
	cancel context.CancelFunc // of the search that runs; nil: none does
}

// NewDuplicates returns the use cases. Note may be called before Use.
func NewDuplicates(log *slog.Logger) *Duplicates {
	return &Duplicates{log: log, begin: make(chan struct{}, 1), tries: make(chan struct{}, 1), noted: map[habeas.PartyID]bool{}}
}

// Use says which records are compared.
func (d *Duplicates) Use(r *Records) { d.records = r }

// Note remembers that something was said about a party. It is called after every commit
// and costs as much for a known as for a new one.
func (d *Duplicates) Note(id habeas.PartyID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.noted) >= mostNoted {
		d.state.Due = true
		return
	}
	d.noted[id] = true
}

// Keep searches when it is asked to, and compares what was noted, until ctx ends.
func (d *Duplicates) Keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-d.begin:
			if _, err = d.Search(ctx); err == nil && d.then != nil {
				err = d.then(ctx)
			}
		case <-d.tries:
			err = d.RunTrial(ctx)
		case <-tick.C:
			err = d.CatchUp(ctx)
		}
		if err != nil && ctx.Err() == nil && habeas.KindOf(err) != habeas.KindConflict {
			d.log.Error("looking for duplicates failed", "error", err)
		}
	}
}

// State says how far a search is, or what the last one found.
func (d *Duplicates) State() party.Search {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Begin asks for a search through all records; it runs beside the requests.
func (d *Duplicates) Begin(_ context.Context, a habeas.Actor) error {
	if err := staff(&a); err != nil {
		return err
	}
	return d.ask()
}

func (d *Duplicates) ask() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.Running {
		return errSearching
	}
	select {
	case d.begin <- struct{}{}:
		d.state.Running, d.state.Stage, d.state.Done = true, party.SearchReads, 0
	default:
	}
	return nil
}

// Stop ends the search that runs. What it had found by then is not kept.
func (d *Duplicates) Stop(_ context.Context, a habeas.Actor) error {
	if err := staff(&a); err != nil {
		return err
	}
	d.stop()
	return nil
}

func (d *Duplicates) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}

// Search compares all records with each other, learning from them what tells people
// apart, and puts the pairs that are alike into the queue. Decisions stay. It may be
// repeated at any time; one that is cancelled has changed nothing but added pairs.
func (d *Duplicates) Search(ctx context.Context) (party.Search, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := d.records.Clock.Now()
	d.mu.Lock()
	if d.cancel != nil {
		d.mu.Unlock()
		return d.State(), errSearching
	}
	d.cancel = cancel
	d.state = party.Search{Running: true, Stage: party.SearchReads, Began: began}
	clear(d.noted) // all are compared
	d.mu.Unlock()

	err := d.search(ctx, began)

	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel = nil
	d.state.Running, d.state.Ended = false, d.records.Clock.Now()
	d.state.Stopped, d.state.Failed = ctx.Err() != nil, err != nil && ctx.Err() == nil
	return d.state, err
}

func (d *Duplicates) search(ctx context.Context, began time.Time) error {
	policy, err := d.records.Policies.Current(ctx)
	if err != nil {
		return err
	}
	counts := map[party.Kind]int{}
	all := 0
	for _, kind := range party.Kinds() {
		if counts[kind], err = d.records.DB.Records().CountKind(ctx, kind); err != nil {
			return err
		}
		all += counts[kind]
	}
	apart, err := d.records.DB.Relations().Pairs(ctx)
	if err != nil {
		return err
	}
	before := 0
	for _, kind := range party.Kinds() {
		progress := func(l party.Likeness) { d.tell(l, before, counts[kind], all) }
		found, err := party.FindDuplicates(ctx, kind, counts[kind], d.Subjects(ctx, kind), policy.Matching, progress)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(p party.Duplicate) bool { _, known := apart.Between(p.A, p.B); return known })
		if err := d.put(ctx, found, began); err != nil {
			return err
		}
		before += counts[kind]
	}
	return d.records.DB.Ops().EndPairs(ctx, began)
}

// tell takes in how far the comparison of one kind is: before of all parties are done.
func (d *Duplicates) tell(l party.Likeness, before, count, all int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Stage = l.Stage
	d.state.All = all
	d.state.Rows = before + min(l.Rows, count)
	d.state.Done = (float64(before) + l.Part(count)*float64(count)) / float64(max(1, all))
}

// put stores what was found, a little at a time, so that no write waits long.
func (d *Duplicates) put(ctx context.Context, found []party.Duplicate, at time.Time) error {
	for some := range slices.Chunk(found, pairBatch) {
		for i := range some {
			some[i].FoundAt = at
		}
		fresh, err := d.records.DB.Ops().PutPairs(ctx, some)
		if err != nil {
			return err
		}
		d.mu.Lock()
		if d.state.Running {
			d.state.Found += len(some)
			d.state.Fresh += fresh
		}
		d.mu.Unlock()
	}
	return nil
}

// mark is the keyed hash of what a party says.
func (d *Duplicates) mark(text string) keyring.LookupHash {
	return d.records.Keys.Lookup("compared", text)
}

// page is a part of the store, decrypted.
type page struct {
	subjects []party.Subject
	err      error
}

// Subjects reads all parties of a kind in pages, of which some are decrypted side by
// side.
func (d *Duplicates) Subjects(ctx context.Context, kind party.Kind) iter.Seq2[party.Subject, error] {
	return func(yield func(party.Subject, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pages := make(chan chan page, readers)
		go d.pages(ctx, kind, pages)
		for one := range pages {
			p := <-one
			if p.err != nil {
				yield(party.Subject{}, p.err)
				return
			}
			for _, s := range p.subjects {
				if !yield(s, nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(party.Subject{}, err)
		}
	}
}

// pages sends a place for each page, in order, and fills it when it is decrypted.
func (d *Duplicates) pages(ctx context.Context, kind party.Kind, out chan<- chan page) {
	defer close(out)
	r := d.records.DB.Records()
	var after habeas.PartyID
	for {
		parties, err := r.PartiesAfter(ctx, kind, after, peoplePage)
		place := make(chan page, 1)
		if err != nil {
			place <- page{err: err}
		}
		if err == nil && len(parties) == 0 {
			return
		}
		select {
		case out <- place:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		after = parties[len(parties)-1].ID
		go func() {
			spoken, err := r.Spoken(ctx, parties)
			p := page{err: err}
			for i := range spoken {
				p.subjects = append(p.subjects, d.subjectFrom(parties[i], spoken[i]))
			}
			place <- p
		}()
	}
}

// CatchUp compares the parties that something was said about since the last time with
// all others, by the index that is in memory.
func (d *Duplicates) CatchUp(ctx context.Context) error {
	if !d.records.Ready() {
		return nil
	}
	ids := d.takeNoted(mostLooks)
	if len(ids) == 0 {
		return nil
	}
	policy, err := d.records.Policies.Current(ctx)
	if err != nil {
		return err
	}
	for i, id := range ids {
		found, err := d.like(ctx, id, policy.Matching)
		if err == nil {
			err = d.put(ctx, found, d.records.Clock.Now())
		}
		if err != nil {
			for _, left := range ids[i+1:] {
				d.Note(left)
			}
			return err
		}
	}
	return nil
}

// takeNoted takes some of the parties that were noted.
func (d *Duplicates) takeNoted(most int) (ids []habeas.PartyID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.noted {
		if len(ids) == most {
			break
		}
		ids = append(ids, id)
		delete(d.noted, id)
	}
	return ids
}

// like returns the pairs of one party. One that was erased meanwhile has none.
func (d *Duplicates) like(ctx context.Context, id habeas.PartyID, m party.Matching) ([]party.Duplicate, error) {
	one, there, err := d.subject(ctx, id)
	if err != nil || !there {
		return nil, err
	}
	apart, err := d.records.apartFrom(ctx, d.records.DB.Records(), d.records.DB.Relations(), one.Party.ID)
	if err != nil {
		return nil, err
	}
	var out []party.Duplicate
	for _, hit := range d.alike(one) {
		other, there, err := d.subject(ctx, hit.ID)
		if err != nil {
			return nil, err
		}
		if _, related := apart.Between(one.Party.ID, other.Party.ID); !there || related {
			continue
		}
		if pair, ok := m.DuplicateOf(one, other, hit); ok {
			out = append(out, pair)
		}
	}
	return out, nil
}

// alike returns who is like one: by all that is weighed together, and then by the number,
// which weighs nothing by itself: a rule of the organisation makes it count.
func (d *Duplicates) alike(one party.Subject) []party.Alike {
	weighed := one.Values()
	number := weighed.Get("membership", "number")
	delete(weighed, "membership")
	hits := d.records.Finder.Like(weighed, mostAlike+1)
	if number != "" {
		for _, h := range d.records.Finder.Like(party.Values{"membership": {"number": number}}, mostAlike+1) {
			hits = append(hits, party.Alike{ID: h.ID})
		}
	}
	seen := map[habeas.PartyID]bool{one.Party.ID: true}
	return slices.DeleteFunc(hits, func(h party.Alike) bool {
		again := seen[h.ID]
		seen[h.ID] = true
		return again
	})
}

func (d *Duplicates) subject(ctx context.Context, id habeas.PartyID) (party.Subject, bool, error) {
	rec, said, err := d.records.load(ctx, d.records.DB.Records(), id)
	if gone := habeas.KindOf(err); err != nil && (gone == habeas.KindNotFound || gone == habeas.KindGone) {
		return party.Subject{}, false, nil
	}
	return d.subjectFrom(rec.Party, party.Spoken{Said: said, Settled: rec.Settled}), err == nil, err
}

func (d *Duplicates) subjectFrom(p party.Party, spoken party.Spoken) party.Subject {
	return party.SubjectFrom(p, spoken, d.records.schemas, d.mark)
}

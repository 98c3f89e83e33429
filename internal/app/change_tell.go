package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// look finds out whom traces concern, record by record.
func (c *Changes) look(ctx context.Context, v viewers, marks []party.Mark) error {
	byTop := make(map[habeas.PartyID][]party.Mark)
	var order []habeas.PartyID
	for _, m := range marks {
		top, err := c.DB.Records().Top(ctx, m.Party)
		if habeas.KindOf(err) == habeas.KindNotFound {
			top = m.Party // erased; its systems were told with the erasure
		} else if err != nil {
			return err
		}
		if byTop[top] == nil {
			order = append(order, top)
		}
		byTop[top] = append(byTop[top], m)
	}
	for _, top := range order {
		if err := c.lookAt(ctx, v, top, byTop[top]); err != nil {
			return err
		}
	}
	return nil
}

// looking is one record and everybody who watches it.
type looking struct {
	*Changes
	viewers
	party party.Party
	said  []party.Statement
	marks []party.Mark

	names []*watching
	out   sqlstore.Telling
	read  []party.Watched // as they were read: the transaction looks whether they still are
}

// watching is one system's name for the record.
type watching struct {
	party.Watched
	now   party.Glance
	was   keyring.LookupHash // what it was told to read before
	kind  party.NewsKind
	other party.Reference
}

// lookAt compares what each system can read of a record with what it was told, and
// writes what it is told now.
func (c *Changes) lookAt(ctx context.Context, v viewers, top habeas.PartyID, marks []party.Mark) error {
	l := &looking{Changes: c, viewers: v, marks: marks}
	l.out = sqlstore.Telling{Marks: marks, Now: c.Clock.Now()}
	var err error
	if l.party, err = c.DB.Records().Party(ctx, top); err == nil {
		l.said, err = c.DB.Records().Statements(ctx, top)
	}
	switch habeas.KindOf(err) {
	case habeas.KindNotFound, habeas.KindGone:
		return c.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Changes().Tell(l.out) })
	default:
		if err != nil {
			return err
		}
	}
	if err := l.gather(ctx); err != nil {
		return err
	}
	for _, n := range l.names {
		l.compare(n)
	}
	l.join()
	if err := l.part(ctx); err != nil {
		return err
	}
	return l.write(ctx)
}

// gather finds every name by which somebody knows the record.
func (l *looking) gather(ctx context.Context) error {
	members, err := l.DB.Records().Members(ctx, l.party.ID)
	if err != nil {
		return err
	}
	var all []party.Watched
	for _, id := range members {
		some, err := l.DB.Changes().WatchedOf(ctx, id)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	for _, m := range l.marks { // names that are new, or led elsewhere
		if m.Ref.IsZero() || slices.ContainsFunc(all, func(w party.Watched) bool { return w.System == m.By && w.Ref == m.Ref }) {
			continue
		}
		w, found, err := l.DB.Changes().WatchedAs(ctx, m.By, m.Ref)
		if err != nil {
			return err
		}
		if !found {
			w = party.Watched{System: m.By, Ref: m.Ref}
		}
		all = append(all, w)
	}
	for _, w := range all {
		if _, follows := l.sets[w.System]; !follows {
			continue // not any more; what it was told goes with its feed
		}
		id, top, err := l.leadsTo(ctx, w)
		if err != nil {
			return err
		}
		l.read = append(l.read, w)
		switch {
		case id.IsZero():
			l.out.Forget = append(l.out.Forget, w)
		case top != l.party.ID:
			w.Party = id
			l.out.Watched, l.out.Again = append(l.out.Watched, w), append(l.out.Again, id)
		default:
			l.names = append(l.names, &watching{Watched: w, was: w.Seen})
			l.names[len(l.names)-1].Party = id
		}
	}
	return nil
}

// leadsTo finds the party that a name means, and the record that shows it; zero for none.
func (l *looking) leadsTo(ctx context.Context, w party.Watched) (id, top habeas.PartyID, err error) {
	prefix, n := w.Ref.Handle(l.keys.Cipher("reference/" + w.System.String()))
	if id, err = l.DB.Records().ByReference(ctx, w.System, prefix, n); err == nil {
		top, err = l.DB.Records().Top(ctx, id)
	}
	if habeas.KindOf(err) == habeas.KindNotFound {
		return habeas.PartyID{}, habeas.PartyID{}, nil
	}
	return id, top, err
}

// compare finds out what one system is told under one name.
func (l *looking) compare(n *watching) {
	id := n.Party
	defer func() { n.Party = id }()
	n.now = l.glance(l.viewers, n.System, n.Ref, l.party, l.said)
	marks, glances := []party.Mark{{}}, []party.Glance{n.now} // all that others did, as one change
	own := func(m party.Mark) bool { return m.By == n.System && m.Ref == n.Ref }
	first := slices.IndexFunc(l.marks, own)
	between := first >= 0 && slices.ContainsFunc(l.marks[first+1:], func(m party.Mark) bool { return m.Moved })
	switch {
	case between && n.isNew(): // how it was when the system spoke cannot be told any more
		n.begin(l.party, l.marks[first], n.now)
		if n.Watched, n.kind = n.Notice(l.party, marks, glances); n.kind == "" && n.Seen != (keyring.LookupHash{}) {
			n.kind = party.NewsCorrected
		}
		return
	case first >= 0 && !between: // step by step, to tell its own words from others'
		marks, glances = l.marks, glances[:0]
		then := l.party
		for i, m := range marks {
			if then.Blocked = l.party.Closed(); m.Party == l.party.ID { // how it stood then, not how it stands
				then.Blocked = m.Closed
				then.State, then.Restraint = party.Unclaimed, party.RestraintNone
			}
			glances = append(glances, l.glance(l.viewers, n.System, n.Ref, then, party.SaidBy(l.said, marks, i+1)))
		}
		if n.isNew() {
			n.begin(l.party, marks[first], glances[first])
			marks, glances = marks[first+1:], glances[first+1:]
		}
	}
	if len(marks) > 0 {
		n.Watched, n.kind = n.Notice(l.party, marks, glances)
	}
}

// begin takes what a system could read when it first spoke. That the use of a record is
// restricted already is no news to who has just named it: it would tell that it is known.
func (n *watching) begin(p party.Party, spoke party.Mark, g party.Glance) {
	n.Watched = party.Watch(n.System, n.Ref, p, g)
	if spoke.Party == p.ID && !spoke.Closed {
		n.Restraint = party.RestraintNone
	}
	n.was = n.Seen
}

// isNew reports whether the system was told nothing yet under this name.
func (n *watching) isNew() bool {
	return n.Own == keyring.LookupHash{} && n.Seen == keyring.LookupHash{} && n.Restraint == "" && n.One.IsZero()
}

// join tells a system that two of its names are of one party, when it can see that: what
// it reads by them was different and has become the same.
func (l *looking) join() {
	for _, n := range l.names {
		if n.kind != party.NewsCorrected || n.Seen == (keyring.LookupHash{}) {
			continue
		}
		for _, o := range l.names {
			if o.System != n.System || o.Ref == n.Ref || o.Seen != n.Seen || o.was == n.was || !o.One.IsZero() && o.One == n.One {
				continue
			}
			one := o.One
			if one.IsZero() {
				one = o.Ref
			}
			n.One, o.One = one, one
			n.kind, n.other = party.NewsMerged, o.Ref
			break
		}
	}
}

// part tells a system that names which it was told to be of one party are not. It is
// always told: leaving it in a belief that was given to it would put one person's words
// on another.
func (l *looking) part(ctx context.Context) error {
	done := make(map[party.Reference]bool)
	for _, n := range l.names {
		if n.One.IsZero() || done[n.One] || n.kind == party.NewsMerged {
			continue
		}
		done[n.One] = true
		group, err := l.DB.Changes().ToldOne(ctx, n.System, n.One)
		if err != nil {
			return err
		}
		group = slices.DeleteFunc(group, func(w party.Watched) bool { return w.System != n.System })
		if err := l.divide(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// divide keeps together what is where the first is, and lets the others go.
func (l *looking) divide(ctx context.Context, group []party.Watched) error {
	var kept []party.Watched
	var place habeas.PartyID
	for _, w := range group {
		_, top, err := l.leadsTo(ctx, w)
		if err != nil {
			return err
		}
		switch {
		case top.IsZero(): // erased; the system was told
		case len(kept) == 0:
			kept, place = append(kept, w), top
		case top == place:
			kept = append(kept, w)
		default:
			l.out.News = append(l.out.News, party.News{System: w.System, Kind: party.NewsUnmerged, Ref: w.Ref, Other: kept[0].Ref})
			l.alone(w)
		}
	}
	if len(kept) == 1 {
		l.alone(kept[0])
	}
	return nil
}

// alone takes the mark off a name.
func (l *looking) alone(w party.Watched) {
	for _, n := range l.names {
		if n.System == w.System && n.Ref == w.Ref {
			n.One = party.Reference{}
			return
		}
	}
	l.read = append(l.read, w)
	w.One = party.Reference{}
	l.out.Watched = append(l.out.Watched, w)
}

// write writes what came of it, unless something has moved meanwhile.
func (l *looking) write(ctx context.Context) error {
	var entries []audit.Entry
	for _, n := range l.names {
		l.out.Watched = append(l.out.Watched, n.Watched)
		if n.kind != "" {
			l.out.News = append(l.out.News, party.News{System: n.System, Kind: n.kind, Ref: n.Ref, Other: n.other})
		}
	}
	for _, n := range l.out.News {
		entries = append(entries, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](l.out.Now), Event: audit.PartyTold, Subject: habeas.SubjectOf(l.party.ID), At: l.out.Now,
			Actor:  habeas.Actor{Kind: habeas.ActorSystem, System: n.System},
			Detail: map[string]string{"news": string(n.Kind)},
		})
	}
	return l.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := unmoved(ctx, tx, l.policy, map[habeas.PartyID]int64{l.party.ID: l.party.Version}); err != nil {
			return err
		}
		feeds, err := tx.Changes().Feeds(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(feeds, func(f party.Feed) bool { return f.Basis != l.basis[f.System] }) {
			return errMoved // somebody else follows, or what may be read has changed
		}
		for _, was := range l.read {
			is, found, err := tx.Changes().WatchedAs(ctx, was.System, was.Ref)
			if err != nil {
				return err
			}
			if found && is != was || !found && was.Party != (habeas.PartyID{}) {
				return errMoved
			}
		}
		return tx.Changes().Tell(l.out, entries...)
	})
}

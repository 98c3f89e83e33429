package partytest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/habeas-data/habeas/internal/party"
)

var schemas = func() *party.Schemas {
	s, err := party.NewSchemas(party.DefaultSchemas()...)
	if err != nil {
		panic(err) // the schemas of the package itself
	}
	return s
}()

// Sound reports what is wrong with a world by itself.
func (w *World) Sound() error {
	for r, one := range w.Records {
		switch {
		case (one.State == claimed || one.State == frozen) != (one.Holder != nobody) && one.State != merged:
			return fmt.Errorf("%c is %s, held by %d", 'A'+r, one.State, one.Holder)
		case (one.Held.State == accepted) != (one.Holder != nobody):
			return fmt.Errorf("%c is held by %d, and its claim is %q", 'A'+r, one.Holder, one.Held.State)
		case one.Disputed != (one.State == frozen):
			return fmt.Errorf("%c is %s, and a dispute is open: %v", 'A'+r, one.State, one.Disputed)
		case (one.State == merged) != (w.part() == r):
			return fmt.Errorf("%c is %s, and the part is %d", 'A'+r, one.State, w.part())
		case one.State == unclaimed && one.Opened, one.State == claimed && one.Blocked:
			return fmt.Errorf("%c is %s, opened %v, blocked %v", 'A'+r, one.State, one.Opened, one.Blocked)
		}
		for i := range w.People {
			switch at := w.leads(i, r); {
			case one.Banned[i] && one.Holder == int8(i) && one.State != merged: // on a part it is only noted
				return fmt.Errorf("%c went back to person %d without staff", 'A'+r, i)
			case one.Banned[i] && at != nobody:
				return fmt.Errorf("the address of person %d leads to %c again without staff", i, 'A'+r)
			}
			if _, offered := w.offer(i, r); offered && (one.State != unclaimed || one.Blocked || w.People[i].Closed) {
				return fmt.Errorf("%c is offered to person %d: %s", 'A'+r, i, one.State)
			}
		}
	}
	return nil
}

// Lawful reports what is wrong with a step that was done.
func Lawful(was, is World, s Step) error {
	if top := was.Records[max(int(was.Join.Into), 0)]; was.Join.Done && !is.Join.Done && top.State == frozen {
		return errors.New("a frozen record was taken apart")
	}
	for r, one := range was.Records {
		next := is.Records[r]
		if err := iced(one, next, s, r); err != nil {
			return err
		}
		if one.State == merged && next.State != merged && s.Kind != Unmerge {
			return fmt.Errorf("%c left the other by: %s", 'A'+r, s)
		}
		if next.Holder == one.Holder || next.Holder == nobody {
			continue
		}
		if err := gained(was, is, s, r); err != nil {
			return fmt.Errorf("%c went to person %d: %w", 'A'+r, next.Holder, err)
		}
	}
	return nil
}

// iced allows nothing on a frozen record but decisions of its dispute.
func iced(one, next Record, s Step, r int) error {
	if one.State != frozen || s.Record == r && (s.Kind == Keep || s.Kind == Undo) {
		return nil
	}
	if next.State != one.State || next.Holder != one.Holder || next.Review != one.Review || next.Blocked != one.Blocked ||
		next.Cleared != one.Cleared || next.Opened != one.Opened || next.Shut != one.Shut || next.Email != one.Email {
		return fmt.Errorf("%c is frozen, and was changed by: %s", 'A'+r, s)
	}
	return nil
}

// gained says whether somebody may have got a record by a step.
func gained(was, is World, s Step, r int) error {
	one, to := was.Records[r], int(is.Records[r].Holder)
	switch {
	case was.People[to].Closed && s.Kind != Unmerge:
		return errors.New("the account is closed")
	case s.Kind == Link && s.Who == to && was.top(s.Record) == r:
		return nil
	case s.Kind == Reopen && s.Who == to && s.Record == r:
		return nil
	case s.Kind == Unmerge && was.Records[1-r].Holder == int8(to): // the claim rested on an address of this one
		return nil
	case s.Kind != Accept || s.Who != to || s.Record != r:
		return fmt.Errorf("by: %s", s)
	}
	c := one.Asked[to]
	switch {
	case one.State != unclaimed || one.Review != none || one.Blocked:
		return fmt.Errorf("it was %s, %q", one.State, one.Review)
	case c.State != waiting || !c.Fresh:
		return fmt.Errorf("the claim is %q, on the version shown: %v", c.State, c.Fresh)
	case c.Stale:
		return errors.New("the address was not heard of for a year")
	case was.People[to].Privileged && !one.Cleared:
		return errors.New("they administer the house")
	}
	if led := was.leads(to, r) == r || was.part() >= 0 && was.leads(to, 1-r) == r; !led {
		return errors.New("no address of theirs leads there")
	}
	return nil
}

// wayOut are the steps of staff by which a record stops waiting for them.
var wayOut = []Kind{Release, KeepApart, Keep, Undo, Address}

// Stuck reports a record that waits for staff who can do nothing about it.
func (m *Model) Stuck(w World) error {
	for r, one := range w.Records {
		if one.State == merged {
			continue
		}
		waits := one.Review != none || one.State == frozen
		reached := false
		for _, kind := range wayOut {
			for who := range w.People {
				if next, err := m.Next(w, Step{kind, who, r}); err == nil {
					then := next.Records[r]
					reached = reached || then.State != frozen && then.Review != one.Review || then.State != one.State && one.State == frozen
				}
			}
		}
		if waits && !reached {
			return fmt.Errorf("%c waits for staff (%s, %q), and nothing ends it", 'A'+r, one.State, one.Review)
		}
	}
	return nil
}

// pairs are steps of which the second takes back the first.
var pairs = []struct {
	do, undo Kind
}{{Undo, Reopen}, {Merge, Unmerge}}

// Reversible reports a step that is not taken back exactly.
func (m *Model) Reversible(w World) error {
	for _, p := range pairs {
		for r := range w.Records {
			who := max(int(w.Records[r].Holder), 0)
			if p.do == Undo && w.People[who].Closed {
				continue
			}
			then, err := m.Next(w, Step{p.do, who, r})
			if err != nil {
				continue
			}
			back, err := m.Next(then, Step{p.undo, who, r})
			if err != nil {
				return fmt.Errorf("%s, and then not: %s: %w", Step{p.do, who, r}, Step{p.undo, who, r}, err)
			}
			if back.touched(p.do, who) != w.touched(p.do, who) {
				return fmt.Errorf("%s and %s is not what was: %s", Step{p.do, who, r}, Step{p.undo, who, r}, Diff(w.touched(p.do, who), back.touched(p.do, who)))
			}
		}
	}
	return nil
}

// touched is a world without what a pair of steps may leave behind: whoever looks at a
// record notices that it has changed, and an older dispute of the same person is history.
func (w World) touched(kind Kind, who int) World {
	for r := range w.Records {
		one := &w.Records[r]
		for i := range one.Asked {
			one.Asked[i].Fresh = false
		}
		if kind == Undo {
			one.Undone[who] = Undone{}
		}
		for i := range one.Undone {
			one.Undone[i].Since = false
		}
	}
	return w
}

// Diff tells in which fields two worlds differ.
func Diff(a, b World) string {
	var out []string
	var walk func(at string, a, b reflect.Value)
	walk = func(at string, a, b reflect.Value) {
		switch a.Kind() {
		case reflect.Struct:
			for i := range a.NumField() {
				walk(at+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
			}
		case reflect.Array:
			for i := range a.Len() {
				walk(fmt.Sprintf("%s[%d]", at, i), a.Index(i), b.Index(i))
			}
		default:
			if !a.Equal(b) {
				out = append(out, fmt.Sprintf("%s was %v, is %v", at, a, b))
			}
		}
	}
	walk("", reflect.ValueOf(a), reflect.ValueOf(b))
	return strings.Join(out, "; ")
}

package demo

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// mostNamed is how many of the invented organisations have a public name.
const mostNamed = 120

// nameThings gives public names to places of the world, to some organisations that everybody
// knows, and to invented ones.
func (d *Demo) nameThings(ctx context.Context) error {
	var all []entity.Description
	for _, t := range demo.Things() {
		all = append(all, described(t))
	}
	for _, o := range d.world.Organisations[:min(mostNamed, len(d.world.Organisations))] {
		t := demo.Thing{Type: string(entity.Organization), Name: o.Name, Country: o.Address.Country, City: o.Address.City, Aliases: o.Spellings}
		of := described(t)
		of.Attributes = append(of.Attributes, entity.Attribute{Name: "kind", Value: o.Kind, Source: organisation})
		all = append(all, of)
	}
	now := d.clock.Now()
	past := make([]entity.Past, len(all))
	for i, of := range all {
		past[i].Entity = entity.Entity{ID: entity.NewID(), State: entity.Active, Version: 1, Description: of, Created: now, Changed: now}
	}
	e := audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.EntityWritten, Actor: habeas.Server, At: now}
	return d.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Entities().Save(past, e) })
}

// described says of a thing what the demo knows.
func described(t demo.Thing) entity.Description {
	d := entity.Description{Type: entity.Type(t.Type)}
	say := func(name, value string) {
		if value != "" {
			d.Attributes = append(d.Attributes, entity.Attribute{Name: name, Value: value})
		}
	}
	say(entity.AttrName, t.Name)
	for _, a := range t.Aliases {
		switch {
		case a == t.Name:
		case len(a) <= 6 && a == strings.ToUpper(a) && a != strings.ToLower(a):
			say(entity.AttrAcronym, a)
		default:
			say(entity.AttrAlias, a)
		}
	}
	say(entity.AttrCountry, t.Country)
	say(entity.AttrPlace, t.City)
	say(entity.AttrLatitude, t.Latitude)
	say(entity.AttrLongitude, t.Longitude)
	say(entity.AttrWeight, t.Weight)
	for _, scheme := range slices.Sorted(maps.Keys(t.Externals)) {
		d.Externals = append(d.Externals, entity.External{Scheme: scheme, Value: t.Externals[scheme]})
	}
	return d
}

package demo

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// family gives Bell a daughter without an account, in her household, for whom she acts.
func (d *Demo) family(ctx context.Context, t *teller, nora habeas.Actor) error {
	bell, known := t.partyOf(demo.Bell)
	mother := d.world.People[demo.Bell]
	address, err := email.Parse(mother.Email)
	if err != nil || !known {
		return err
	}
	child := party.Values{
		"identity": {"given_name": "Mina", "family_name": mother.Family, "birth_date": d.world.Now.AddDate(-9, 2, 0).Format(time.DateOnly)},
		"contact":  {"language": mother.Language},
		"address":  {"street": mother.Address.Street, "postcode": mother.Address.Postcode, "city": mother.Address.City},
	}
	id, _, err := d.Records.Enter(ctx, nora, party.Assertion{Values: child}, false)
	if err != nil {
		return err
	}
	kin := app.NewRelations(d.Records, d.Duplicates.Note)
	for _, is := range []party.Relationship{party.ParentOf, party.SameHousehold} {
		if _, err := kin.Relate(ctx, nora, bell, id, is, true); err != nil {
			return err
		}
	}
	_, err = app.NewGuardians(d.Records).Appoint(ctx, nora, id, address, time.Time{}, party.DocumentBirth)
	return err
}

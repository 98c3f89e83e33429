package party

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// nobodysKin answers for people without relations, guardians or letters.
type nobodysKin struct {
	Relations
	Guardians
	Letters
}

func (nobodysKin) MyKin(context.Context, habeas.Actor, habeas.PartyID) ([]party.Kin, error) {
	return nil, nil
}

func (nobodysKin) Apart(context.Context, habeas.Actor, habeas.PartyID) (party.Apart, error) {
	return nil, nil
}

func (nobodysKin) Wards(context.Context, habeas.Actor) ([]party.Ward, error) { return nil, nil }

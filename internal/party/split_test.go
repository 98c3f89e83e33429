package party

import (
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

func TestWhatCanBeSplitOff(t *testing.T) {
	me := habeas.AccountID{1}
	bill, own := spoken(FromSystem, 1, "identity", "given_name", "Tim"), spoken(FromSelf, 2, "identity", "given_name", "Tim")
	own.Source.Account = me
	said := []Statement{bill, own}
	item := func(s Statement) Item { return Item{s.Party, s.ID} }
	for name, c := range map[string]struct {
		party Party
		items []Item
		want  string
	}{
		"what a system said":       {Party{State: Claimed, Account: me}, []Item{item(bill)}, ""},
		"nothing":                  {Party{}, nil, "split.none"},
		"everything":               {Party{}, []Item{item(bill), item(own)}, "split.all"},
		"what is not there":        {Party{}, []Item{{habeas.PartyID{9}, bill.ID}}, "split.changed"},
		"what its person said":     {Party{State: Claimed, Account: me}, []Item{item(own)}, "split.self"},
		"of a record in dispute":   {Party{State: Frozen}, []Item{item(bill)}, "merge.frozen"},
		"of one that is merged":    {Party{State: Merged}, []Item{item(bill)}, "merge.merged"},
		"what a stranger had said": {Party{State: Claimed, Account: habeas.AccountID{2}}, []Item{item(own)}, ""},
	} {
		if got := codeOf(Split{Items: c.items}.Check(c.party, said, nil)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if _, err := (Split{Items: []Item{item(bill)}}).Do(Party{State: Claimed, Account: me}, said, nil, nil, habeas.AccountID{}, noon); codeOf(err) != "split.consent" {
		t.Errorf("without consent: %v", err)
	}
}

// Proves PTY-A39.
func TestAHandleLeavesWithTheWordsThatCameThroughIt(t *testing.T) {
	id := habeas.PartyID{1}
	words := make([]Statement, 3)
	for i := range words {
		words[i] = spoken(FromSystem, i, "identity", "given_name", "Tim")
		words[i].Party, words[i].Source.System = id, habeas.SystemID{15: byte(i + 1)}
	}
	at := map[habeas.StatementID][]keyring.LookupHash{
		words[0].ID: {{1}}, words[1].ID: {{2}}, words[2].ID: {{2}, {3}},
	}
	rows := []KnownAs{
		{Hash: keyring.LookupHash{1}, Source: words[0].Source.System, Party: id},
		{Hash: keyring.LookupHash{2}, Source: words[1].Source.System, Party: id},
		{Hash: keyring.LookupHash{2}, Source: words[2].Source.System, Party: id},
		{Hash: keyring.LookupHash{3}, Source: words[2].Source.System, Party: id},
		{Hash: keyring.LookupHash{3}, Source: words[2].Source.System, N: 1, Party: habeas.PartyID{2}}, // somebody else's
	}
	s := Split{To: habeas.PartyID{9}, Items: []Item{{id, words[2].ID}}}
	turn, err := s.Do(Party{ID: id, State: Unclaimed}, words, nil, s.HandlesOf(words, rows, func(w Statement) []keyring.LookupHash { return at[w.ID] }), habeas.AccountID{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(turn.Handles) != 2 || turn.Handles[0].Hash != rows[2].Hash || turn.Handles[1].Hash != rows[3].Hash || turn.Handles[0].Party != s.To {
		t.Errorf("leave: %+v, want those of the third system", turn.Handles)
	}
	back, err := turn.Split.Undo(turn.Change[0], *turn.New, []Party{turn.Change[0]}, *turn.New, nil, turn.Handles, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Handles) != 2 || back.Handles[0].Party != id {
		t.Errorf("come back: %+v", back.Handles)
	}
}

func TestASplitIsNotUndoneOverSomebodysHead(t *testing.T) {
	s := Split{State: SplitDone, At: noon, To: habeas.PartyID{2}}
	free := Party{ID: habeas.PartyID{1}, State: Unclaimed}
	held := Party{ID: habeas.PartyID{2}, State: Claimed, Account: habeas.AccountID{1}, ClaimedAt: noon.Add(1)}
	late := Party{ID: habeas.PartyID{1}, State: Claimed, Account: habeas.AccountID{1}, ClaimedAt: noon.Add(1)}
	for name, c := range map[string]struct{ top, toTop Party }{
		"the second has a person": {free, held}, "the first got one since": {late, Party{ID: habeas.PartyID{2}, State: Unclaimed}},
	} {
		if _, err := s.Undo(c.top, c.toTop, []Party{c.top}, c.toTop, nil, nil, noon); codeOf(err) != "split.claimed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	early := late
	early.ClaimedAt = noon.Add(-1)
	if _, err := s.Undo(early, Party{ID: s.To}, []Party{early}, Party{ID: s.To}, nil, nil, noon); err != nil {
		t.Errorf("what its person had before comes back: %v", err)
	}
}

package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Blocks is what the page about blocks asks of the server. Everybody who is no administrator
// is refused.
type Blocks interface {
	List(ctx context.Context, a habeas.Actor, limit int) ([]account.Block, error)
	// AddressOf is the main address of a blocked account.
	AddressOf(ctx context.Context, a habeas.Actor, of account.Block) string
	BlockAccount(ctx context.Context, a habeas.Actor, at email.Address, reason string, until time.Time) error
	// BlockNetwork refuses a network from which r comes.
	BlockNetwork(ctx context.Context, a habeas.Actor, network, reason string, until time.Time, r *http.Request) error
	End(ctx context.Context, a habeas.Actor, id habeas.BlockID) error
}

const (
	blocksPath = "/admin/blocks"
	blockList  = 200
	blockForm  = 16 << 10 // bytes
)

func (s *Pages) mountBlocks(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+blocksPath, s.blocks)
	s.Handle(m, ui.Administrator, "POST "+blocksPath+"/account", s.blockAccount)
	s.Handle(m, ui.Administrator, "POST "+blocksPath+"/network", s.blockNetwork)
	s.Handle(m, ui.Administrator, "POST "+blocksPath+"/{id}/end", ui.OnID("id", account.ErrNoBlock, s.endBlock))
}

// BlocksPage is the data of admin/blocks.
type BlocksPage struct {
	Heading ui.Heading
	Now     []ui.Line
	Over    ui.Table
	Account ui.Form
	Network ui.Form
}

func (s *Pages) blocksPage(r *http.Request, v ui.Visit) (BlocksPage, error) {
	p, now := v.P, s.Clock.Now()
	reason := ui.Control{Kind: ui.ControlTextarea, Name: "reason", Label: p.T("Why"), MaxLength: account.MaxBlockReason}
	until := ui.Control{Kind: ui.ControlDate, Name: "until", Label: p.T("Until"), Hint: p.T("It ends by itself when this day begins.")}
	told, day := reason, until
	reason.Name, until.Name = "reason_network", "until_network"
	told.Hint = p.T("The person reads it in their Activity once they are in again.")
	page := BlocksPage{
		Heading: ui.Heading{Title: p.T("Blocks"), Lead: p.T("Accounts and networks that are kept out, each for a reason and until a day.")},
		Account: ui.Form{Action: blocksPath + "/account", Submit: p.T("Block the account"), Next: p.T("It holds at once, in every browser. You can take it back."), Controls: []ui.Control{
			{Kind: ui.ControlEmail, Name: "address", Label: p.T("Address of the account"), MaxLength: ui.MaxAddress, Autocomplete: "off"}, told, day,
		}},
		Network: ui.Form{Action: blocksPath + "/network", Submit: p.T("Block the network"), Next: p.T("It holds within seconds on every node. You can take it back."), Controls: []ui.Control{
			{Name: "network", Label: p.T("Address or network"), Hint: p.T("Such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32."), MaxLength: 60, Autocomplete: "off"}, reason, until,
		}},
		Over: ui.Table{ID: "over", Caption: p.T("Blocks that are over"), Columns: []ui.Column{{Text: p.T("Who or what")}, {Text: p.T("Why")}, {Text: p.T("Over since")}}},
	}
	all, err := s.Blocks.List(r.Context(), v.Actor, blockList)
	for _, b := range all {
		icon, name := "person", s.Blocks.AddressOf(r.Context(), v.Actor, b)
		if b.Account.IsZero() {
			icon, name = "server", b.Network.String()
		}
		if b.Holds(now) {
			page.Now = append(page.Now, ui.Line{
				Icon: icon, Text: name, Note: p.T("until {date}: {reason}", "date", p.DateTime(b.Until, s.Zone()), "reason", b.Reason),
				Action: blocksPath + "/" + b.ID.String() + "/end", Verb: p.T("Take back"),
			})
			continue
		}
		over := b.Until
		if !b.EndedAt.IsZero() {
			over = b.EndedAt
		}
		page.Over.Rows = append(page.Over.Rows, []ui.Cell{{Text: name}, {Text: firstLine(b.Reason)}, {Text: p.DateTime(over, s.Zone())}})
	}
	return page, err
}

func (s *Pages) blocks(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.blocksPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/blocks", page)
}

// makeBlock does what a form of the page asks for, or shows it again.
func (s *Pages) makeBlock(w http.ResponseWriter, r *http.Request, v ui.Visit, end string, do func(f *edge.Form, reason string, until time.Time) error, form func(*BlocksPage) *ui.Form) error {
	f, err := edge.DecodeForm(w, r, blockForm)
	if err != nil {
		return err
	}
	if err = do(f, f.Text("reason"+end, account.MaxBlockReason), s.day(f, "until"+end)); err == nil {
		http.Redirect(w, r, blocksPath, http.StatusSeeOther)
		return nil
	}
	page, wrong := s.blocksPage(r, v)
	if wrong != nil {
		return wrong
	}
	err = renamed(renamed(err, "reason", "reason"+end), "until", "until"+end)
	return s.Again(w, r, v, err, "admin/blocks", &page, form(&page), f)
}

func (s *Pages) blockAccount(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.makeBlock(w, r, v, "", func(f *edge.Form, reason string, until time.Time) error {
		address := ui.TypedAddress(f, false)
		if err := f.Err(); err != nil {
			return err
		}
		return s.Blocks.BlockAccount(r.Context(), v.Actor, address, reason, until)
	}, func(page *BlocksPage) *ui.Form { return &page.Account })
}

func (s *Pages) blockNetwork(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.makeBlock(w, r, v, "_network", func(f *edge.Form, reason string, until time.Time) error {
		network := f.String("network", 60)
		if err := f.Err(); err != nil {
			return err
		}
		return s.Blocks.BlockNetwork(r.Context(), v.Actor, network, reason, until, r)
	}, func(page *BlocksPage) *ui.Form { return &page.Network })
}

func (s *Pages) endBlock(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.BlockID) error {
	if err := s.Blocks.End(r.Context(), v.Actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, blocksPath, http.StatusSeeOther)
	return nil
}

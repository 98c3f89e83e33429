package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

func navigation() []ui.NavItem {
	return []ui.NavItem{
		{Area: ui.AreaPublic, Path: "/", Label: "Start"},
		{Area: ui.AreaMe, Path: "/me/record", Label: "My record"},
		{Area: ui.AreaMe, Path: "/me/messages", Label: "Messages"},
		{Area: ui.AreaMe, Path: "/me/form", Label: "Forms"},
		{Area: ui.AreaStaff, Group: "Lists", Path: "/staff/table", Label: "Tables"},
		{Area: ui.AreaStaff, Group: "Lists", Path: "/staff/duplicates", Label: "Duplicates"},
		{Area: ui.AreaStaff, Path: "/staff/people", Label: "People"},
		{Area: ui.AreaAdmin, Path: "/admin/roles", Label: "Roles"},
	}
}

type recordData struct {
	Heading  ui.Heading
	Identity ui.Fields
	Contact  ui.Fields
	Decision ui.Decision
	Dispute  ui.Decision
	Receipts []ui.Receipt
	Looks    ui.Looks
	NoLooks  ui.Looks
}

func record(zone *time.Location) recordData {
	day := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	const hash = "9f2c41d07ae85b36c1d4e8f0a97b53126cfe08d1b24a6e3795f01c8db6a2e47d"
	looks := []ui.Look{
		{At: now.Add(-40 * time.Minute), Who: "Mara Lindqvist", Kind: habeas.ActorStaff, Purpose: "To answer a question of yours", Saw: "Name and phone", URL: "#"},
		{At: now.Add(-3 * time.Hour), Who: "City Bookings", Kind: habeas.ActorSystem, Purpose: "Ticket for 28 November", Saw: "Name and e-mail address", URL: "#"},
		{At: day(1), Who: "You", Kind: habeas.ActorPerson, Saw: "A copy of everything", URL: "#"},
		{At: day(19), Who: "This server", Kind: habeas.ActorServer, Purpose: "Yearly review of old data", Saw: "Postal address", URL: "#"},
	}
	return recordData{
		Heading: ui.Heading{
			Title: "Tim Okafor", Lead: "This record is about you. You decide what it says and who may use it.",
			Back: &ui.Link{Text: "All records", URL: "/me/record"}, Actions: []ui.Link{{Text: "Take a copy", URL: "#"}, {Text: "Erase this record", URL: "#"}},
		},
		Identity: ui.Fields{Title: "Identity", Note: "Seen by staff with a purpose, and by nobody else.", Rows: []ui.FieldRow{
			{ID: "name", Label: "Name", Value: "Timothy Chukwuemeka Okafor", Yours: true, At: day(2), EditURL: "#", HistoryURL: "#"},
			{Label: "Birth date", Masked: "••••", Opens: "Show your membership number to see it.", OpensURL: "#", Source: "Harbour Arts Trust, membership form", At: day(900), EditURL: "#", HistoryURL: "#"},
			{Label: "Membership", Masked: "•••• 1984", Source: "Harbour Arts Trust, membership form", At: day(900), HistoryURL: "#"},
		}},
		Contact: ui.Fields{Title: "Contact", Action: &ui.Link{Text: "Who may use this", URL: "#"}, Rows: []ui.FieldRow{
			{Label: "E-mail address", Value: "tim.okafor@a-rather-long-domain-name.example.org", Source: "City Bookings, ticket of 3 May", At: day(203), EditURL: "#", HistoryURL: "#"},
			{Label: "Phone", EditURL: "#"},
			{Label: "Identifier", Value: "pty_06d2ks8b4wpxv0xk3n5q7r9t1m", Mono: true, Source: "This server", At: day(900)},
		}},
		Decision: ui.Decision{
			ID: "d1", Sentence: "City Bookings has another phone number for you.", From: "City Bookings", At: day(1),
			Changes: []ui.Change{{Label: "Phone", Old: "+34 600 000 000", New: "+34 611 222 333"}, {Label: "Address", New: "Calle Mayor 5, Madrid"}},
			Action:  "#", Yes: ui.Choice{Text: "Use the new number", Value: "yes"}, No: ui.Choice{Text: "Keep mine", Value: "no"},
			Quiet: &ui.Choice{Text: "Always accept from City Bookings", Value: "always"}, Next: "Nothing changes until you choose. You can undo it for 30 days.",
		},
		Dispute: ui.Decision{
			ID: "d2", Sentence: "Somebody else says that this record is about them.", From: "Staff of Harbour Arts Trust", At: day(4), Dispute: true,
			Changes: []ui.Change{{Label: "Membership", Old: "•••• 1984", New: ""}},
			Action:  "#", Yes: ui.Choice{Text: "Show more evidence", Value: "yes"}, No: ui.Choice{Text: "Give the record up", Value: "no"},
		},
		Receipts: []ui.Receipt{
			{ID: "r1", Act: "Your phone number was corrected", At: day(2), Hash: hash, CheckURL: "#", DetailURL: "#"},
			{ID: "r2", Act: "City Bookings read your e-mail address", At: day(3), Hash: hash, State: ui.ReceiptGood, CheckURL: "#", DetailURL: "#", Words: "The entry is number 48,210 of the log, and the log was only ever added to since."},
			{ID: "r3", Act: "A copy was taken", At: day(4), Hash: hash, State: ui.ReceiptBad, CheckURL: "#", DetailURL: "#", Words: "The entry is not what was sealed. Keep this receipt and write to the data protection officer."},
			{ID: "r4", Act: "The record was made yours", At: day(0), Hash: hash, State: ui.ReceiptPending, CheckURL: "#", Words: "The next page of the log closes within a minute."},
		},
		Looks:   ui.Looks{Days: ui.GroupLooks(looks, zone), Older: &ui.Link{Text: "Show earlier ones", URL: "#"}},
		NoLooks: ui.Looks{Empty: "Nobody has looked at this record yet."},
	}
}

type messageData struct {
	Kinds    []ui.Notice
	Empty    ui.Empty
	Known    ui.Progress
	Unknown  ui.Progress
	Tiles    []ui.Tile
	CopyText ui.Copy
	Tags     []ui.Tag
}

func undo() *ui.Undo {
	return &ui.Undo{Text: "You accepted the new phone number.", Action: "#", Hidden: []ui.Hidden{{Name: "id", Value: "1"}}, Until: now.Add(10 * time.Minute)}
}

func tour() *ui.Tour {
	return &ui.Tour{Title: "A proposal arrives.", Text: "City Bookings suggests another number. Decide as Tim.", Step: 3, Of: 7, Back: "#", Next: &ui.Link{Text: "Go on", URL: "#"}, Exit: "#"}
}

func notices() []ui.Notice {
	return []ui.Notice{{Kind: ui.NoticeDone, Title: "This record is yours now", Text: "You see where everything came from."}}
}

func messages() messageData {
	return messageData{
		Kinds: []ui.Notice{
			{Kind: ui.NoticeInfo, Text: "A code is on its way to you. It works for ten minutes.", Link: &ui.Link{Text: "Send another", URL: "#"}},
			{Kind: ui.NoticeWarning, Title: "Your only passkey is on this device", Text: "Add a second one, so that losing the device does not lock you out."},
			{Kind: ui.NoticeDanger, Title: "The disk is nearly full", Text: "Nothing is written until there is room, because nothing is written without its audit entry."},
		},
		Empty:   ui.Empty{Text: "Nobody has asked for anything yet.", Action: &ui.Link{Text: "See who may ask", URL: "#"}},
		Known:   ui.Progress{Title: "Reading people.csv", Done: 1200, Total: 5000, Leave: "You may leave this page; the work goes on.", Reload: "/me/messages"},
		Unknown: ui.Progress{Title: "Looking for duplicates", Leave: "You may leave this page; the work goes on."},
		Tiles: []ui.Tile{
			{Label: "People", Value: "48,210", Note: "312 new this month", URL: "#"},
			{Label: "Claimed", Value: "31 %", Note: "of those with an address"},
			{Label: "Waiting for staff", Value: "7", Note: "oldest: 3 days ago", URL: "#"},
			{Label: "Erased", Value: "92"},
		},
		CopyText: ui.Copy{ID: "root", Label: "the fingerprint", Text: "9f2c41d07ae85b36c1d4e8f0a97b5312"},
		Tags: []ui.Tag{
			{Kind: ui.TagQuiet, Text: "Unclaimed"},
			{Kind: ui.TagYours, Text: "Claimed"},
			{Kind: ui.TagProposal, Text: "Waiting"},
			{Kind: ui.TagDanger, Text: "Disputed"},
			{Kind: ui.TagInfo, Text: "Imported"},
		},
	}
}

type formData struct{ Fresh, Wrong, Erase ui.Form }

func forms() formData {
	wrong := "This does not look like an e-mail address. Is something missing after the @?"
	return formData{
		Fresh: ui.Form{
			Action: "#", Submit: "Send me a code", Next: "We send one mail. Nothing is stored before you enter the code.", Cancel: &ui.Link{Text: "Not now", URL: "#"},
			Controls: []ui.Control{
				{Name: "email", Kind: ui.ControlEmail, Label: "Your e-mail address", Hint: "The one you gave when you booked or joined.", Autocomplete: "email", CheckURL: "/hint"},
				{Name: "email2", Kind: ui.ControlEmail, Label: "The same address again", Same: "email", Autocomplete: "email"},
				{Name: "phone", Kind: ui.ControlTel, Label: "Phone", Optional: true, Autocomplete: "tel"},
				{Name: "born", Kind: ui.ControlDate, Label: "Birth date", Optional: true},
				{Name: "country", Kind: ui.ControlSelect, Label: "Country", Value: "ES", Options: []ui.Option{{Value: "ES", Text: "Spain"}, {Value: "NG", Text: "Nigeria"}}},
				{Name: "note", Kind: ui.ControlTextarea, Label: "Anything staff should know", Optional: true},
				{Name: "purpose", Kind: ui.ControlRadio, Label: "Why are you here?", Value: "mail", Options: []ui.Option{
					{Value: "mail", Text: "I got a mail about a record", Hint: "The mail holds a code."}, {Value: "self", Text: "I want to know whether there is one"},
				}},
				{Name: "digest", Kind: ui.ControlCheckbox, Label: "Tell me once a week who looked", Hint: "You can stop it in every mail.", Checked: true},
			},
		},
		Wrong: ui.Form{
			Action: "#", Submit: "Check the code",
			Errors: []ui.FieldError{{Field: "address", Text: wrong}, {Field: "code", Text: "The code is not right. You have 4 tries left."}},
			Controls: []ui.Control{
				{Name: "address", Kind: ui.ControlEmail, Label: "Your e-mail address", Hint: "The one you gave when you booked or joined.", Value: "tim.okafor", Error: wrong},
				{Name: "code", Kind: ui.ControlCode, Label: "The code from the mail", Hint: "Eight digits. It works for ten minutes.", Value: "48210", MaxLength: 9, Error: "The code is not right. You have 4 tries left."},
			},
		},
		Erase: ui.Form{
			Action: "#", Submit: "Erase this record", Danger: true, Next: "This cannot be undone, by nobody.", Cancel: &ui.Link{Text: "Keep it", URL: "#"},
			Controls: []ui.Control{{Name: "typed", Label: "Type ERASE to confirm", Autocomplete: "off"}},
		},
	}
}

type tableData struct {
	Heading ui.Heading
	People  ui.Table
	None    ui.Table
	Pair    ui.SideBySide
}

func tables() tableData {
	var rows [][]ui.Cell
	for i, name := range []string{"Okafor, Timothy", "Lindqvist-Hernández de la Fuente, Mara", "Ngũgĩ, Wanjiru", "Łukasiewicz, Ołeh", "O’Brien, Siobhán", "Tanaka, Yuki"} {
		tag := ui.Tag{Kind: ui.TagQuiet, Text: "Unclaimed"}
		switch i {
		case 0, 4:
			tag = ui.Tag{Kind: ui.TagYours, Text: "Claimed"}
		case 1:
			tag = ui.Tag{Kind: ui.TagProposal, Text: "Waiting"}
		case 3:
			tag = ui.Tag{Kind: ui.TagDanger, Text: "Disputed"}
		}
		rows = append(rows, []ui.Cell{
			{Text: name, URL: "#"}, {Tag: &tag}, {Text: "t•••@example.org"}, {Text: "pty_06d2ks8b4w…", Mono: true}, {Text: "3 May 2026"}, {Text: "1,204"},
		})
	}
	columns := []ui.Column{
		{Text: "Name", URL: "#", Sort: "ascending"}, {Text: "State"}, {Text: "E-mail address"}, {Text: "Identifier"}, {Text: "Last seen", URL: "#"}, {Text: "Tickets", URL: "#", Numeric: true},
	}
	return tableData{
		Heading: ui.Heading{Title: "People", Actions: []ui.Link{{Text: "Add a person", URL: "#"}, {Text: "Import a file", URL: "#"}}},
		People: ui.Table{
			ID: "people", Caption: "People, by name", Columns: columns, Rows: rows,
			Pager: &ui.Pager{Shown: "1–6 of 48,210", Prev: "#", Next: "#"},
		},
		None: ui.Table{ID: "none", Caption: "Nobody", Columns: columns, Empty: ui.Empty{Text: "No one matches. Try part of the name, or the address.", Action: &ui.Link{Text: "Add a person", URL: "#"}}},
		Pair: ui.SideBySide{
			ID: "pair", Caption: "Two records compared", Left: "Timothy Okafor", Right: "Tim Okafor", Action: "#",
			Rows: []ui.Side{
				{Label: "Name", Left: "Timothy Okafor", Right: "Tim Okafor", Differ: true},
				{Label: "Birth date", Left: "4 July 1984", Right: "4 July 1984"},
				{Label: "E-mail address", Left: "tim@example.org", Right: "t.okafor@example.com", Differ: true},
				{Label: "Phone", Left: "+34 600 000 000"},
			},
			One: ui.Choice{Text: "Same person", Value: "same"}, Two: ui.Choice{Text: "Two people", Value: "two"}, Undo: &ui.Choice{Text: "Undo the last", Value: "undo"},
			Next: "Nothing is merged at once: both see what would happen and can say no.",
		},
	}
}

// hint answers what form.js asks about an address, for the one slip the tests make.
func hint(w http.ResponseWriter, r *http.Request) error {
	type question struct {
		Value string `json:"value"`
	}
	asked, err := edge.DecodeJSON[question](w, r, 4<<10)
	if err != nil {
		return err
	}
	answer := map[string]string{}
	if local, ok := strings.CutSuffix(asked.Value, "@gmial.com"); ok {
		answer["hint"], answer["suggestion"] = "Did you mean this?", local+"@gmail.com"
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(answer)
}

package main

import "github.com/habeas-data/habeas/internal/web/ui"

// conversation has every kind of saying, and text that is too long, empty, or looks like
// markup.
func conversation() conversationData {
	long := "A text without a blank: " + "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
	return conversationData{
		Full: ui.Conversation{Turns: []ui.Turn{
			{
				Title: "Step 1", Note: "0 seconds after the beginning", Tag: &ui.Tag{Kind: ui.TagProposal, Text: "refused"},
				Said: []ui.Saying{
					{Kind: ui.SaidBy, Label: "Asked", Pieces: ui.Pieces("My username is ⟦KNOWN:k3f9x7⟧")},
					{Kind: ui.SaidBy, Label: "Understood", Words: []string{"My → my", "username", "is", "⟦KNOWN:k3f9x7⟧"}},
					{Kind: ui.SaidBy, Label: "Came with", Name: "language", Pieces: ui.Pieces("en")},
					{Kind: ui.Happened, Label: "Typed or set", Name: "UserName", Pieces: []ui.Piece{{Text: "SecureDataStore", Sealed: true}}},
					{Kind: ui.Happened, Label: "Another flow began", Name: "GreetUser", Pieces: ui.Pieces("[a → b]")},
					{Kind: ui.Cautioned, Label: "Warning", Pieces: ui.Pieces("Flow GreetUser (f-4), vertex v-9, mapping [a → b]: not cloneable, transferred by reference")},
					{Kind: ui.Happened, Label: "Server's log", Name: "INFO", Pieces: ui.Pieces("greeting ⟦KNOWN:k3f9x7⟧")},
					{Kind: ui.SaidTo, Label: "Replied", Pieces: ui.Pieces("Hi ⟦KNOWN:k3f9x7⟧<br/>How are you, <word>?")},
				},
			},
			{
				Title: "Step 2", Note: "61 seconds after the beginning · reference K3F9X7ABCDEF", Tag: &ui.Tag{Kind: ui.TagDanger, Text: "failed"},
				Said: []ui.Saying{{Kind: ui.SaidBy, Label: "Asked", Pieces: ui.Pieces(long)}, {Kind: ui.SaidTo, Label: "Replied", Pieces: ui.Pieces(long)}},
				Left: "12 more events were not kept.",
			},
		}},
		None: ui.Conversation{Empty: ui.Empty{Text: "This session ended before anything happened in it."}},
	}
}

type conversationData struct{ Full, None ui.Conversation }

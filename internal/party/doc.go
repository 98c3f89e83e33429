// Package party keeps records about people and organisations: what is held
// about a party, who said it and when, and who controls it.
//
// A record is a fold over immutable statements. Each statement is what one
// source (the person, staff, a connected system, an import) said about one party
// on one occasion. The current value of a field is the subject's own word first,
// then the newest, whoever supplied it; older values stay visible to the subject
// (PTY-2). Nothing is overwritten, so merges, splits and disputes can be undone.
//
// A party is unclaimed until an account that proved its address accepts it on the
// confirm screen (PTY-3). From then on the subject's word rules: what others say
// stays attached to their tickets and is no more than a proposal.
//
// # The life cycle
//
// A record with the claims on it and the disputes about it is a state machine
// ([Situation]). Each step that changes it is a [Move], and [Situation.Take] alone decides
// what follows from it: in the transaction, on what that transaction has read (PTY-A32).
// The table shows where each move leads a record from where it stands; a dot is a refusal,
// and what the refusals say stands beside the rules. A record that “waits” is unclaimed and
// before staff; a “part” was merged into another record, which shows it.
//
//	                none              unclaimed         waits             claimed           frozen            part
//	begin           unclaimed/waits   ·                 ·                 ·                 ·                 ·
//	begin-own       claimed           ·                 ·                 ·                 ·                 ·
//	hear            ·                 unclaimed/waits   waits             claimed           frozen            part
//	edit            ·                 unclaimed         waits             claimed           ·                 ·
//	open            ·                 unclaimed         ·                 ·                 ·                 ·
//	show            ·                 unclaimed/waits   ·                 claimed           ·                 ·
//	accept          ·                 claimed           ·                 ·                 ·                 ·
//	refuse          ·                 waits             waits             ·                 ·                 ·
//	not-me          ·                 waits             waits             ·                 ·                 ·
//	wait            ·                 unclaimed/waits   waits             claimed           frozen            part
//	release         ·                 ·                 unclaimed         claimed           ·                 ·
//	keep-apart      ·                 ·                 unclaimed         ·                 ·                 ·
//	reconsider      ·                 unclaimed/waits   ·                 ·                 ·                 ·
//	address         ·                 unclaimed/waits   unclaimed/waits   ·                 ·                 ·
//	link            ·                 claimed           claimed           claimed           ·                 ·
//	dispute         ·                 ·                 ·                 frozen            ·                 ·
//	keep            ·                 ·                 ·                 ·                 claimed           ·
//	undo            ·                 ·                 ·                 ·                 unclaimed         ·
//	reopen          ·                 frozen            frozen            frozen            ·                 ·
//	merge: stays    ·                 unclaimed         waits             claimed           ·                 ·
//	goes in         ·                 part              part              part              ·                 ·
//	home: goes in   ·                 part              part              ·                 ·                 ·
//	unmerge: stays  ·                 unclaimed         waits             claimed           ·                 part
//	comes out       ·                 ·                 ·                 ·                 ·                 unclaimed
//	split           ·                 unclaimed         waits             claimed           ·                 ·
//	restrain        ·                 unclaimed         waits             claimed           ·                 part
//	leave           ·                 ·                 ·                 ·                 ·                 part
//	erase           ·                 gone              gone              gone              ·                 ·
//
// A claim:
//
//	accepted ─ undo → undone
//	open ─ accept → accepted
//	open ─ link → accepted
//	open ─ refuse → refused
//	open ─ show → review
//	review ─ link → accepted
//	review ─ refuse → refused
//	review ─ release → open
//	undone ─ reopen → accepted
//
// A dispute:
//
//	kept ─ reopen → open
//	open ─ keep → kept
//	open ─ undo → undone
//	undone ─ reopen → open
//
// What always holds is checked over every order of steps of two claimants, staff, disputes
// and merges (package partytest): one account at most controls a record, and gets it only
// by a claim that it accepted, a link in person, or a dispute that was reopened; a frozen
// record is changed by the decision of its dispute alone; whom a dispute took a record from
// does not get it back, by any way, unless staff say so; a part is claimed by nobody; who
// waits for staff can be helped; undo and reopen, merge and unmerge leave what was.
//
// The package holds types, rules and permission checks. It knows neither SQL nor
// HTTP; sqlstore implements its Store, and seals what it stores.
package party

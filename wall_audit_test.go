package habeas_test

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// writeVerbs start the name of a method that changes rows.
var writeVerbs = []string{
	"Accept", "Add", "Append", "Apply", "Assign", "Attach", "Block", "Cancel", "Change", "Claim",
	"Clear", "Confirm", "Consume", "Correct", "Create", "Delete", "Detach", "Disable", "Dispute",
	"Enable", "End", "Enqueue", "Erase", "Expire", "Extend", "Freeze", "Grant", "Import", "Insert",
	"Invite", "Keep", "Link", "Lock", "Mark", "Merge", "Move", "Propose", "Prove", "Purge", "Put", "Record",
	"Recover", "Refuse", "Register", "Reject", "Remove", "Replace", "Reset", "Restrict", "Revoke",
	"Rotate", "Save", "Set", "Split", "Spend", "Start", "Store", "Supersede", "Take", "Touch",
	"Unlink", "Unlock", "Update", "Upsert", "Use", "Write",
}

// technicalWriters are the methods of sqlstore.Ops that change rows without an
// audit entry, each with the reason why nothing about a person is held or
// granted by it. Everything else is witnessed by the ledger.
var technicalWriters = map[string]string{
	"EndRun":     "when a schedule last ran",
	"PutBack":    "a mail that was given up is tried again; what it tells of is witnessed",
	"EndWaiting": "and this is taken back before it is tried",

	"StartVisit":   "the code that it rests on is witnessed in the same transaction, and so is each thing done in it",
	"EndVisit":     "its person leaves the page before the half hour is over",
	"MarkTold":     "when a record was last looked at for a notice; the notice itself is witnessed",
	"MarkDigest":   "how far the ledger was looked through for a digest; the digest itself, and each choice, is witnessed",
	"MarkLooked":   "how far the sweep for proposals has come, as MarkTold",
	"MarkReturned": "a mail came back, as the delivery record says",
	"MarkBounced":  "a mail server would not take the mail, as the delivery record says",

	"PutImportPart":  "a sealed piece of a file that is being uploaded; that it arrived is witnessed, and each row of it that goes in",
	"EndImportParts": "the pieces of a file that did not arrive in full",
	"MarkImport":     "how far an import has come; each row that went in is witnessed in the same transaction",
	"KeepMapping":    "what the columns of a header mean, about nobody",
	"EndLeases":      "leases of a server that is gone",

	"LockEntity": "that an entity is being changed by whoever holds a ticket, for minutes; the change is witnessed",

	"KeepTagChange": "what was done with a tag at once, for minutes; that each record got or lost it is witnessed in the same transaction",
	"EndTagChange":  "and that it was taken back, which is witnessed on each record",
	"MarkSavedList": "on which day a saved list was opened; who is shown by it is witnessed",
	"MarkListFile":  "how far a file has come; each record in it is witnessed in the same transaction",

	"MarkBulk":      "how far a batch of merges has come; each merge and its undo are witnessed in the same transaction",
	"EndBulkLeases": "leases of a server that is gone",

	"StartFeed": "that a system wants to be told of changes; what it is told is witnessed",
	"EndFeed":   "that a disconnected one is told no more; the disconnection is witnessed",
	"MarkFeed":  "keyed marks of what a system can read already",
	"MarkHook":  "whether calls to a system get through",

	"PutPairs":    "what a comparison proposes to staff; looking at a pair and deciding are witnessed",
	"EndPairs":    "a proposal that is none any more and that nobody has decided about",
	"RemovePairs": "the same, of pairs that cannot be one party any more",

	"MarkRestored":        "that everybody whose account ends is told once more; the restore is witnessed",
	"MarkBackupMissed":    "that the administrators were told of a missing backup",
	"EndEscrows":          "emptied rows of private keys whose own keys are destroyed; that each ended is witnessed",
	"SaveCRL":             "the signed list of numbers that were revoked; each revocation is witnessed",
	"PutChallenge":        "a question that ends in minutes; what its answer leads to, or that it failed, is witnessed",
	"TakeTry":             "a number on a challenge; the wrong code is witnessed beside it",
	"SpendChallenge":      "a challenge answers once; what it leads to is witnessed in the same transaction",
	"SupersedeChallenges": "a newer code takes the place of an older one that led to nothing",
	"EndChallenges":       "questions that led to nothing; the recovery that ends them is witnessed",
	"TakeTurn":            "a counter at a keyed hash",
	"TakeTurns":           "counters at keyed hashes; what is counted is witnessed beside them",
	"KeepBrowser":         "a keyed hash of address and browser; the code that was right there is witnessed",
	"StartSignIn":         "the proof that it rests on is witnessed in the same transaction",
	"TouchSignIn":         "when a browser last asked, to the ten minutes",
	"EndSignIn":           "the signing out is witnessed in the same transaction, or the proof that replaced it",
	"EndSignIns":          "the recovery, closing or signing out that ends them is witnessed in the same transaction",
	"EndCodeSignIns":      "the passkey whose adding ends them is witnessed in the same transaction",
	"MarkDirectory":       "when the directory was asked and whether it answered; whom it permits what is witnessed",
	"EndSignInsBy":        "the removal of the passkey is witnessed in the same transaction",
}

// auditEntry is the type that a witnessed write carries.
const auditEntry = "internal/audit.Entry"

func TestAWriteAboutAPersonCarriesItsAuditEntry(t *testing.T) {
	types := namedTypes(readHouse(t))
	listed := map[string]bool{}
	for dir, p := range readHouse(t) {
		if !within(dir, "internal/sqlstore") {
			continue
		}
		for _, m := range methods(p) {
			switch {
			case !startsWithVerb(m.decl.Name.Name):
			case m.receiver == "Ops":
				listed[m.decl.Name.Name] = true
				if technicalWriters[m.decl.Name.Name] == "" {
					t.Errorf("sqlstore.Ops.%s writes without an audit entry and is not listed in technicalWriters: "+
						"say there why it holds nothing about a person, or give it to its subject's type with an audit.Entry",
						m.decl.Name.Name)
				}
			case !types.carriesEntry(dir, m.file, m.decl.Type.Params, map[string]bool{}):
				t.Errorf("%s: %s.%s takes no audit.Entry: what changes about a person commits together with its "+
					"ledger leaf, or not at all. A technical row (sign-in, outbox state, limit) belongs to Ops",
					dir, m.receiver, m.decl.Name.Name)
			}
		}
	}
	for name := range technicalWriters {
		if !listed[name] {
			t.Errorf("technicalWriters lists %s, which sqlstore.Ops does not have: strike it", name)
		}
	}
}

// method is a method with the name of its receiver's type.
type method struct {
	receiver string
	decl     *ast.FuncDecl
	file     *ast.File
}

func methods(p *pkg) []method {
	var all []method
	for _, f := range p.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			expr := fn.Recv.List[0].Type
			if star, ok := expr.(*ast.StarExpr); ok {
				expr = star.X
			}
			if index, ok := expr.(*ast.IndexExpr); ok {
				expr = index.X
			}
			if id, ok := expr.(*ast.Ident); ok {
				all = append(all, method{id.Name, fn, f})
			}
		}
	}
	return all
}

// startsWithVerb reports whether the first word of a method's name is a verb
// that writes: SetRole does, Settings does not.
func startsWithVerb(name string) bool {
	return slices.ContainsFunc(writeVerbs, func(verb string) bool {
		rest, ok := strings.CutPrefix(name, verb)
		next, _ := utf8.DecodeRuneInString(rest)
		return ok && !unicode.IsLower(next)
	})
}

// declared is a type declaration and the file whose imports it was written under.
type declared struct {
	dir  string
	file *ast.File
	expr ast.Expr
}

// typeIndex finds the declaration of "dir.Name".
type typeIndex map[string]declared

func namedTypes(pkgs map[string]*pkg) typeIndex {
	index := typeIndex{}
	for dir, p := range pkgs {
		for _, f := range p.files {
			for _, d := range f.Decls {
				gen, ok := d.(*ast.GenDecl)
				if !ok || gen.Tok != token.TYPE {
					continue
				}
				for _, s := range gen.Specs {
					spec := s.(*ast.TypeSpec)
					index[dir+"."+spec.Name.Name] = declared{dir, f, spec.Type}
				}
			}
		}
	}
	return index
}

// carriesEntry reports whether a value of the type holds an audit entry, or
// yields one when it is called, however deep.
func (index typeIndex) carriesEntry(dir string, file *ast.File, node ast.Node, seen map[string]bool) bool {
	found := false
	ast.Inspect(node, func(n ast.Node) bool {
		name := ""
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				if theirs, ok := ourDir(importOf(file, id.Name)); ok {
					name = theirs + "." + n.Sel.Name
				}
			}
		case *ast.Ident:
			name = dir + "." + n.Name
		}
		if name == auditEntry {
			found = true
		}
		if d, ok := index[name]; ok && !found && !seen[name] {
			seen[name] = true
			found = index.carriesEntry(d.dir, d.file, d.expr, seen)
		}
		_, selector := n.(*ast.SelectorExpr)
		return !found && !selector
	})
	return found
}

// importOf returns the import path that a file knows by name, or "".
func importOf(file *ast.File, name string) string {
	for _, spec := range file.Imports {
		imported := unquote(spec.Path.Value)
		known := path.Base(imported)
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if known == name {
			return imported
		}
	}
	return ""
}

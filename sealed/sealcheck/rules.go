package sealcheck

// Rule is one kind of finding.
type Rule struct {
	ID      string
	Instead string // what to do instead, the second half of every message
}

// Rules are all rules by id. Requirement ANA-1.
var Rules = func() map[string]Rule {
	all := map[string]Rule{}
	for _, r := range []Rule{
		{"escape", "use it inside the function given to Use, or Seal the copy"},
		{"retain", "the memory is wiped when the session closes: finish with it inside the function given to Use"},
		{"mutate", "every copy of the Value shares these bytes: change a copy that you clear, or Seal the new value"},
		{"panic", "panic with a constant text"},
		{"print", "print the Value, which shows its label"},
		{"log", "log the Value, which shows its label"},
		{"error", "say what was expected in a constant text"},
		{"public", "Public lets an error out as it is: give it a constant text"},
		{"exec", "arguments can be read in /proc: call Stdin of the Value"},
		{"env", "the environment is inherited and can be read in /proc: call Stdin of the Value"},
		{"path", "names of files are listed and logged: use a random name"},
		{"write", "keep it out of files and of the terminal: encrypt it before it is written"},
		{"url", "addresses are logged at every hop: send it in the body"},
		{"header", "call SetHeader of the Value, which shows dumps a placeholder"},
		{"label", "labels are kept in every profile and metric: use a constant"},
		{"sql", "call SQL of the Value, whose argument shows query logs the label"},
		{"context", "a context is printed with its values: put the Value into it"},
		{"intern", "interned values outlive the session: compare with EqualBytes"},
		{"mapkey", "a key is kept and printed with its map: use a keyed hash"},
		{"redefine", "another type loses the methods that keep it from being printed: embed it in a struct or use an alias"},
		{"receiver", "a pointer receiver is not called for values: put the method on the value"},
		{"literal", "a secret in the program can be read from the file: read it when the program runs"},
		{"label-constant", "a label goes to logs as it is: use a constant"},
		{"hidden", "methods of unexported fields are not called, so a handle shows instead of the label: pass the Value by itself"},
		{"compare", "that compares handles, not what they hold: use Equal, or IsZero for the zero Value"},
		{"allow", "write //sealcheck:allow RULE REASON where a finding is meant"},
	} {
		all[r.ID] = r
	}
	return all
}()

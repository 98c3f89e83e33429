// Package promise holds what the policy on accounts promises, each promise with the tests that
// prove it and how they ended when they were run last. A test says what it proves in a comment
// ("Proves RET-04."); `make promises` reads these comments and the results of a run of all tests
// into proofs.json, which is built into the program.
package promise

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// Promise is one sentence of the policy. Says is English and the key of its translations.
type Promise struct {
	ID   string // as tests name it: "RET-04"
	Says string
}

// Chapter is a group of promises, whose ids begin with its prefix.
type Chapter struct {
	Prefix string
	Title  string // English, the key of its translations
}

// Result is how a test ended.
type Result string

// The results.
const (
	Passed Result = "passed"
	Failed Result = "failed"
	NotRun Result = "" // it is newer than the run
)

// Test is one that proves a promise.
type Test struct {
	Place  string `json:"place"` // package or file, from the root of the project
	Name   string `json:"name"`
	Result Result `json:"result,omitempty"`
}

// Proofs is what is known of all promises.
type Proofs struct {
	RunAt time.Time         `json:"run_at,omitzero"` // of the run whose results these are; zero: never
	Tests map[string][]Test `json:"tests"`           // by the id of the promise, sorted
}

//go:embed proofs.json
var embedded []byte

// Known returns what was built into the program. It must not be changed.
var Known = sync.OnceValue(func() (p Proofs) {
	if err := json.Unmarshal(embedded, &p); err != nil {
		panic("promise: proofs.json: " + err.Error()) // a test reads it
	}
	return p
})

// All returns the promises in the policy's order.
func All() []Promise { return slices.Clone(promises) }

// Chapters returns the groups in the policy's order.
func Chapters() []Chapter { return slices.Clone(chapters) }

// In reports whether a promise is of a chapter.
func (p Promise) In(c Chapter) bool {
	prefix, _, _ := strings.Cut(p.ID, "-")
	return prefix == c.Prefix
}

// State is what the tests say of one promise: Failed if one failed, Passed if one passed and
// none failed, else NotRun.
func State(tests []Test) Result {
	state := NotRun
	for _, t := range tests {
		if t.Result == Failed {
			return Failed
		}
		if t.Result == Passed {
			state = Passed
		}
	}
	return state
}

package session

import (
	"fmt"
	"strings"
	"testing"
)

// Everything that happens in a transaction is read back from the files as it was recorded,
// in its order, and stands in the export.
//
// Proves SLG-1.
func TestATransactionHoldsAllThatHappened(t *testing.T) {
	dir, clock := t.TempDir(), noon()
	j := journal(t, dir, clock)
	l := open(t, j, clock)
	tx := l.Begin()
	tx.Request("Book two seats")
	tx.Input("seats", 2)
	tx.Analysis(Sentence{Begin: 0, Text: "Book two seats", Words: []Word{{Begin: 5, Original: "two", Simplified: "two", Final: "2"}}})
	tx.Set("seats", ScopeFlow, 2)
	tx.Set("seats", ScopeFlow, 3)
	tx.Delete("seats", ScopeFlow)
	tx.Trigger(Trigger{ID: "t-1", Flow: "Pay", FlowID: "f-2", Vertex: "v-3", Mappings: []Mapping{{"price", "sum"}}}, Variables{"price": 12.5})
	tx.Warn("few seats left")
	tx.Output("Two seats are yours")
	tx.Response("Two seats are yours")
	tx.Parameter("paid", true)
	tx.End()
	again := l.Begin()
	again.Request("Thanks")
	again.End()
	l.Close(Completed)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Find(dir, l.ID())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range s.Lines {
		for _, e := range line.Events {
			got = append(got, strings.Join(strings.Fields(fmt.Sprintln(e.Part, e.Type, e.Name, e.Change, e.Scope, string(e.Value), e.Text)), " "))
		}
	}
	want := []string{
		"request request-text Book two seats", "request input-parameter seats 2", "request analysis",
		"path variable-change seats initialization flow 2", "path variable-change seats update flow 3", "path variable-change seats deletion flow",
		"path flow-trigger", "path variable-change sum initialization flow 12.5", "path warning few seats left",
		"path output-text Two seats are yours", "response response-text Two seats are yours", "response output-parameter paid true",
		"request request-text Thanks",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the events are\n%s", strings.Join(got, "\n"))
	}
	export := toXML(t, s)
	for _, part := range []string{
		`<sentence begin-index="0" text="Book two seats"><word begin-index="5" original="two" simplified="two" final="2"/></sentence>`,
		`<change-type>initialization</change-type><variable name="seats" scope="flow">2</variable>`,
		`<trigger-id>t-1</trigger-id><flow name="Pay" id="f-2"/><vertex-id>v-3</vertex-id><mapping from="price" to="sum"/>`,
		`few seats left`, `paid`,
	} {
		if strings.Count(export, part) == 0 {
			t.Errorf("the export has no %s:\n%s", part, export)
		}
	}
}

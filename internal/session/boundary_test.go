package session

import (
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// Proves SLG-6.
func TestASealedObjectCrossesTheBoundaryByReferenceAndTheLogSaysSo(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	secret, err := tx.Seal("a", []byte("Kshetrapala"))
	if err != nil {
		t.Fatal(err)
	}
	store := storeWith(t, l, "UserName", "Kshetrapala")
	old := Variables{"a": secret, "store": store, "list": []any{"x", map[string]any{"n": 1}}, "mixed": []any{secret}, "unmapped": 1}
	fresh := tx.Trigger(Trigger{
		ID: "t-17", Flow: "GreetUser", FlowID: "f-4", Vertex: "v-9",
		Mappings: []Mapping{{"a", "b"}, {"list", "copy"}, {"mixed", "also"}, {"store", "kept"}, {"missing", "nothing"}},
	}, old)
	tx.End()

	b, ok := fresh["b"].(sealed.Value)
	if !ok || b != secret || !b.EqualBytes([]byte("Kshetrapala")) {
		t.Error("the new flow does not share the instance")
	}
	fresh["copy"].([]any)[1].(map[string]any)["n"] = 2
	if old["list"].([]any)[1].(map[string]any)["n"] != 1 {
		t.Error("a list that can be copied is shared")
	}
	if kept, ok := fresh["kept"].(*sealed.Store); !ok || kept != store {
		t.Errorf("the new flow does not share the store: %v", fresh["kept"])
	}
	if _, there := fresh["nothing"]; there || len(fresh) != 4 {
		t.Errorf("the new flow has %d variables, want 4", len(fresh))
	}
	got := toXML(t, k.session())
	for _, want := range []string{
		`<element type="flow-trigger"><trigger-id>t-17</trigger-id><flow name="GreetUser" id="f-4"/><vertex-id>v-9</vertex-id><mapping from="a" to="b"/>`,
		`<element type="warning"><value>Flow GreetUser (f-4), vertex v-9, mapping [a → b]: not cloneable, transferred by reference</value></element>`,
		`mapping [mixed → also]: not cloneable`,
		`mapping [store → kept]: not cloneable`,
		`<variable name="kept" scope="flow">{"untraceable-object":"SecureDataStore","cause":"untraceable object type"}</variable>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "[list → copy]") || strings.Contains(got, "Kshetrapala") {
		t.Errorf("the log says too much:\n%s", got)
	}
}

func TestAFlowRunsUnrecorded(t *testing.T) {
	var tx *Transaction
	tx.Request("x")
	tx.Set("x", ScopeSession, 1)
	tx.Delete("x", ScopeSession)
	tx.Ends(Failed, "")
	tx.End()
	b := []byte("secret")
	if _, err := tx.Seal("x", b); err != nil || string(b) == "secret" {
		t.Errorf("Seal left %q, %v", b, err)
	}
	if got := tx.Trigger(Trigger{Mappings: []Mapping{{"a", "b"}}}, Variables{"a": 1}); got["b"] != 1 {
		t.Errorf("the triggered flow begins with %v", got)
	}
	if From(t.Context()) != nil || tx.Log() != nil || tx.Outcome() != "" {
		t.Error("a flow that is not recorded has a log")
	}
}

func TestAVariableIsInitializedUpdatedAndDeleted(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	tx.Set("n", ScopeFlow, 1)
	tx.Set("n", ScopeFlow, 2)
	tx.Delete("n", ScopeFlow)
	tx.Set("n", ScopeFlow, 3)
	tx.End()
	var got []string
	for _, e := range k.session().Lines[0].Events {
		got = append(got, string(e.Change)+" "+string(e.Value))
	}
	if want := "initialization 1, update 2, deletion , initialization 3"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
}

func TestATransactionIsBounded(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	for range maxEvents + 7 {
		tx.Warn("again")
	}
	tx.Response(strings.Repeat("é", maxText))
	tx.End()
	tx.Warn("after the end")
	tx.End()
	line := k.session().Lines[0]
	if len(line.Events) != maxEvents || line.Left != 8 || len(k.lines) != 1 {
		t.Errorf("%d events and %d left in %d lines", len(line.Events), line.Left, len(k.lines))
	}
}

//go:build goexperiment.jsonv2

package sealed_test

import (
	"encoding/json/v2"
	"testing"
)

func TestJSONv2(t *testing.T) {
	v := seal(t, open(t), "user name", secret)
	b, err := json.Marshal(map[string]any{"v": v, "p": &v}, json.Deterministic(true))
	const object = `{"untraceable-object":"user name","cause":"untraceable object type"}`
	if string(b) != `{"p":`+object+`,"v":`+object+`}` || err != nil {
		t.Errorf("%s, %v", b, err)
	}
}

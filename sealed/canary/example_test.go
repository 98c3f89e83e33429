package canary_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/habeas-data/habeas/sealed/canary"
)

func ExampleSet_Files() {
	dir, err := os.MkdirTemp("", "canary")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	// What a program wrote: a name in base64, one byte after the beginning of a group.
	if err := os.WriteFile(filepath.Join(dir, "request.log"), []byte("auth=OlppcmJlbG51c3NrdWNoZW46c2VjcmV0"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	var set canary.Set
	set.Text("user name", "Zirbelnusskuchen")
	report, err := set.Files(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		fmt.Println(filepath.Base(f.Where), f.Canary, f.Form)
	}
	// Output: request.log user name base64
}

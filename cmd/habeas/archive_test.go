package main

import (
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/habeas-data/habeas/internal/app/archive"
)

// archives writes two files of an archive as a server does, the second of them with a line of
// the first, and the identity that opens them: archives DIR IDENTITY.
func archives(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: archives DIR IDENTITY")
	}
	id, err := age.GenerateX25519Identity()
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(id.String()+"\n"), 0o600))
	first := archive.Line{Kind: archive.KindLog, ID: "evt_1", At: "2026-03-01T09:00:00Z", Who: "abcd", Class: "authorized", Credential: "passkey"}
	for _, lines := range [][]archive.Line{
		{first},
		{first, {Kind: archive.KindContribution, ID: "ctb_1", At: "2026-03-02T09:00:00Z", Who: "efgh", Operation: "profile.publish", Refused: true}},
	} {
		f, err := archive.Create(dir, id.Recipient(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		ts.Check(err)
		for _, l := range lines {
			ts.Check(f.Add(l))
		}
		_, _, err = f.Close()
		ts.Check(err)
	}
	ts.Check(os.WriteFile(filepath.Join(dir, "log-2026-04-x.age.part"), []byte("being written"), 0o600))
}

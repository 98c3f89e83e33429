package ledger_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/ledger"
)

// A log from its key to a receipt that verifies without the log.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	// The log signs with skey; everybody may know vkey.
	skey, vkey, err := ledger.GenerateKey("example.org/log")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}

	// Rows usually live in a database; Memory is one for examples.
	var rows ledger.Memory
	for i := range 1000 {
		if _, err := rows.Append(fmt.Appendf(nil, "leaf %d", i)); err != nil {
			log.Fatal(err)
		}
	}
	checkpoint, err := ledger.Publish(ctx, dir, &rows, signer)
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := ledger.NewReceipt(ctx, &rows, checkpoint, 123)
	if err != nil {
		log.Fatal(err)
	}
	text, err := receipt.Marshal()
	if err != nil {
		log.Fatal(err)
	}

	// Somebody else, years later, offline: the leaf, the receipt, and vkey.
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		log.Fatal(err)
	}
	got, err := ledger.ParseReceipt(text)
	if err != nil {
		log.Fatal(err)
	}
	signed, err := got.Verify([]byte("leaf 123"), note.VerifierList(verifier))
	fmt.Println(signed.Origin, signed.Size, err)
	_, err = got.Verify([]byte("leaf 124"), note.VerifierList(verifier))
	fmt.Println(err)
	// Output:
	// example.org/log 1000 <nil>
	// ledger: the proof does not hold: no such leaf at index 123 of 1000
}

// Verify says exactly what differs.
func ExampleVerify() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	skey, vkey, err := ledger.GenerateKey("example.org/log")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		log.Fatal(err)
	}
	var rows ledger.Memory
	for i := range 300 {
		if _, err := rows.Append(fmt.Appendf(nil, "leaf %d", i)); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := ledger.Publish(ctx, dir, &rows, signer); err != nil {
		log.Fatal(err)
	}

	// Somebody changes one byte of the published entries.
	bundle := dir + "/tile/entries/000"
	data, err := os.ReadFile(bundle)
	if err != nil {
		log.Fatal(err)
	}
	data[len(data)-1] = '!'
	if err := os.WriteFile(bundle, data, 0o644); err != nil {
		log.Fatal(err)
	}

	faults, sum, err := ledger.Verify(ctx, dir, &rows, note.VerifierList(verifier), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sum.Size, "leaves")
	for _, f := range faults {
		fmt.Println(f)
	}
	// Output:
	// 300 leaves
	// tile/entries/000 entry 255: is not the leaf that the tree holds
}

// A writer appends to a clone and keeps it only when the database has committed.
func ExampleFrontier() {
	var frontier ledger.Frontier
	commit := func(rows []ledger.Row) error { return nil } // the database

	next := frontier.Clone()
	var rows []ledger.Row
	for _, leaf := range []string{"a", "b", "c"} {
		row := ledger.Row{Index: next.Size(), Leaf: []byte(leaf)}
		row.Hashes = next.Append(row.Leaf)
		rows = append(rows, row)
	}
	if err := commit(rows); err != nil {
		log.Fatal(err) // frontier is as it was
	}
	frontier = *next
	fmt.Println(frontier.Size(), frontier.Root())
	// Output: 3 NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=
}

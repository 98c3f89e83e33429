// Package ledger is a tamper-evident log: a list of leaves that can only grow,
// whose past nobody can change unnoticed, not even those who run it. It brings
// no storage of its own. The database that holds the records also holds the
// leaves, so that a record and its leaf commit together; from the committed rows
// the package publishes static files, proofs and receipts in the C2SP formats
// tlog-tiles, tlog-checkpoint, tlog-proof and signed-note, which other people's
// tools can check.
//
// # Writing
//
// A writer keeps a [Frontier], the right edge of the tree, in memory. For each
// leaf it stores one [Row]: index, leaf, and the hashes that [Frontier.Append]
// returns. In a batch:
//
//	next := frontier.Clone()
//	for _, leaf := range batch {
//		index := next.Size()
//		hashes := next.Append(leaf)
//		// INSERT index, leaf, hashes beside the record they witness
//	}
//	// COMMIT; only then:
//	frontier = next
//
// After a restart [NewFrontier] rebuilds the edge from at most 56 rows. Exactly
// one writer may hand out indexes at a time.
//
// # Publishing
//
// [Publish] turns new rows into files and signs a [Checkpoint]: origin, size and
// root of the tree. Any web server can serve the directory. It may run as often
// as receipts should become available; it costs what the new leaves cost.
//
// # Proving
//
// A [Receipt] proves to anyone who has the leaf and the log's public key that the
// leaf is in the log, without asking anybody. [NewReceipt] makes one from rows,
// [Published.Receipt] from the files alone. [VerifyConsistency] proves that a
// later checkpoint extends an earlier one. [Verify] compares all rows and files
// with each other and with the signature, and says exactly what differs.
//
// # Limits
//
//   - A log that shows different histories to different people is found only by
//     those who compare checkpoints. Witnesses do that: they cosign a checkpoint
//     after checking that it extends the last they saw. [AttachCosignatures] adds
//     their lines to the published checkpoint, and [ParseCheckpoint] verifies
//     them and names them in Signers; asking the witnesses, and deciding how
//     many are enough, is left to the caller.
//   - The log shows that a leaf was there, not that what it says is true, nor
//     that nothing was left out.
//   - Leaves are public. Whoever may read the files reads every leaf, so a leaf
//     holds a commitment to sensitive content and not the content, and no plain
//     hash of anything that can be guessed. Erasing means destroying the key or
//     salt of the commitment: the leaf itself stays, or the tree would no longer
//     verify.
//   - Publish remembers by the published checkpoint. Whoever can delete it and
//     change the rows can start another history under the same key.
//   - The signature is Ed25519, and trees have up to 2^56 leaves of up to 65,535
//     bytes.
package ledger

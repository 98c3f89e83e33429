package keyring

// Work is a kind of work of a ring, as a watcher is told of it.
type Work string

// The kinds. What a ring does for known and unknown people has to be the same, and a
// test can only compare what is counted (PTY-A26).
const (
	WorkSeal   Work = "seal"
	WorkOpen   Work = "open"
	WorkDerive Work = "derive"
	WorkLookup Work = "lookup"
	WorkWrap   Work = "wrap"
	WorkUnwrap Work = "unwrap"
	WorkRead   Work = "read"  // of the key store
	WorkWrite  Work = "write" // to the key store, decoys too
)

// watch tells a watcher, of which a server has none.
type watch func(kind Work, bytes int)

func (w watch) saw(kind Work, bytes int) {
	if w != nil {
		w(kind, bytes)
	}
}

package ledger

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight // hashes in a full tile, entries in a full bundle

	// entryLevel stands for the level of entry bundles in a tile.
	entryLevel = -1

	checkpointPath = "checkpoint"
)

// tile names one published file: width hashes of a level, or entries, from
// n*256 on (C2SP tlog-tiles).
type tile struct {
	level int // entryLevel for an entry bundle
	n     int64
	width int // 1 to 256
}

// full returns the full tile that a partial one grows into.
func (t tile) full() tile { return tile{t.level, t.n, tileWidth} }

// end returns the number of leaves a tree must have for the tile to exist.
// Levels that no tree up to MaxSize reaches give a number above it.
func (t tile) end() int64 {
	level := max(t.level, 0)
	if level > 6 || t.n > MaxSize>>(tileHeight*level) {
		return MaxSize + 1
	}
	return (t.n*tileWidth + int64(t.width)) << (tileHeight * level)
}

// path is the slash-separated place of the file: "tile/0/x001/067.p/12" or
// "tile/entries/x001/067". Package tlog knows the same scheme with the height
// as one more element and "data" for the entries.
func (t tile) path() string {
	p := tlog.Tile{H: tileHeight, L: t.level, N: t.n, W: t.width}.Path()
	p = strings.TrimPrefix(p, "tile/8/")
	if t.level == entryLevel {
		p = "entries" + strings.TrimPrefix(p, "data")
	}
	return "tile/" + p
}

// parseTilePath is the inverse of path and accepts nothing else.
func parseTilePath(path string) (tile, bool) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tile{}, false
	}
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	}
	parsed, err := tlog.ParseTilePath("tile/8/" + rest)
	if err != nil || parsed.L > 63 {
		return tile{}, false
	}
	t := tile{parsed.L, parsed.N, parsed.W}
	return t, t.path() == path // refuses "data", which C2SP does not know
}

// appendEntry adds a leaf to an entry bundle: its length as big-endian uint16,
// then its bytes.
func appendEntry(bundle, leaf []byte) []byte {
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
	return append(bundle, leaf...)
}

// splitBundle cuts a bundle into its first width entries, which alias data. If
// the bundle ends too early it returns those that are whole; rest is what
// follows them, empty in a sound bundle.
func splitBundle(data []byte, width int) (entries [][]byte, rest []byte) {
	for len(entries) < width && len(data) >= 2 {
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			break
		}
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	return entries, data
}

// parseBundle is splitBundle for readers that want all or nothing.
func parseBundle(data []byte, width int) ([][]byte, error) {
	entries, rest := splitBundle(data, width)
	if len(entries) != width || len(rest) != 0 {
		return nil, fmt.Errorf("ledger: an entry bundle does not hold exactly %d entries", width)
	}
	return entries, nil
}

package backup

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// written is a small file with a frame of every kind.
func written(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := newFrameWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.json(frameManifest, Manifest{Format: formatVersion, Kind: KindRecords}))
	for _, row := range rows {
		err = errors.Join(err, w.values(row))
	}
	_, more := w.Write(bytes.Repeat([]byte("keys"), 1000))
	if err := errors.Join(err, more, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readAll reads to the end and returns the rows of n values and the data.
func readAll(file []byte, n int) (rows [][]any, data []byte, err error) {
	r, err := newFrameReader(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for {
		kind, payload, err := r.next()
		if errors.Is(err, io.EOF) {
			return rows, data, nil
		}
		if err != nil {
			return rows, data, err
		}
		switch kind {
		case frameRow:
			values, err := r.parse(payload, n)
			if err != nil {
				return rows, data, err
			}
			row := make([]any, n)
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					v = bytes.Clone(b)
				}
				row[i] = v
			}
			rows = append(rows, row)
		case frameData:
			data = append(data, payload...)
		}
	}
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.Just[any](nil),
			rapid.Custom(func(t *rapid.T) any { return rapid.Int64().Draw(t, "n") }),
			rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "s") }),
			rapid.Custom(func(t *rapid.T) any { return append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "b")...) }),
		)
		rows := rapid.SliceOf(rapid.SliceOfN(value, 3, 3)).Draw(t, "rows")
		var out bytes.Buffer
		w, err := newFrameWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := w.values(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, _, err := readAll(out.Bytes(), 3)
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%d rows of %d, %v", len(got), len(rows), err)
		}
		for i := range rows {
			if !reflect.DeepEqual(got[i], rows[i]) {
				t.Fatalf("row %d: %v, want %v", i, got[i], rows[i])
			}
		}
	})
}

func TestAFileThatIsCutOffOrAlteredIsRefused(t *testing.T) {
	file := written(t, []any{int64(1), "a", []byte{0, 1}}, []any{nil, "b", []byte{}})
	if _, data, err := readAll(file, 3); err != nil || len(data) != 4000 {
		t.Fatalf("the file itself: %d bytes, %v", len(data), err)
	}
	for n := range file {
		if _, _, err := readAll(file[:n], 3); err == nil {
			t.Errorf("cut off after %d of %d bytes: no error", n, len(file))
		}
	}
	for i := range file {
		altered := bytes.Clone(file)
		altered[i] ^= 0x40
		rows, data, err := readAll(altered, 3)
		if err == nil && (len(rows) != 2 || len(data) != 4000) {
			t.Errorf("byte %d altered: no error, and other content", i)
		}
	}
	if _, _, err := readAll(append(bytes.Clone(file), 'x'), 3); err == nil {
		t.Error("something after the end: no error")
	}
	newer := append([]byte("habeas-backup 2\n"), file[len(magic):]...)
	if _, _, err := readAll(newer, 3); !errors.Is(err, errVersion) {
		t.Errorf("a newer file: got %v", err)
	}
}

func FuzzReadFrames(f *testing.F) {
	f.Add(written(f, []any{int64(1), "a", []byte{0, 1}}))
	f.Add([]byte(magic))
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, _, err := readAll(file, 3) // must neither panic nor take much memory
		if err == nil {
			for _, row := range rows {
				if len(row) != 3 {
					t.Fatalf("a row of %d values", len(row))
				}
			}
		}
	})
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte{valueNil, valueInt, 2, valueText, 1, 'a'}, 3)
	f.Add([]byte{valueBytes, 0xff, 0xff, 0xff, 0xff, 0x0f}, 1)
	f.Fuzz(func(t *testing.T, payload []byte, n int) {
		var r frameReader
		values, err := r.parse(payload, n)
		if err == nil && len(values) != n {
			t.Fatalf("%d values, want %d", len(values), n)
		}
	})
}

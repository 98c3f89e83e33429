package table

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// readJSON reads a whole file: its columns, its rows, and what was wrong with which.
func readJSON(t *testing.T, text string) (columns []string, rows [][]string, faults []string) {
	t.Helper()
	columns, err := JSONColumns(strings.NewReader(text))
	var refused *Error
	if errors.As(err, &refused) {
		return nil, nil, []string{refused.Code}
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewJSON(strings.NewReader(text), columns)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, err := r.Next()
		var e *Error
		switch {
		case errors.Is(err, io.EOF):
			return columns, rows, faults
		case errors.As(err, &e):
			faults = append(faults, e.Code)
			if e.Fatal {
				return columns, rows, faults
			}
		case err != nil:
			t.Fatal(err)
		default:
			rows = append(rows, row)
		}
	}
}

func TestObjectsAreRows(t *testing.T) {
	want := [][]string{{"Tim", "1984", "a, b", ""}, {"Ada", "", "", "true"}}
	columns := []string{"name", "born.year", "tags", "member"}
	for name, text := range map[string]string{
		"an array": ` [{"name":"Tim","born":{"year":1984},"tags":["a","b"]},{"name":"Ada","tags":null,"member":true}] `,
		"lines":    "{\"name\":\"Tim\",\"born\":{\"year\":1984},\"tags\":[\"a\",\"b\"]}\r\n\n{\"name\":\"Ada\",\"member\":true}",
		"a stream": "{\"name\":\"Tim\",\n\"born\":{\"year\":1984},\"tags\":[\"a\",\"b\"]}\n{\"name\":\"Ada\",\"member\":true}",
		"a mark":   "\ufeff[{\"name\":\"Tim\",\"born\":{\"year\":1984},\"tags\":[\"a\",\"b\"]},{\"name\":\"Ada\",\"member\":true}]",
	} {
		got, rows, faults := readJSON(t, text)
		if !slices.Equal(got, columns) || len(faults) > 0 || !slices.EqualFunc(rows, want, slices.Equal) {
			t.Errorf("%s: %q %q %q", name, got, rows, faults)
		}
	}
}

func TestUTF16ObjectsAreRead(t *testing.T) {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range `[{"name":"Zoe"}]` {
		b.WriteString(string(c) + "\x00")
	}
	if !LooksLikeJSON([]byte(b.String())) {
		t.Error("it does not look like JSON")
	}
	if _, rows, faults := readJSON(t, b.String()); len(rows) != 1 || rows[0][0] != "Zoe" {
		t.Errorf("%q %q", rows, faults)
	}
}

func TestABadObjectCostsItselfAndABadFileSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		rows   int
		faults string
	}{
		"a line that is none":   {"{\"a\":1}\nnot json\n{\"a\":2}\n", 2, "json"},
		"a list in an object":   {`[{"a":[{"b":1}]},{"a":"x"}]`, 1, "json"},
		"a member twice":        {`[{"a":1,"a":2},{"a":3}]`, 1, "json"},
		"no object":             {`[{"a":1},7]`, 1, "json"},
		"objects in each other": {strings.Repeat(`{"a":`, 30) + "1" + strings.Repeat("}", 30) + "\n{\"b\":1}\n", 1, "json"},
		// What cannot be read to its end is refused as a whole.
		"an array without end": {`[{"a":1},{"a":2}`, 0, "json"},
		"something behind it":  {`[{"a":1}] [{"a":2}]`, 0, "json"},
		"nothing in it":        {`[]`, 0, "empty_file"},
		"a very long line":     {"{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", MaxRow) + "\"}\n", 0, "row_long"},
		"a value without end":  {`[{"a":1},{"a":"` + strings.Repeat("x", 3*MaxRow), 0, "row_long"},
	} {
		if _, rows, faults := readJSON(t, c.text); len(rows) != c.rows || strings.Join(faults, " ") != c.faults {
			t.Errorf("%s: %d rows, %q", name, len(rows), faults)
		}
	}
}

func TestTablesAndListsAreToldApart(t *testing.T) {
	for text, want := range map[string]bool{
		`[{"a":1}]`: true, "{\"a\":1}\n": true, " \n[ {": true, "[]": true, "{}": true, "\ufeff{\"a\":1}": true,
		"name,born\n": false, "[name];born\n": false, "": false, "[": false, "{x}": false,
	} {
		if LooksLikeJSON([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{`[{"a":1}]`, "{\"a\":1}\n{\"b\":{\"c\":[1,2]}}", `[{"a":1},`, "{\n}", "\xff\xfe[\x00", `{"a":{"a":1}}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		columns, err := JSONColumns(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		r, err := NewJSON(strings.NewReader(string(data)), columns)
		if err != nil {
			t.Fatal(err)
		}
		for range 10_000 {
			row, err := r.Next()
			var e *Error
			if errors.Is(err, io.EOF) || errors.As(err, &e) && e.Fatal {
				return
			}
			if err != nil && e == nil {
				t.Fatal(err)
			}
			if len(row) != len(columns) {
				t.Fatalf("%d cells for %d columns", len(row), len(columns))
			}
		}
	})
}

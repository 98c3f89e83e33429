package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/match/table"
)

// all reads a table to its end: the rows that are good, and what is said of the others.
func all(t testing.TB, r io.Reader, o table.Options) (header []string, rows [][]string, faults []string) {
	t.Helper()
	in, err := table.NewReader(r, o)
	if err != nil {
		return nil, nil, []string{fault(t, err)}
	}
	for {
		row, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return in.Header(), rows, faults
		case err != nil:
			faults = append(faults, fault(t, err))
			var e *table.Error
			if errors.As(err, &e) && e.Fatal {
				return in.Header(), rows, faults
			}
		default:
			rows = append(rows, slices.Clone(row))
		}
	}
}

func fault(t testing.TB, err error) string {
	t.Helper()
	var e *table.Error
	if !errors.As(err, &e) {
		t.Fatalf("an error of another type: %v", err)
	}
	return fmt.Sprintf("%s %d:%d", e.Code, e.Line, e.Column)
}

// lines writes rows in one string, for comparing.
func lines(rows [][]string) string {
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%q", row)
	}
	return b.String()
}

func TestATableIsReadAsItComes(t *testing.T) {
	for _, c := range []struct{ name, in, header, rows string }{
		{"plain", "a,b\n1,2\n3,4\n", `["a" "b"]`, `["1" "2"]["3" "4"]`},
		{"no line end at the end", "a,b\n1,2", `["a" "b"]`, `["1" "2"]`},
		{"byte order mark", "\ufeffa,b\n1,2\n", `["a" "b"]`, `["1" "2"]`},
		{"carriage returns", "a,b\r\n1,2\r\n\r\n3,4\r\n", `["a" "b"]`, `["1" "2"]["3" "4"]`},
		{"only carriage returns", "a,b\r1,2\r3,4", `["a" "b"]`, `["1" "2"]["3" "4"]`},
		{"semicolons with commas in the text", "a, first;b\n1,5;2\n3,5;x, y, z\n", `["a, first" "b"]`, `["1,5" "2"]["3,5" "x, y, z"]`},
		{"commas in quotes", "a;b\n\"1,2,3\";\"x;y\"\n", `["a" "b"]`, `["1,2,3" "x;y"]`},
		{"tabs", "a\tb c\n1,0\t2;0\n", `["a" "b c"]`, `["1,0" "2;0"]`},
		{"bars", "a|b\n1|2\n", `["a" "b"]`, `["1" "2"]`},
		{"one column", "name\nJosé Muñoz\n\nAda\n", `["name"]`, `["José Muñoz"]["Ada"]`},
		{"what spreadsheets write first", "sep=;\na;b,c\n1;2\n", `["a" "b,c"]`, `["1" "2"]`},
		{"quotes in quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\n", `["a" "b"]`, `["say \"hi\"" ""]`},
		{"a quote inside a word", "a,b\nJoe \"Tiger\" Smith,5\" disc\n", `["a" "b"]`, `["Joe \"Tiger\" Smith" "5\" disc"]`},
		{"spaces around quotes", "a, \"b\", c\n1, \"x, y\" , 3\n", `["a" "b" "c"]`, `["1" "x, y" " 3"]`},
		{"several lines in a cell", "a,b\n\"1\r\n2\",3\n4,5\n", `["a" "b"]`, `["1\n2" "3"]["4" "5"]`},
		{"columns without a name", "a,,b,\n1,2,3,4\n", `["a" "column 2" "b" "column 4"]`, `["1" "2" "3" "4"]`},
		{"empty surplus cells", "a,b\n1,2,,\n", `["a" "b"]`, `["1" "2"]`},
		{"Windows-1252", "a,b\nJos\xe9,Mu\xf1oz \x80\n", `["a" "b"]`, `["José" "Muñoz €"]`},
		{"two encodings", "a,b\nJosé,1\nBj\xf6rn,2\nZoë,3\n", `["a" "b"]`, `["José" "1"]["Björn" "2"]["Zoë" "3"]`},
		{"UTF-16, least byte first", wide("\ufeffa,b\nJosé,😀\n", false), `["a" "b"]`, `["José" "😀"]`},
		{"UTF-16, most byte first", wide("\ufeffa;b\nJosé;1\n", true), `["a" "b"]`, `["José" "1"]`},
		{"UTF-16 without a mark", wide("a,b\nJosé,1\n", false), `["a" "b"]`, `["José" "1"]`},
		{"header only", "a,b\n", `["a" "b"]`, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			for way, r := range map[string]io.Reader{
				"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in)),
			} {
				header, rows, faults := all(t, r, table.Options{})
				if len(faults) > 0 || fmt.Sprintf("%q", header) != c.header || lines(rows) != c.rows {
					t.Errorf("%s: %q %s %v", way, header, lines(rows), faults)
				}
			}
		})
	}
}

// wide is a text in UTF-16.
func wide(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestWhatCannotBeReadIsNamedByLineAndColumn(t *testing.T) {
	for _, c := range []struct{ name, in, rows, faults string }{
		{"empty", "", ``, `[empty_file 0:0]`},
		{"blank lines only", "\n\r\n\n", ``, `[empty_file 0:0]`},
		{"a mark and nothing else", "\ufeff", ``, `[empty_file 0:0]`},
		{"empty header", "\n,,\n1,2,3\n", ``, `[header_missing 2:0]`},
		{"a column twice", "a,b, a\n1,2,3\n", ``, `[header_duplicate 1:3]`},
		{"too few and too many", "a,b\n1\n1,2,3\n4,5\n", `["4" "5"]`, `[ragged 2:2 ragged 3:3]`},
		{"behind a quote", "a,b\n1,\"x\"y\n3,4\n", `["3" "4"]`, `[quote 2:2]`},
		{"never closed", "a,b\n1,\"x\n3,4\n5,6\n", `["3" "4"]["5" "6"]`, `[quote 2:2]`},
		{"closed by the next cell in quotes", "a,b\n1,\"x\n3,\"4\"\n5,6\n", `["3" "4"]["5" "6"]`, `[quote 2:2]`},
		{"closed by accident", "a,b,c\n1,\"x,9\n3,4,5\n6,7,\"\n8,9,10\n", `["3" "4" "5"]["8" "9" "10"]`, `[quote 2:0 quote 4:3]`},
		{"a long cell in a row of wrong length", "a,b,c\n1,\"x\ny\"\n3,4,5\n", `["3" "4" "5"]`, `[ragged 2:3]`},
		{"the second line of a cell", "a,b\n\"1\n2\",\"3\"4\n5,6\n", `["5" "6"]`, `[quote 3:2 quote 3:2]`},
		{"zero bytes", "a,b\n1,x\x00y\n3,4\n", `["3" "4"]`, `[encoding 2:2]`},
		{"bytes of no encoding", "a,b\n1,\x81\xff\n3,4\n", `["3" "4"]`, `[encoding 2:2]`},
		{"a spreadsheet", "PK\x03\x04\x14\x00", ``, `[encoding 0:0]`},
		{"a quote in the header", "a,\"b\n1,2\n", ``, `[quote 1:2]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, rows, faults := all(t, strings.NewReader(c.in), table.Options{})
			if lines(rows) != c.rows || fmt.Sprint(faults) != c.faults {
				t.Errorf("%s %v", lines(rows), faults)
			}
		})
	}
}

func TestLimitsAreKept(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"a line without end":    {"a\n" + strings.Repeat("x", 3*table.MaxRow), "row_long 2:0"},
		"a header without end":  {strings.Repeat("x", 3*table.MaxRow), "row_long 1:0"},
		"too many columns":      {strings.Repeat("a,", table.MaxColumns+1), "columns 1:0"},
		"too many, with quotes": {`"a",` + strings.Repeat("a,", table.MaxColumns+1), "columns 1:0"},
	} {
		if _, _, faults := all(t, strings.NewReader(c.in), table.Options{}); len(faults) != 1 || faults[0] != c.want {
			t.Errorf("%s: %v", name, faults)
		}
	}
	// A quote that is never closed costs its row, however much follows.
	for _, row := range []string{"1,2\n", "1," + strings.Repeat("x", 9000) + "\n"} {
		n := 3 * table.MaxRow / len(row)
		_, rows, faults := all(t, strings.NewReader("a,b\n1,\"2\n"+strings.Repeat(row, n)), table.Options{})
		if len(rows) != n || fmt.Sprint(faults) != "[quote 2:2]" {
			t.Errorf("%d rows of %d, %v", len(rows), n, faults)
		}
	}
}

func TestWhatIsGivenIsObeyed(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		o      table.Options
		rows   string
		faults string
	}{
		"separator":           {"a:b\n1:2\n", table.Options{Separator: ':'}, `["1" "2"]`, "[]"},
		"impossible":          {"a\n", table.Options{Separator: '"'}, ``, "[separator 0:0]"},
		"UTF-8 and no other":  {"a,b\nJos\xe9,1\nAda,2\n", table.Options{Encoding: "utf-8"}, `["Ada" "2"]`, "[encoding 2:1]"},
		"latin 1":             {"a,b\nJosé,1\n", table.Options{Encoding: "Latin1"}, `["JosÃ©" "1"]`, "[]"},
		"unknown encoding":    {"a\n", table.Options{Encoding: "klingon"}, ``, "[encoding 0:0]"},
		"UTF-16 with no mark": {wide("a,b\nü,1\n", false), table.Options{Encoding: "utf-16"}, `["ü" "1"]`, "[]"},
	} {
		_, rows, faults := all(t, strings.NewReader(c.in), c.o)
		if lines(rows) != c.rows || fmt.Sprint(faults) != c.faults {
			t.Errorf("%s: %s %v", name, lines(rows), faults)
		}
	}
}

func TestTheReaderSaysWhereItIsAndWhatItFound(t *testing.T) {
	in := "a;b\n\n\"1\n1\";2\nBj\xf6rn;3\nZoë;1\nZoë;2\nZoë;3\n"
	r, err := table.NewReader(strings.NewReader(in), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var at []int
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		at = append(at, r.Line())
	}
	if fmt.Sprint(at) != "[3 5 6 7 8]" || r.Read() != int64(len(in)) || r.Mixed() != 1 || r.Separator() != ';' || r.Encoding() != "utf-8" {
		t.Errorf("lines %v, %d bytes, %d mixed, %q, %s", at, r.Read(), r.Mixed(), r.Separator(), r.Encoding())
	}
}

func TestAnErrorOfTheSourceIsPassedOn(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, before := range []string{"", "a,b\n1,2\n" + strings.Repeat("3,4\n", 100_000), "a,b\n1,\"2\n"} {
		in, err := table.NewReader(io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken)), table.Options{})
		for err == nil {
			_, err = in.Next()
		}
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestFormulasAreDefused(t *testing.T) {
	got := table.Defuse([]string{"=cmd()", "+1", "-1", "@x", "\tx", "\rx", "a=b", "", "é"})
	if fmt.Sprintf("%q", got) != `["'=cmd()" "'+1" "'-1" "'@x" "'\tx" "'\rx" "a=b" "" "é"]` {
		t.Errorf("%q", got)
	}
}

// cells are the characters that make reading hard, and a few others.
var cells = rapid.StringOfN(rapid.SampledFrom([]rune("ab é\"\"'=,;\t|\n語😀")), 0, 12, -1)

// tables draws a header of distinct plain names and rows as long.
func tables(t *rapid.T) [][]string {
	width := rapid.IntRange(2, 6).Draw(t, "width")
	rows := [][]string{nil}
	for i := range width {
		rows[0] = append(rows[0], fmt.Sprintf("column-%d", i+1))
	}
	for range rapid.IntRange(0, 20).Draw(t, "rows") {
		rows = append(rows, rapid.SliceOfN(cells, width, width).Draw(t, "row"))
	}
	return rows
}

func write(t *rapid.T, rows [][]string, sep rune, crlf bool) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = sep, crlf
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := tables(t)
		sep := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "separator")
		text := write(t, rows, sep, rapid.Bool().Draw(t, "crlf"))
		switch rapid.IntRange(0, 3).Draw(t, "encoding") {
		case 1:
			text = "\ufeff" + text
		case 2:
			text = wide("\ufeff"+text, false)
		case 3:
			text = wide("\ufeff"+text, true)
		}
		header, got, faults := all(new(testing.T), strings.NewReader(text), table.Options{Separator: sep})
		if len(faults) > 0 || lines(append([][]string{header}, got...)) != lines(rows) {
			t.Fatalf("%s %v", lines(got), faults)
		}
	})
}

func TestItAgreesWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("abé\"\",,\n\n\r😀")), 0, 60, -1).Draw(t, "text")
		agree(t, "x,y\n"+text)
	})
}

type fataler interface{ Fatalf(string, ...any) }

// agree compares with encoding/csv where that reads the whole text, and this reader
// is not more forgiving about spaces and surplus cells.
func agree(t fataler, text string) {
	oracle := csv.NewReader(strings.NewReader(text))
	oracle.FieldsPerRecord = -1
	want, err := oracle.ReadAll()
	if err != nil || len(want) < 2 || strings.Contains(text, " ") || strings.HasPrefix(strings.ToLower(text), "sep=") || slices.Contains([]byte(text), 0) {
		return
	}
	in, err := table.NewReader(strings.NewReader(text), table.Options{Encoding: "utf-8", Separator: ','})
	if err != nil {
		return
	}
	for _, row := range want[1:] {
		got, err := in.Next()
		var e *table.Error
		if errors.As(err, &e) && e.Code != "ragged" {
			return // it gives more up, and says so
		}
		for len(row) > len(in.Header()) && row[len(row)-1] == "" {
			row = row[:len(row)-1]
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", row) {
			t.Fatalf("%q: got %q (%v), want %q", text, got, err, row)
		}
	}
	if row, err := in.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("%q: one more row: %q %v", text, row, err)
	}
}

// FuzzReader: any bytes end in rows as long as the header or in errors that name a
// line in the file, and every line is in one of them.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"", "a,b\n1,2\n", "\ufeffa;b\r\n\"x\";\"y\"\r\n", "a,b\n1,\"x\n2,3\n", "a,b\n\"1\n2\",3\n", "a\tb\n\x00\t1\n",
		"a,b\nJos\xe9,1\n", wide("\ufeffa,b\n1,2\n", true), "sep=|\na|b\n1|2", "a,a\n", "x\",\"\nx\",\"\nx\",\"\n", "a\r1\r\"\r",
	} {
		f.Add([]byte(seed), "", ",")
	}
	f.Add([]byte("a,b\nJos\xe9,1\n"), "latin1", ";")
	f.Fuzz(func(t *testing.T, text []byte, encoding, sep string) {
		o := table.Options{Encoding: encoding}
		if len(sep) > 1 {
			o.Separator = rune(sep[0])
		}
		in, err := table.NewReader(bytes.NewReader(text), o)
		if err != nil {
			fault(t, err)
			return
		}
		most := len(text) + 1
		for n := 0; ; n++ {
			row, err := in.Next()
			var e *table.Error
			switch {
			case errors.Is(err, io.EOF):
				agree(t, string(text))
				return
			case errors.As(err, &e):
				if e.Line < 1 || e.Line > most || e.Column < 0 || e.Text == "" {
					t.Fatalf("%+v", e)
				}
				if e.Fatal {
					return
				}
			case err != nil:
				t.Fatal(err)
			case len(row) != len(in.Header()):
				t.Fatalf("%d cells under %d columns", len(row), len(in.Header()))
			}
			if n > most || in.Line() > most {
				t.Fatalf("more rows than bytes")
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for name, row := range map[string]string{
		"plain":  "1234567,robert,o'neil,12,stanley street,winston hills,4223,nsw,19151111,robert@example.org\n",
		"quoted": "1234567,\"robert\",\"o'neil\",12,\"stanley street, rear\",winston hills,4223,nsw,19151111,robert@example.org\n",
		"umlaut": "1234567,jürgen,müßig,12,straße der ökologie,köln,4223,nsw,19151111,juergen@example.org\n",
	} {
		b.Run(name, func(b *testing.B) {
			text := "id,a,b,c,d,e,f,g,h,i\n" + strings.Repeat(row, 200_000)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				in, err := table.NewReader(strings.NewReader(text), table.Options{})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for {
					if _, err := in.Next(); err != nil {
						break
					}
					n++
				}
				if n != 200_000 {
					b.Fatalf("%d rows", n)
				}
			}
		})
	}
}

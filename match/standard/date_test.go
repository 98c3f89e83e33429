package standard

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	for _, c := range []struct {
		in    string
		order Order
		want  string
	}{
		{"1948-09-30", 0, "1948-09-30"},
		{"1948-09-30T12:30:00Z", 0, "1948-09-30"},
		{"1948-09-30 00:00:00.000", 0, "1948-09-30"},
		{"19480930", 0, "1948-09-30"},
		{"19480930123000", 0, "1948-09-30"},
		{"30091948", 0, "1948-09-30"},
		{"30.09.1948", 0, "1948-09-30"},
		{"30.9.48", 0, "1948-09-30"},
		{"9/30/48", 0, "1948-09-30"},
		{"30/9/1948", MonthFirst, "1948-09-30"},
		{"03/04/1970", 0, "1970-04-03?"},
		{"03/04/1970", DayFirst, "1970-04-03"},
		{"03/04/1970", MonthFirst, "1970-03-04"},
		{"03.04.1970", MonthFirst, "1970-04-03"},
		{"04/04/1970", 0, "1970-04-04"},
		{"30 Sep 1948", 0, "1948-09-30"},
		{"30-SEP-48", 0, "1948-09-30"},
		{"30sep1948", 0, "1948-09-30"},
		{"September 30th, 1948", 0, "1948-09-30"},
		{"Thursday, 30 September 1948", 0, "1948-09-30"},
		{"1. März 2001", 0, "2001-03-01"},
		{"1er février 2001", 0, "2001-02-01"},
		{"3 de agosto de 1999", 0, "1999-08-03"},
		{"30 сентября 1948 г.", 0, "1948-09-30"},
		{"30.IX.1948", 0, "1948-09-30"},
		{"1948年9月30日", 0, "1948-09-30"},
		{"１９４８-０９-３０", 0, "1948-09-30"},
		{"Sept 1948", 0, "1948-09-00"},
		{"1948-09", 0, "1948-09-00"},
		{"9/1948", 0, "1948-09-00"},
		{"194809", 0, "1948-09-00"},
		{"300948", 0, "1948-09-30"},
		{"1948", 0, "1948-00-00"},
		{"1948-00-00", 0, "1948-00-00"},
		{"0000-09-30", 0, "0000-09-30"},
		{"30 Sep", 0, "0000-09-30"},
		{"c. 1780", 0, "1780-00-00"},
		{"2000-02-29", 0, "2000-02-29"},
		{"1/2/30", DayFirst, "2030-02-01"},
		{"1/2/31", DayFirst, "1931-02-01"},
		// No dates.
		{"1900-02-29", 0, "!1900-02-29"},
		{"31.04.1999", 0, "!1999-04-31"},
		{"1948-13-32", 0, "!1948-13-32"},
		{"1743-87-01", 0, "!1743-87-01"},
		{"1948-30-09", 0, "1948-09-30"},
		{"99999999", 0, "!99999999"},
		{"7", 0, "!7"},
		{"soon", 0, "!soon"},
		{"1 2 3 4 5 6 7 8 9 10", 0, "!1 2 3 4 5 6 7 8 9 10"},
		{"n/a", 0, "!"},
		{"", 0, "!"},
		{"0000-00-00", 0, "!"},
	} {
		d := ParseDate(c.in, c.order)
		got := d.Normalised
		if d.Ambiguous {
			got += "?"
		}
		if !d.OK {
			got = "!" + got
		}
		if got != c.want {
			t.Errorf("ParseDate(%q, %d) = %q, want %q", c.in, c.order, got, c.want)
		}
	}
}

func TestEveryDayIsReadInEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(-365*200, 365*60).Draw(t, "days since 1970")
		day := time.Unix(int64(days)*86400, 0).UTC()
		for layout, order := range map[string]Order{
			"2006-01-02": 0, "20060102": 0, "02.01.2006": 0, "2.1.2006": MonthFirst, "1/2/2006": MonthFirst,
			"02/01/2006": DayFirst, "2 Jan 2006": 0, "January 2, 2006": 0, "Mon, 02 Jan 2006 15:04:05 MST": 0,
			"2006/1/2": 0, time.RFC3339: 0,
		} {
			d := ParseDate(day.Format(layout), order)
			if !d.OK || d.Year != day.Year() || d.Month != day.Month() || d.Day != day.Day() || d.Ambiguous {
				t.Fatalf("%q is read as %+v", day.Format(layout), d)
			}
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"1948-09-30", "9/30/48", "30 Sep 1948", "99999999999999", "\xff", "1948年9月30日"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, order uint8) {
		d := ParseDate(s, Order(order%3))
		if !d.OK {
			return
		}
		if again := ParseDate(d.Normalised, 0); again.Normalised != d.Normalised || !again.OK {
			t.Fatalf("%q is %+v, and again %+v", s, d, again)
		}
	})
}

func BenchmarkParseDate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ParseDate("30 Sep 1948", 0)
	}
}

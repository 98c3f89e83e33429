package table

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDatesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"1984-05-03": "1984-05-03", "1984/05/03": "1984-05-03", "1984.5.3": "1984-05-03", "19840503": "1984-05-03",
		"03.05.1984": "1984-05-03", "3.5.84": "1984-05-03", "3. 5. 1984": "1984-05-03",
		"3 May 1984": "1984-05-03", "3-May-1984": "1984-05-03", "May 3, 1984": "1984-05-03", "3rd May 1984": "1984-05-03",
		"3. Mai 1984": "1984-05-03", "3. März 1984": "1984-03-03", "3 de mayo de 1984": "1984-05-03", "1984 May 3": "1984-05-03",
		"25/12/1984": "1984-12-25", "12/25/1984": "1984-12-25", "05/05/1984": "1984-05-05",
		"1984-05-03T00:00:00Z": "1984-05-03", "1984-05-03 12:30": "1984-05-03", "25/12/1984 0:00": "1984-12-25",
		"25/12/49": "1949-12-25", "25/12/26": "2026-12-25", "25/12/27": "1927-12-25",
		// What could be two dates, is none, or stands in no calendar.
		"03/05/1984": "", "1990-02-31": "", "31.04.1990": "", "29/02/1900": "", "13/13/1990": "", "00/00/0000": "",
		"1984": "", "hello": "", "": "", "3 Mayo": "", "May": "", "1984-05": "", "3.5.198": "", "1984-1985-1986": "", "12:30": "",
		"3 May May 1984": "", "3 smarch 1984": "", "1/2/3/4": "", "99999999": "", "03/05/1984x": "",
	} {
		got, ok := ParseDate(text, NoOrder, 2026)
		if got != want || ok != (want != "") {
			t.Errorf("%q is read as %q, %v; want %q", text, got, ok, want)
		}
	}
	for order, want := range map[DateOrder]string{DayFirst: "1984-05-03", MonthFirst: "1984-03-05"} {
		if got, _ := ParseDate("03/05/1984", order, 2026); got != want {
			t.Errorf("%s: %q, want %q", order, got, want)
		}
		if got, ok := ParseDate("25/12/1984", MonthFirst, 2026); ok {
			t.Errorf("month first, and yet %q", got)
		}
	}
}

func TestAColumnDecidesBetweenDayAndMonth(t *testing.T) {
	for name, c := range map[string]struct {
		cells   []string
		order   DateOrder
		decided bool
	}{
		"one day beyond twelve":   {[]string{"03/05/1984", "25/12/1984", "", "01/01/1990"}, DayFirst, true},
		"one month-first date":    {[]string{"03/05/1984", "12/25/1984"}, MonthFirst, true},
		"nothing decides":         {[]string{"03/05/1984", "01/02/1990"}, NoOrder, false},
		"both ways":               {[]string{"25/12/1984", "12/25/1984", "03/05/1984"}, NoOrder, false},
		"both ways, none open":    {[]string{"25/12/1984", "12/25/1984"}, NoOrder, true},
		"one slip among many":     {append(slices.Repeat([]string{"25/12/1984"}, 21), "12/25/1984"), DayFirst, true},
		"nothing needs deciding":  {[]string{"1984-05-03", "3 May 1984", "05/05/1984"}, NoOrder, true},
		"points are days first":   {[]string{"03.05.1984"}, DayFirst, true},
		"no dates":                {[]string{"Tim", "Berger"}, NoOrder, true},
		"an empty column":         {nil, NoOrder, true},
		"among what is no date":   {[]string{"unknown", "03/05/1984", "25/12/1984"}, DayFirst, true},
		"a month beyond the year": {[]string{"13/13/1984", "03/05/1984"}, NoOrder, false},
	} {
		var d Dates
		for _, cell := range c.cells {
			d.Add(cell)
		}
		if order, decided := d.Order(); order != c.order || decided != c.decided {
			t.Errorf("%s: %q %v, want %q %v", name, order, decided, c.order, c.decided)
		}
	}
}

func TestEveryDateIsReadBackInEveryForm(t *testing.T) {
	forms := []struct {
		layout string
		order  DateOrder
	}{
		{"2006-01-02", NoOrder},
		{"2006/1/2", NoOrder},
		{"20060102", NoOrder},
		{"02.01.2006", NoOrder},
		{"2/1/2006", DayFirst},
		{"01/02/2006", MonthFirst},
		{"2 January 2006", NoOrder},
		{"Jan 2, 2006", NoOrder},
		{"02-Jan-2006", NoOrder},
		{"2006-01-02T15:04:05Z07:00", NoOrder},
	}
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 100_000).Draw(t, "day"))
		form := rapid.SampledFrom(forms).Draw(t, "form")
		if got, ok := ParseDate(day.Format(form.layout), form.order, 2026); !ok || got != day.Format(time.DateOnly) {
			t.Fatalf("%s is read as %q", day.Format(form.layout), got)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"1984-05-03", "3. Mai 1984", "03/05/84", "May 3, 1984 10:00", "99999999", "-/.", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d Dates
		d.Add(text)
		for _, order := range []DateOrder{NoOrder, DayFirst, MonthFirst} {
			iso, ok := ParseDate(text, order, 2026)
			if _, err := time.Parse(time.DateOnly, iso); ok != (err == nil) {
				t.Fatalf("%q: %q, %v", text, iso, ok)
			}
			if ok && d.Read == 0 {
				t.Fatalf("%q is a date and was not counted as one", text)
			}
		}
	})
}

package matching

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Figures are what was measured, by name: "linkage.fake_1000.f1". Names nest at their
// dots when they are written as JSON.
type Figures map[string]float64

// put adds all figures of another set below a name.
func (f Figures) put(name string, other Figures) {
	for k, v := range other {
		f[name+"."+k] = v
	}
}

// Median takes the median of each figure over several runs, of those that have it.
func Median(runs []Figures) Figures {
	all := map[string][]float64{}
	for _, run := range runs {
		for name, v := range run {
			all[name] = append(all[name], v)
		}
	}
	out := Figures{}
	for name, values := range all {
		slices.Sort(values)
		n := len(values)
		out[name] = (values[(n-1)/2] + values[n/2]) / 2
	}
	return out
}

// Report is what a measurement comes to.
type Report struct {
	Figures Figures
	// Lines are those that the figures have to keep; nil stands for Requirements.
	Lines []Requirement
	// Notes say what was left out, and why.
	Notes   []string
	Machine Machine
}

// Machine is where it was measured.
type Machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	RAM   int    `json:"ram_mb"`
	OS    string `json:"os"`
	Go    string `json:"go"`
	Load  string `json:"load"` // of the machine when the measurement began, as the system says it
}

// MarshalJSON writes one object: the figures nested by their names, "notes", "machine"
// and "missed", the names of the requirement lines that are not met.
func (r Report) MarshalJSON() ([]byte, error) {
	out := map[string]any{"machine": r.Machine, "notes": r.Notes, "missed": names(r.Missed())}
	if r.Notes == nil {
		out["notes"] = []string{}
	}
	for name, v := range r.Figures {
		at := out
		parts := strings.Split(name, ".")
		for _, p := range parts[:len(parts)-1] {
			below, ok := at[p].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[p] = below
			}
			at = below
		}
		at[parts[len(parts)-1]] = rounded(v)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(b []byte) error {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(b, &top); err != nil {
		return err
	}
	r.Figures = Figures{}
	for name, raw := range top {
		var err error
		switch name {
		case "notes":
			err = json.Unmarshal(raw, &r.Notes)
		case "machine":
			err = json.Unmarshal(raw, &r.Machine)
		case "missed": // follows from the figures
		default:
			var v any
			if err = json.Unmarshal(raw, &v); err == nil {
				err = r.Figures.flatten(name, v)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (f Figures) flatten(name string, v any) error {
	switch v := v.(type) {
	case float64:
		f[name] = v
	case map[string]any:
		for k, below := range v {
			if err := f.flatten(name+"."+k, below); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%s is neither a number nor an object", name)
	}
	return nil
}

// rounded keeps six significant digits: more say nothing.
func rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// Requirement is a line that a figure has to keep.
type Requirement struct {
	Figure string
	ID     string // ENT-Q1
	Less   bool   // than the limit, instead of more
	Equal  bool   // the limit itself is enough
	Limit  float64
}

// Requirements are all lines, in the order in which they are shown.
var Requirements = []Requirement{
	{Figure: "linkage.fake_1000.f1", ID: "PTY-Q1", Limit: 0.862},
	{Figure: "linkage.febrl4.f1", ID: "PTY-Q1", Limit: 0.9998},
	{Figure: "linkage.fodors_zagats.f1", ID: "PTY-Q1", Limit: 0.97},
	{Figure: "linkage.million.seconds", ID: "PTY-Q2", Less: true, Limit: 60},
	{Figure: "linkage.million.peak_mb", ID: "PTY-Q2", Less: true, Limit: 4096},
	{Figure: "linkage.million.similar_p50_us", ID: "PTY-Q2", Less: true, Limit: 1000},
	{Figure: "search.springer.f1", ID: "ENT-Q1", Limit: 0.80},
	{Figure: "search.springer.r1", ID: "ENT-Q1", Limit: 0.90},
	{Figure: "search.typo1.r1", ID: "ENT-Q1", Equal: true, Limit: 0.95},
	{Figure: "search.typo1.r10", ID: "ENT-Q1", Equal: true, Limit: 0.98},
	{Figure: "search.typo2.r1", ID: "ENT-Q1", Equal: true, Limit: 0.88},
	{Figure: "search.typo2.r10", ID: "ENT-Q1", Equal: true, Limit: 0.95},
	{Figure: "search.exact.p50_us", ID: "ENT-Q2", Less: true, Limit: 2},
	{Figure: "search.typo1.p50_us", ID: "ENT-Q2", Less: true, Limit: 150},
	{Figure: "search.typo1.p99_us", ID: "ENT-Q2", Less: true, Limit: 2000},
	{Figure: "search.typo2.p50_us", ID: "ENT-Q2", Less: true, Limit: 150},
	{Figure: "search.typo2.p99_us", ID: "ENT-Q2", Less: true, Limit: 2000},
	{Figure: "search.build_s", ID: "ENT-Q2", Less: true, Limit: 5},
	{Figure: "search.rss_mb", ID: "ENT-Q2", Less: true, Limit: 400},
	{Figure: "search.ten_million.open_s", ID: "ENT-Q3", Less: true, Limit: 2},
}

// Met reports whether a figure keeps the line.
func (q Requirement) Met(v float64) bool {
	switch {
	case q.Equal && v == q.Limit:
		return true
	case q.Less:
		return v < q.Limit
	}
	return v > q.Limit
}

// String says the line as people read it: "< 60".
func (q Requirement) String() string {
	sign := ">"
	if q.Less {
		sign = "<"
	}
	if q.Equal {
		sign = map[bool]string{true: "≤", false: "≥"}[q.Less]
	}
	return fmt.Sprintf("%s %g", sign, q.Limit)
}

func (r Report) lines() []Requirement {
	if r.Lines == nil {
		return Requirements
	}
	return r.Lines
}

// Missed lists the lines that a measured figure does not keep. What was not measured
// is not missed.
func (r Report) Missed() []Requirement {
	var out []Requirement
	for _, q := range r.lines() {
		if v, ok := r.Figures[q.Figure]; ok && !q.Met(v) {
			out = append(out, q)
		}
	}
	return out
}

func names(all []Requirement) []string {
	out := []string{}
	for _, q := range all {
		out = append(out, q.Figure)
	}
	return out
}

// Names lists the figures: those with a requirement first, the others by name.
func (f Figures) Names() []string {
	var out []string
	for _, q := range Requirements {
		if _, ok := f[q.Figure]; ok {
			out = append(out, q.Figure)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

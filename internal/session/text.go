package session

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText writes a session as a conversation for a terminal: ▶ is what was asked, ◀ what
// was answered, ⟦…⟧ what was sealed or taken out.
func WriteText(w io.Writer, s Session) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "Session %s, flow %s, began about %s, took %d s, %s\n",
		s.ID, s.Flow, s.Begun.UTC().Format("2006-01-02 15:04 MST"), s.Seconds, outcomeText(s.Outcome))
	for _, l := range s.Lines {
		fmt.Fprintf(out, "\n%d. after %d s", l.N, l.After)
		if l.Outcome != "" {
			fmt.Fprintf(out, ", %s", l.Outcome)
		}
		if l.Reference != "" {
			fmt.Fprintf(out, ", reference %s", l.Reference)
		}
		out.WriteString("\n")
		for _, e := range l.Events {
			lines := strings.Split(printable(eventText(e)), "\n")
			out.WriteString("  " + strings.Join(lines, "\n      ") + "\n")
		}
		if l.Left > 0 {
			fmt.Fprintf(out, "    and %d more events\n", l.Left)
		}
		if _, err := io.WriteString(w, out.String()); err != nil {
			return err
		}
		out.Reset()
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// outcomeText is an outcome, or that there is none yet.
func outcomeText(o Outcome) string {
	if o == "" {
		return "still open"
	}
	return string(o)
}

// eventText is an event in one line, where its text has no more.
func eventText(e Event) string {
	switch e.Type {
	case RequestText:
		return "▶ " + e.Text
	case ResponseText:
		return "◀ " + e.Text
	case InputParameter:
		return "▶ " + e.Name + " = " + shown(e.Value)
	case OutputParameter:
		return "◀ " + e.Name + " = " + shown(e.Value)
	case Analysis:
		var words []string
		for _, s := range e.Sentences {
			for _, w := range s.Words {
				words = append(words, w.Final)
			}
		}
		return "  understood: " + strings.Join(words, " · ")
	case VariableChange:
		if e.Change == Deletion {
			return "  " + e.Name + " is gone"
		}
		return "  " + e.Name + " = " + shown(e.Value) + "  (" + string(e.Change) + ")"
	case FlowTrigger:
		if g := e.Trigger; g != nil {
			return "  flow " + g.Flow + " (" + g.FlowID + ") begins, " + fmt.Sprint(g.Mappings)
		}
	case Step:
		return "  reached: " + e.Name
	case OutputText:
		return "  said: " + e.Text
	case Warning:
		return "! " + e.Text
	case Message:
		return "  log " + e.Level + ": " + e.Text
	}
	return "  " + string(e.Type)
}

// shown is a value; the untraceable object is its label in brackets.
func shown(v json.RawMessage) string {
	var secret struct {
		Label *string `json:"untraceable-object"`
	}
	if json.Unmarshal(v, &secret) == nil && secret.Label != nil {
		return "⟦" + *secret.Label + "⟧"
	}
	return valueText(v)
}

// ParseDay reads a day such as 2026-11-23, or today or yesterday of now.
func ParseDay(s string, now time.Time) (time.Time, bool) {
	today := now.UTC().Truncate(24 * time.Hour)
	switch s {
	case "today":
		return today, true
	case "yesterday":
		return today.AddDate(0, 0, -1), true
	}
	day, err := time.Parse(time.DateOnly, s)
	return day, err == nil
}

package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// suffix ends the name of every file: 2026-11-23-001.jsonl.
const suffix = ".jsonl"

func fileName(day string, part int) string { return fmt.Sprintf("%s-%03d%s", day, part, suffix) }

// fileDay is the day of a file, or false for a file of another kind.
func fileDay(name string) (time.Time, bool) {
	rest, ok := strings.CutSuffix(name, suffix)
	if !ok || len(rest) < len(time.DateOnly)+2 || rest[len(time.DateOnly)] != '-' {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, rest[:len(time.DateOnly)])
	return day, err == nil
}

// files lists the names of the journal's files from one day to another, both included,
// oldest first. Zero days are open ends. A directory that is not there has none.
func files(dir string, from, to time.Time) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("session log: %w", err)
	}
	var names []string
	for _, e := range entries {
		day, ok := fileDay(e.Name())
		if !ok || !from.IsZero() && day.Before(from) || !to.IsZero() && day.After(to) {
			continue
		}
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, nil
}

// Days lists the days that the journal in dir has files of, newest first.
func Days(dir string) ([]time.Time, error) {
	names, err := files(dir, time.Time{}, time.Time{})
	if err != nil {
		return nil, err
	}
	var days []time.Time
	for _, name := range names {
		day, _ := fileDay(name)
		if len(days) == 0 || !days[len(days)-1].Equal(day) {
			days = append(days, day)
		}
	}
	slices.Reverse(days)
	return days, nil
}

// Prune removes the files of days that ended more than keep days before now, and returns
// how many. keep is at most MaxKeepDays, whatever is asked for.
func Prune(dir string, now time.Time, keep int) (int, error) {
	keep = min(max(keep, 1), MaxKeepDays)
	last := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -keep-1)
	names, err := files(dir, time.Time{}, last)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	for i, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return i, fmt.Errorf("session log: %w", err)
		}
	}
	return len(names), syncDir(dir)
}

package config

import "strings"

// lines finds on which line of a TOML file each key stands, the first time. The file's
// form is checked by the decoder; here a key is what stands before "=" at the beginning
// of a line. A section is entered as "[name".
func lines(text string) map[string]int {
	found := map[string]int{}
	section := ""
	closing := "" // of a text over several lines
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if closing != "" {
			if strings.Contains(line, closing) {
				closing = ""
			}
			continue
		}
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			head, _, _ := strings.Cut(line, "#")
			section = plain(strings.Trim(head, "[] \t"))
			enter(found, "["+section, i+1)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue // inside a list over several lines
		}
		name := plain(key)
		if section != "" {
			name = section + "." + name
		}
		enter(found, name, i+1)
		for _, quote := range []string{`"""`, `'''`} {
			if strings.Count(value, quote) == 1 {
				closing = quote
			}
		}
	}
	return found
}

func enter(found map[string]int, name string, line int) {
	if found[name] == 0 {
		found[name] = line
	}
}

// plain takes quotes and spaces out of a dotted key.
func plain(key string) string {
	parts := strings.Split(key, ".")
	for i, p := range parts {
		parts[i] = strings.Trim(strings.TrimSpace(p), `"'`)
	}
	return strings.Join(parts, ".")
}

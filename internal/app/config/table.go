package config

import (
	"fmt"
	"strings"
)

// Table writes keys as Markdown: one table for each section, with the variable that
// overrides each key left out, because its name follows from the key's.
func Table(keys []Key) string {
	var b strings.Builder
	section := "\x00"
	for _, k := range keys {
		if k.Section() != section {
			section = k.Section()
			heading(&b, section, k.tables())
		}
		name := strings.TrimPrefix(k.Name, section+".")
		if k.tables() {
			fmt.Fprintf(&b, "| | %s | |\n", k.Doc)
			continue
		}
		doc := k.Doc
		if len(k.Choice) > 0 {
			doc += ": `" + strings.Join(k.Choice, "`, `") + "`"
		}
		if k.Example != "" {
			doc += ". Such as `" + k.Example + "`"
		}
		value := ""
		if k.Default != "" {
			value = "`" + k.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, doc, value)
	}
	return b.String()
}

func heading(b *strings.Builder, section string, tables bool) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	switch {
	case tables:
		fmt.Fprintf(b, "### `[[%s]]`\n\n", section)
	case section != "":
		fmt.Fprintf(b, "### `[%s]`\n\n", section)
	}
	b.WriteString("| key | meaning | default |\n|---|---|---|\n")
}

package main

import (
	"regexp"
	"strings"

	"github.com/habeas-data/habeas/scrub"
)

// patterns are what somebody writes who scrubs with regular expressions: the syntax that
// Go, RE2 and Vectorscan have in common. Nothing is verified.
var patterns = []struct {
	kind    scrub.Kind
	pattern string
}{
	{scrub.Email, `[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`},
	{scrub.Key, `AKIA[A-Z0-9]{16}`},
	{scrub.Key, `gh[pousr]_[A-Za-z0-9]{36}`},
	{scrub.Key, `github_pat_[A-Za-z0-9_]{82}`},
	{scrub.Key, `glpat-[A-Za-z0-9_-]{20}`},
	{scrub.Key, `sk_live_[A-Za-z0-9]{24}`},
	{scrub.Key, `xox[abp]-[A-Za-z0-9-]+`},
	{scrub.Key, `AIza[A-Za-z0-9_-]{35}`},
	{scrub.Key, `SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}`},
	{scrub.Key, `npm_[A-Za-z0-9]{36}`},
	{scrub.Key, `eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`},
	{scrub.IBAN, `[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?`},
	{scrub.Card, `(?:4[0-9]{3}|5[1-5][0-9]{2}|2221|3530|6011)[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}`},
	{scrub.Card, `3[0478][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{4,5}`},
	{scrub.IP, `(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])`},
	{scrub.IP, `(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}`},
	{scrub.IP, `(?:[0-9a-fA-F]{1,4}:){1,6}(?::[0-9a-fA-F]{1,4}){1,6}`},
	{scrub.MAC, `(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}`},
	{scrub.ID, `[0-9]{3}-[0-9]{2}-[0-9]{4}`},
	{scrub.Phone, `(?:\+[0-9]{1,3}[ .-]?)?\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}`},
}

// alternation is one expression of all patterns, each in a group of its own where groups
// are asked for, and of further literals.
func alternation(groups bool, literals []string) string {
	open := "(?:"
	if groups {
		open = "("
	}
	var all []string
	for _, p := range patterns {
		all = append(all, open+p.pattern+")")
	}
	for _, l := range literals {
		all = append(all, regexp.QuoteMeta(l))
	}
	return strings.Join(all, "|")
}

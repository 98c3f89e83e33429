package main

import (
	"maps"
	"strings"
	"testing"
)

const sample = "\uFEFF# confusables.txt\n# Version: 15.0.0\n\n" +
	"0430 ;\t0061 ;\tMA\t# ( а → a ) CYRILLIC SMALL LETTER A → LATIN SMALL LETTER A\t#\n" +
	"041C ;\t004D ;\tMA\t# upper case\n" +
	"0153 ;\t006F 0065 ;\tMA\t# two letters\n" +
	"FF41 ;\t0061 ;\tMA\t# NFKC changes it\n" +
	"01A1 ;\t006F 0027 ;\tMA\t# NFD takes it apart\n" +
	"2044 ;\t002F ;\tMA\t# no letter\n" +
	"00F8 ;\t006F 0338 ;\tMA\t# not ASCII alone\n" +
	"0030 ;\t004F ;\tMA\t# ASCII itself\n"

func TestReadKeepsLettersThatLookLikeASCII(t *testing.T) {
	version, table, err := read(strings.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := map[rune]string{'а': "a", 'М': "m", 'œ': "oe"}
	if version != "15.0.0" || !maps.Equal(table, want) {
		t.Errorf("read = %q, %v", version, table)
	}
	src, err := render(version, table)
	if err != nil || !strings.Contains(string(src), "{0x0153, \"oe\"}, {0x041C, \"m\"}, {0x0430, \"a\"},") {
		t.Errorf("render = %s, %v", src, err)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for _, s := range []string{"", "hello", "# Version: 15.0.0\n", "zz ; 61 ; MA\n"} {
		if _, _, err := read(strings.NewReader(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

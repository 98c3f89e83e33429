package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// counts is what the lists say of one folded word.
type counts struct {
	given, surname, common, town int
	country                      bool
}

// makeDict packs the lists into the dictionary.
func makeDict(args []string) error {
	if len(args) != 1 {
		return errors.New("dict needs the folder that sources.py wrote to")
	}
	words := map[string]*counts{}
	for _, kind := range []string{"given", "surname", "common", "town", "country"} {
		if err := readList(filepath.Join(args[0], kind+".txt"), kind, words); err != nil {
			return err
		}
	}
	byHash := map[uint32]word.Attr{}
	for w, c := range words {
		// A rare name that is an everyday word as well is met as the word.
		if c.common >= 2 && c.given == 1 {
			c.given = 0
		}
		if c.common == 3 && c.surname == 1 {
			c.surname = 0
		}
		if c.town == 2 { // two sizes of towns do
			c.town = 1
		}
		a := word.Make(c.given, c.surname, c.common, c.town, c.country)
		if a != 0 {
			byHash[word.Hash([]byte(w))] |= a
		}
	}
	hashes := make([]uint32, 0, len(byHash))
	for h := range byHash {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	attrs := make([]word.Attr, len(hashes))
	for i, h := range hashes {
		attrs[i] = byHash[h]
	}
	packed, err := word.Pack(hashes, attrs)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, len(hashes), "words in", len(packed), "bytes")
	return os.WriteFile(filepath.Join("word", "dict.bin"), packed, 0o644)
}

func readList(name, kind string, words map[string]*counts) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var w string
		var weight int
		if _, err := fmt.Sscan(lines.Text(), &w, &weight); err != nil {
			return fmt.Errorf("%s: a word and its weight were expected: %w", name, err)
		}
		folded := string(word.AppendFolded(nil, []byte(w)))
		if words[folded] == nil {
			words[folded] = &counts{}
		}
		c := words[folded]
		switch kind {
		case "given":
			c.given = max(c.given, weight)
		case "surname":
			c.surname = max(c.surname, weight)
		case "common":
			c.common = max(c.common, weight)
		case "town":
			c.town = max(c.town, weight)
		case "country":
			c.country = true
		}
	}
	return lines.Err()
}

package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/habeas-data/habeas/internal/keyring"
)

// codeHere stands in a text for the code of a recovery kit. The code itself goes straight
// to standard output: fmt and encoding/json would keep it in their buffers.
const codeHere = "{recovery code}"

// printKit prints a text with the code of a kit in it, if codeHere is.
func printKit(text string, kit keyring.RecoveryKit) error {
	return writeKit(os.Stdout, text, kit)
}

func writeKit(w io.Writer, text string, kit keyring.RecoveryKit) error {
	before, after, found := strings.Cut(text, codeHere)
	_, err := io.WriteString(w, before)
	if found {
		err = errors.Join(err, kit.WriteCode(w))
	}
	_, last := io.WriteString(w, after)
	return errors.Join(err, last)
}

// printKitJSON is printJSON for a struct with codeHere in it. The characters of a code need
// no quoting.
func printKitJSON(v any, kit keyring.RecoveryKit) error {
	var text strings.Builder
	if err := encodeJSON(&text, v); err != nil {
		return err
	}
	return printKit(text.String(), kit)
}

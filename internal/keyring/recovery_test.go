package keyring

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

func drawKit(t *rapid.T) RecoveryKit {
	return RecoveryKit{secret: NewPassword(rapid.SliceOfN(rapid.Byte(), codeBytes, codeBytes).Draw(t, "secret"))}
}

func TestRecoveryCodeReadsBackHoweverItIsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := drawKit(t)
		code := codeOf(k)
		if len(code) != codeGroups*groupSize+codeGroups-1 {
			t.Fatalf("code of %d characters", len(code))
		}
		for _, text := range []string{
			code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "-", ""),
			" " + strings.ReplaceAll(code, "-", " – ") + "\n",
			strings.NewReplacer("0", "o", "1", "l").Replace(code), strings.ReplaceAll(code, "1", "I"),
		} {
			got, err := ParseRecoveryCode(typed(text))
			if err != nil || plain(got.secret) != plain(k.secret) {
				t.Fatalf("a spelling was refused or misread: %v", err)
			}
		}
	})
}

// groupOf returns which group an error names.
func groupOf(err error) string {
	var e *habeas.Error
	if errors.As(err, &e) && e.Code == "keyring.recovery-group" {
		return e.Args["group"]
	}
	return ""
}

func TestRecoveryCodeNamesTheMistypedGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := strings.Split(codeOf(drawKit(t)), "-")
		g := rapid.IntRange(0, codeGroups-1).Draw(t, "group")
		i := rapid.IntRange(0, groupSize-1).Draw(t, "character")
		group := []byte(groups[g])
		was := string(group)
		switch rapid.SampledFrom([]string{"another", "exchanged", "missing"}).Draw(t, "mistake") {
		case "another":
			group[i] = rapid.SampledFrom([]byte(crockford+"U*")).Draw(t, "typed")
		case "exchanged":
			j := rapid.IntRange(0, groupSize-1).Draw(t, "with")
			group[i], group[j] = group[j], group[i]
		case "missing":
			group = append(group[:i], group[i+1:]...)
		}
		if string(group) == was {
			return
		}
		groups[g] = string(group)
		_, err := ParseRecoveryCode(typed(strings.Join(groups, "-")))
		if want := fmt.Sprint(g + 1); groupOf(err) != want {
			t.Fatalf("group %q named, want %q: %v", groupOf(err), want, err)
		}
	})
}

func TestRecoveryCodeNoticesExchangedGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := strings.Split(codeOf(drawKit(t)), "-")
		a := rapid.IntRange(0, codeGroups-2).Draw(t, "a")
		groups[a], groups[a+1] = groups[a+1], groups[a]
		if _, err := ParseRecoveryCode(typed(strings.Join(groups, "-"))); groupOf(err) != fmt.Sprint(a+1) {
			t.Fatalf("group %q named, want %d", groupOf(err), a+1)
		}
	})
}

func TestRecoveryKitPrintsOnlyOnRequest(t *testing.T) {
	k := newRecoveryKit()
	holder := struct{ Kit, kit RecoveryKit }{k, k}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, v := range []any{k, &k, holder} {
			out := strings.ToLower(fmt.Sprintf(verb, v))
			decimal := strings.Trim(fmt.Sprintf("%d", []byte(plain(k.secret)[:4])), "[]")
			if strings.Contains(out, strings.ToLower(codeOf(k)[:groupSize])) || strings.Contains(out, fmt.Sprintf("%x", plain(k.secret)[:4])) ||
				strings.Contains(out, decimal) {
				t.Errorf("%s reveals the code", verb)
			}
		}
	}
	if codeOf(RecoveryKit{}) != "" {
		t.Error("an empty kit has a code")
	}
}

func FuzzParseRecoveryCode(f *testing.F) {
	f.Add(codeOf(newRecoveryKit()))
	f.Add("00000-00001-00002-00003-00004-00005-00006-00007")
	f.Add("İ-ſ-K")
	f.Fuzz(func(t *testing.T, code string) {
		k, err := ParseRecoveryCode(typed(code))
		if err != nil {
			wantKind(t, err, habeas.KindInvalid)
			return
		}
		if again, err := ParseRecoveryCode(typed(codeOf(k))); err != nil || plain(again.secret) != plain(k.secret) {
			t.Errorf("what was read does not read back: %v", err)
		}
	})
}

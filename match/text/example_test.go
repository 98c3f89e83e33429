package text_test

import (
	"fmt"

	"github.com/habeas-data/habeas/match/text"
)

func ExampleFold() {
	for _, s := range []string{"Łódź, O’Brien & Söhne", "U.S.A.", "ＳＴＲＡẞＥ ٣", "Ёлкин", "が"} {
		fmt.Println(text.Fold(s))
	}
	// Output:
	// lodz obrien and sohne
	// usa
	// strasse 3
	// елкин
	// が
}

func ExampleRomanise() {
	for _, s := range []string{"Юрий Гагарин", "Αθήνα", "부산", "とうきょう", "北京", "القاهرة"} {
		fmt.Println(text.Romanise(text.Fold(s)))
	}
	// Output:
	// yury gagarin
	// athina
	// busan
	// tokyo
	// beijing
	// al qahira
}

// One misspelled name against many: the pattern is made once.
func ExamplePattern() {
	p := text.NewPattern("goettingen")
	for _, name := range []string{"gottingen", "groningen", "getotingen"} {
		fmt.Println(name, p.Distance(name, 2))
	}
	// Output:
	// gottingen 1
	// groningen 3
	// getotingen 2
}

func ExamplePattern_Prefix() {
	p := text.NewPattern("camrb") // typed so far
	fmt.Println(p.Prefix("cambridge", 1))
	// Output: 1 5
}

func ExampleEdits() {
	for _, e := range text.Edits("smith", "simtj") {
		fmt.Println(e.Kind == text.Transpose, e.At, string(e.From), string(e.To), e.Near)
	}
	// Output:
	// true 1 m i true
	// false 4 h j true
}

func ExampleSound() {
	fmt.Println(text.Sound("katherine"), text.Sound("catharine"))
	fmt.Println(text.Sound("meyer"), text.Sound("mayr"))
	// Output:
	// K0RN K0RN
	// MR MR
}

func ExampleJaroWinkler() {
	fmt.Printf("%.2f\n", text.JaroWinkler("martha", "marhta"))
	// Output: 0.96
}

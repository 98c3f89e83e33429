package text

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRomanise(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"plain old 12":        "plain old 12",
		"Достоевский":         "dostoevsky",
		"Юрий Гагарин":        "yury gagarin",
		"Жуков Хрущёв":        "zhukov khrushchev",
		"Григорьев":           "grigoryev",
		"Київ Гоголь Львів":   "kyiv hohol lviv",
		"България":            "balgariya",
		"Београд Ђоковић":     "beograd djokovic",
		"Παπαδοπούλου":        "papadopoulou",
		"Αθήνα Θεσσαλονίκη":   "athina thessaloniki",
		"Εύα Ευτυχία":         "eva eftychia",
		"Άγγελος Μπάμπης":     "angelos bampis",
		"Երևան":               "erevan",
		"თბილისი":             "tbilisi",
		"محمد علي":            "muhammad ali",
		"القاهرة":             "al qahira",
		"حسن الرشيد":          "hasan al rashid",
		"الله العراق مكتب":    "allah al iraq makatab",
		"קובי":                "kobi",
		"दिल्ली मुम्बई":       "dilli mumbai",
		"मनमोहन सिंह":         "manmohan singh",
		"கண்ணன்":              "kannan",
		"తెలుగు":              "telugu",
		"서울 부산 한국어 김":         "seoul busan hangugeo gim",
		"とうきょう きょうと おおさか":     "tokyo kyoto osaka",
		"スミス ファティマ ウィリアム チェン": "sumisu fatima wiriamu chen",
		"サッポロ マッチャ":           "sapporo matcha",
		"北京 毛泽东":              "beijing maozedong",
		"กรุงเทพ":             "krungthep",
		"成都 重庆":               "chengdu chongqing",
		"ලංකා":                "lanka",
		"አዲስ አበባ":             "adis abeba",
		"មករា":                "makara",
		"ᏣᎳᎩ":                 "ꮳꮃꭹ",
		"straße ΑΒ":           "strasse av",
	} {
		if got := Romanise(Fold(in)); got != want {
			t.Errorf("Romanise(%q) = %q, want %q", in, got, want)
		}
	}
}

func checkRomanised(t interface{ Fatalf(string, ...any) }, s string) {
	r := Romanise(Fold(s))
	if Fold(r) != r || len(r) > MaxRunes {
		t.Fatalf("Romanise(%q) = %q is not folded", s, r)
	}
	if a := string(AppendRomanised([]byte("x "), Fold(s))); a != "x "+r {
		t.Fatalf("appended: %q", a)
	}
	if Romanise(r) != r {
		t.Fatalf("Romanise(%q) = %q is not Latin", s, r)
	}
}

func TestEveryLetterIsRomanised(t *testing.T) {
	for r := rune(0x80); r < 0x30000; r++ {
		checkRomanised(t, "a"+string(r))
	}
	rapid.Check(t, func(t *rapid.T) {
		scripts := []rune("абвїйьъ αγκμπντυ ابنملوةء אבוי कनमि्ा กเแอร์ 한국아 かッャーァン 東京a1")
		checkRomanised(t, rapid.StringOfN(rapid.SampledFrom(scripts), 0, 40, -1).Draw(t, "s"))
	})
	checkRomanised(t, strings.Repeat("щ", 10_000))
}

func TestLatinComesBackWithoutAllocation(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Romanise("university of cambridge") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRomanise(f *testing.F) {
	for _, s := range []string{"Достоевский", "القاهرة", "मनमोहन", "กรุงเทพ", "한국어", "ファッション", "北京", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkRomanised(t, s) })
}

func BenchmarkRomanise(b *testing.B) {
	for name, s := range map[string]string{
		"latin": "university of cambridge", "cyrillic": "санкт петербургскии университет", "arabic": "جامعه القاهره المصريه",
		"han": "北京大学医学部", "hindi": "हिन्दी विश्वविद्यालय",
	} {
		b.Run(name, func(b *testing.B) {
			room := make([]byte, 0, 300)
			b.ReportAllocs()
			for b.Loop() {
				AppendRomanised(room, s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len([]rune(s))), "ns/rune")
		})
	}
}

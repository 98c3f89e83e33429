package text

import "strings"

// kanaRows holds Hepburn for hiragana from U+3041 on; katakana are 0x60 further.
var kanaRows = strings.Fields(`a a i i u u e e o o ka ga ki gi ku gu ke ge ko go sa za shi ji su zu se ze so zo
	ta da chi ji tsu tsu zu te de to do na ni nu ne no ha ba pa hi bi pi fu bu pu he be pe ho bo po
	ma mi mu me mo ya ya yu yu yo yo ra ri ru re ro wa wa i e o n vu ka ke va vi ve vo`)

const (
	smallTsu = 0x3063
	smallYa  = 0x3083
)

// kana writes one syllable: of は ha, of シャ sha, of ティ ti, of ッパ ppa.
func (r *roman) kana(i int) int {
	c := hiragana(r.w[i])
	if c == 0x30fc || c < 0x3041 || int(c-0x3041) >= len(kanaRows) {
		return i + 1 // a long vowel is written as a short one
	}
	if c == smallTsu {
		if next := hiragana(r.at(i + 1)); next > smallTsu-0x30 && int(next-0x3041) < len(kanaRows) {
			if s := kanaRows[next-0x3041]; s[0] == 'c' {
				r.put("t")
			} else if !vowel(s[0]) {
				r.put(s[:1])
			}
		}
		return i + 1
	}
	s := kanaRows[c-0x3041]
	small := hiragana(r.at(i + 1))
	switch small {
	case smallYa, smallYa + 2, smallYa + 4:
		y := kanaRows[small-0x3041]
		stem := s[:len(s)-1]
		if !strings.HasSuffix(s, "i") {
			break
		}
		if stem == "sh" || stem == "ch" || stem == "j" {
			y = y[1:]
		}
		r.put(stem + y)
		return i + 2
	case 0x3041, 0x3043, 0x3045, 0x3047, 0x3049:
		if len(s) > 1 || s == "u" { // ファ fa, ウィ wi
			stem := s[:len(s)-1]
			if s == "u" {
				stem = "w"
			}
			r.put(stem + kanaRows[small-0x3041])
			return i + 2
		}
	}
	// Long o and u: とうきょう Tokyo.
	if last := r.last(); (s == "u" && (last == 'o' || last == 'u') || s == "o" && last == 'o') && i > 0 {
		return i + 1
	}
	r.put(s)
	return i + 1
}

func hiragana(c rune) rune {
	if c >= 0x30a1 && c <= 0x30fa {
		return c - 0x60
	}
	return c
}

// The scripts of India lie alike in their blocks of 128 characters, so one table serves
// Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada and Malayalam.
var (
	indicConsonants = strings.Fields(`k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l zh v sh sh s h`)
	indicVowels     = map[rune]string{
		0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0a: "u", 0x0b: "ri", 0x0d: "e", 0x0e: "e",
		0x0f: "e", 0x10: "ai", 0x11: "o", 0x12: "o", 0x13: "o", 0x14: "au",
		0x3e: "a", 0x3f: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x45: "e", 0x46: "e", 0x47: "e",
		0x48: "ai", 0x49: "o", 0x4a: "o", 0x4b: "o", 0x4c: "au",
	}
)

const (
	indicNasal  = 0x02
	indicVirama = 0x4d
	indicNukta  = 0x3c
)

// indic writes one character and the vowel that goes without saying.
func (r *roman) indic(i int) int {
	c := r.w[i]
	o := c & 0x7f
	switch v := indicVowels[o]; {
	case v != "":
		r.put(v)
		return i + 1
	case o == indicNasal || o == 0x01 || o == 0x70:
		switch next := r.at(i+1) & 0x7f; {
		case next == 0x39: // सिंह Singh
			r.put("ng")
		case next >= 0x2a && next <= 0x2e:
			r.put("m")
		default:
			r.put("n")
		}
		return i + 1
	case o == 0x03:
		r.put("h")
		return i + 1
	case o < 0x15 || int(o-0x15) >= len(indicConsonants):
		return i + 1 // marks that change no reading
	}
	r.put(indicConsonants[o-0x15])
	i++
	if r.at(i)&0x7f == indicNukta && r.at(i) != 0 {
		i++
	}
	next := r.at(i)
	switch n := next & 0x7f; {
	case next == 0:
		if c >= 0xb80 { // the south keeps its last vowel
			r.put("a")
		}
	case n == indicVirama:
		i++
	case indicVowels[n] == "" || n <= 0x14:
		if !r.silent(i) {
			r.put("a")
		}
	}
	return i
}

// silent says that the vowel before w[i] is dropped in the middle of a northern word:
// between a spoken vowel and a consonant with its own, as in मनमोहन Manmohan.
func (r *roman) silent(i int) bool {
	if r.w[i] >= 0xb80 || i < 2 {
		return false
	}
	// The consonant before this one must have been spoken with a vowel.
	before := r.dst[:len(r.dst)-1]
	for len(before) > r.begin && before[len(before)-1] == 'h' {
		before = before[:len(before)-1]
	}
	spoken := len(before) > r.begin && vowel(before[max(len(before)-1, r.begin)])
	n := r.at(i+1) & 0x7f
	return spoken && r.at(i+1) != 0 && indicVowels[n] != "" && n > 0x14
}

// semitic scripts mostly leave their short vowels out.
type semitic struct {
	letters map[rune]string
	long    map[rune]string // what letters that are also vowels write between consonants
	article string
}

var (
	arabic = &semitic{
		letters: letters(`aاعٲ bب tتطټ thث jج hحه khخ dدضډ dhذ rرړڑ zزظږ sسصښ shش ghغ fف qق kك lل mم nنڼں wو yي pپ chچ
			zhژ gگ vڤ _ء tٹ dڈ ngڭ oۆ uۇ uۈ vۋ`),
		long:    map[rune]string{'و': "u", 'ي': "i"},
		article: "ال",
	}
	hebrew = &semitic{
		letters: letters(`aאע bב gג dד hהח vו zז tטת yי kכךק lל mםמ nןנ sס pפ fף tsץצ rר shש`),
		long:    map[rune]string{'ו': "o", 'י': "i"},
	}
)

// semitic writes one letter, and an "a" between consonants.
func (r *roman) semitic(i int, s *semitic) int {
	if i == 0 && s == arabic {
		if name, ok := arabicNames[string(r.w)]; ok {
			r.put(name)
			return len(r.w)
		}
		if len(r.w) > 3 && strings.HasPrefix(string(r.w), s.article) {
			r.put("al ")
			r.begin = len(r.dst)
			if name, ok := arabicNames[string(r.w[2:])]; ok {
				r.put(name)
				return len(r.w)
			}
			i = 2
		}
	}
	c := r.w[i]
	out := s.letters[c]
	if _, known := s.letters[c]; !known {
		return r.keep(i)
	}
	last := r.last()
	spoken := last != 0 && !vowel(last)
	if v := s.long[c]; v != "" && spoken && !vowelLetter(r.at(i+1)) {
		r.put(v)
		return i + 1
	}
	switch {
	case out == "a" && last == 'a':
		return i + 1
	case out == "" || vowel(out[0]) && out != "y":
	case (c == 'ه' || c == 'ה') && i+1 == len(r.w) && spoken: // the feminine ending
		r.put("a")
		return i + 1
	case spoken:
		r.put("a")
	}
	r.put(out)
	return i + 1
}

// vowelLetter says that the letter is a long vowel after a consonant.
func vowelLetter(c rune) bool { return c == 'ا' || c == 'א' || c == 'و' || c == 'ו' }

// arabicNames are frequent names whose short vowels are known.
var arabicNames = func() map[string]string {
	m := map[string]string{}
	f := strings.Fields(`محمد muhammad احمد ahmad محمود mahmoud حسن hasan حسين hussein علي ali عمر omar عثمان othman
		عبد abd عبدالله abdullah عبدالرحمن abdulrahman عبدالعزيز abdulaziz الله allah ابو abu ابن ibn بن bin بنت bint ام um مصطفي mustafa
		ابراهيم ibrahim اسماعيل ismail يوسف yusuf يعقوب yaqub موسي musa عيسي isa مريم maryam فاطمه fatima خديجه khadija
		عاءشه aisha عايشه aisha زينب zaynab خالد khalid سعيد said سعد saad سالم salim سليم salim سلمان salman سليمان sulayman
		كريم karim كمال kamal جمال jamal جميل jamil رشيد rashid حميد hamid حامد hamid ناصر nasir منصور mansour
		طارق tariq فيصل faisal فهد fahd نور nur ليلي layla امين amin انور anwar بكر bakr مصر misr دمشق dimashq
		بغداد baghdad مكه makka قدس quds دبي dubai قطر qatar لبنان lubnan مغرب maghrib تونس tunis
		سوريا suriya عراق iraq ايران iran طهران tehran جامعه jamia مدينه madina شارع sharia بيروت bayrut عمان amman
		رياض riyadh قاهره qahira جده jeddah رضا reza حيدر haydar جعفر jafar صالح salih صلاح salah ايمان iman هند hind`)
	for i := 0; i+1 < len(f); i += 2 {
		m[f[i]] = f[i+1]
	}
	return m
}()

// thaiLetters holds consonants as they sound at the beginning of a syllable, and vowels.
var (
	thaiConsonants = letters(`kก khขฃคฅฆ ngง chจฉชฌ sซศษส yญย dฎด tฏตฐ thถทธฑฒ nณน bบ pป phผพภ fฝฟ mม rร lลฬ wว hหฮ oอ`)
	thaiFinals     = letters(`kกขคฆ tจชซฎฏฐฑฒดตถทธศษส pบปพฟภ nญณนรลฬ`)
	thaiVowels     = letters(`aะาั amำ iิี ueึื uุู eเ aeแ oโ aiใไ riฤ`)
)

// thai writes one character of Thai, or of Lao, whose block lies alike. Vowels that stand before their consonant are spoken
// behind it.
func (r *roman) thai(i int) int {
	for j := i; j < len(r.w) && r.w[j] >= 0xe80 && r.w[j] < 0xf00; j++ {
		r.w[j] -= 0x80
	}
	c := r.w[i]
	if c >= 'เ' && c <= 'ไ' && thaiConsonants[r.at(i+1)] != "" {
		first := thaiConsonants[r.at(i+1)]
		i += 2
		if r.w[i-1] == 'ห' && i < len(r.w) && strings.ContainsRune("นมงยรลว", r.w[i]) {
			first = thaiConsonants[r.w[i]] // silent, for the tone
			i++
		}
		if first == "o" {
			first = ""
		}
		r.put(first)
		if i < len(r.w) && (r.w[i] == 'ร' || r.w[i] == 'ล') && strings.ContainsRune("กขคตปผพ", r.w[i-1]) && thaiSyllable(r.at(i+1)) {
			r.put(thaiConsonants[r.w[i]])
			i++
		}
		r.put(thaiVowels[c])
		return i
	}
	if r.at(i+1) == '\u0e4c' { // silenced
		return i + 2
	}
	if s := thaiVowels[c]; s != "" {
		r.put(s)
		return i + 1
	}
	s := thaiConsonants[c]
	if s == "" {
		return i + 1
	}
	if f := thaiFinals[c]; f != "" && vowel(r.last()) && !thaiVowelAfter(r.at(i+1)) {
		s = f
	}
	r.put(s)
	// Two consonants that are a syllable of their own: นคร.
	if next := r.at(i + 1); !vowel(s[0]) && thaiConsonants[next] != "" && next != 'ร' && next != 'ล' && next != 'ว' && next != 'อ' &&
		!thaiVowelAfter(r.at(i+2)) && !vowel(r.beforeLast(len(s))) {
		r.put("o")
	}
	return i + 1
}

// beforeLast returns the letter before the last n written of this word.
func (r *roman) beforeLast(n int) byte {
	if i := len(r.dst) - n - 1; i >= r.begin {
		return r.dst[i]
	}
	return 0
}

// thaiVowelAfter says that c is a vowel sign which belongs to the letter before it.
func thaiVowelAfter(c rune) bool {
	return c >= 'ะ' && c <= 'ู' || c == 'อ' || c == '็' || c >= '่' && c <= '๋'
}

// thaiSyllable says that c can follow a cluster of consonants.
func thaiSyllable(c rune) bool { return c == 0 || thaiConsonants[c] != "" || c >= '็' && c <= '๋' }

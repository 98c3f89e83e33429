package scan

import (
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nyaruka/phonenumbers"
)

// DefaultRegions are the countries whose national numbers are known unless Options say
// otherwise.
func DefaultRegions() []string {
	return strings.Fields("US GB DE FR ES IT NL BE CH AT SE DK NO FI PL PT IE AU NZ BR MX IN ZA HU CZ JP SG HK")
}

// plan is the numbering plan of one region, or of all regions of a calling code: which
// national numbers are valid by the rules of libphonenumber.
type plan struct {
	code   string // country calling code
	trunk  string // dialled before a national number inside the country
	sizes  uint32 // the lengths that national numbers may have, one bit each
	states [][10]uint16
	accept []bool
}

// valid says whether d is a valid national number.
func (p *plan) valid(d []byte) bool {
	s := uint16(1)
	for _, c := range d {
		if s = p.states[s][c-'0']; s == 0 {
			return false
		}
	}
	return p.accept[s]
}

// national strips the trunk prefix of a number as it is dialled inside the country.
func (p *plan) national(d []byte) ([]byte, bool) {
	if n := len(p.trunk); n > 0 && len(d) > n && string(d[:n]) == p.trunk && p.valid(d[n:]) {
		return d[n:], true
	}
	return d, p.valid(d)
}

// possible is national for numbers that are not valid, but might be by their length.
func (p *plan) possible(d []byte) ([]byte, bool) {
	n := len(p.trunk)
	if n > 0 && len(d) > n && string(d[:n]) == p.trunk {
		d = d[n:]
	} else if p.trunk == "0" {
		return d, false
	}
	return d, p.sizes>>min(len(d), 31)&1 != 0
}

// plans holds the plans that were needed, by region. Making one takes a few
// milliseconds.
var plans sync.Map

// metadata reads the tables of libphonenumber once.
var metadata = sync.OnceValue(func() (byRegion map[string]*phonenumbers.PhoneMetadata) {
	byRegion = map[string]*phonenumbers.PhoneMetadata{}
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return byRegion
	}
	for _, m := range all.GetMetadata() {
		byRegion[m.GetId()] = m
	}
	return byRegion
})

// planOf is the plan of a region, or nil if there is none such.
func planOf(region string) *plan {
	if p, ok := plans.Load(region); ok {
		return p.(*plan)
	}
	m := metadata()[strings.ToUpper(region)]
	if m == nil {
		return nil
	}
	p := compile(patterns(m))
	p.code, p.trunk = decimal(int(m.GetCountryCode())), m.GetNationalPrefix()
	for _, n := range m.GetGeneralDesc().GetPossibleLength() {
		p.sizes |= 1 << min(n, 31)
	}
	plans.Store(region, p)
	return p
}

// callingCodes are the country calling codes that exist, by their digits.
var callingCodes = func() (t [1000]bool) {
	for c := range phonenumbers.GetSupportedCallingCodes() {
		t[c] = true
	}
	for c := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		t[c] = true
	}
	return t
}()

// codeOf is the length of the calling code that d begins with, or 0.
func codeOf(d []byte) int {
	for n := 1; n <= 3 && n <= len(d); n++ {
		if d[0] != '0' && callingCodes[value(d[:n])] {
			return n
		}
	}
	return 0
}

// codePlans holds the plans by calling code.
var codePlans [1000]atomic.Pointer[plan]

// planOfCode is the plan of all regions of a calling code.
func planOfCode(code []byte) *plan {
	key := value(code)
	if p := codePlans[key].Load(); p != nil {
		return p
	}
	var all []string
	trunk := ""
	for _, r := range phonenumbers.GetRegionCodesForCountryCode(key) {
		if m := metadata()[r]; m != nil {
			all = append(all, patterns(m)...)
			trunk = m.GetNationalPrefix()
		}
	}
	if len(all) == 0 {
		all = []string{`\d{5,14}`} // global networks
	}
	p := compile(all)
	p.code, p.trunk = string(code), trunk
	codePlans[key].Store(p)
	return p
}

// patterns are the regular expressions of the valid national numbers of a region.
func patterns(m *phonenumbers.PhoneMetadata) (all []string) {
	for _, d := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(),
		m.GetPersonalNumber(), m.GetVoip(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if pattern := d.GetNationalNumberPattern(); pattern != "" && pattern != "NA" {
			all = append(all, pattern)
		}
	}
	return all
}

// compile makes an automaton over digits out of regular expressions, by the subset
// construction. State 0 is the one that nothing leads out of.
func compile(patterns []string) *plan {
	slices.Sort(patterns)
	expr, err := syntax.Parse(strings.Join(slices.Compact(patterns), "|"), syntax.Perl)
	if err != nil {
		return &plan{states: make([][10]uint16, 2), accept: make([]bool, 2)}
	}
	prog, err := syntax.Compile(expr.Simplify())
	if err != nil {
		return &plan{states: make([][10]uint16, 2), accept: make([]bool, 2)}
	}
	b := &subsets{prog: prog, ids: map[string]uint16{"": 0}, p: &plan{states: make([][10]uint16, 1), accept: []bool{false}}}
	b.state([]uint32{uint32(prog.Start)})
	for at := 1; at < len(b.sets); at++ {
		for c := range 10 {
			var next []uint32
			for _, pc := range b.sets[at] {
				if in := &prog.Inst[pc]; in.Op >= syntax.InstRune && in.MatchRune(rune('0'+c)) {
					next = append(next, in.Out)
				}
			}
			to := b.state(next)
			b.p.states[at][c] = to
		}
	}
	return b.p
}

// subsets is a subset construction under way.
type subsets struct {
	prog *syntax.Prog
	ids  map[string]uint16
	sets [][]uint32
	p    *plan
}

// state is the number of the state of a set of instructions.
func (b *subsets) state(pcs []uint32) uint16 {
	seen := map[uint32]bool{}
	var set []uint32
	match := false
	for len(pcs) > 0 {
		pc := pcs[len(pcs)-1]
		pcs = pcs[:len(pcs)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &b.prog.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			pcs = append(pcs, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			pcs = append(pcs, in.Out)
		case syntax.InstMatch:
			match = true
			set = append(set, pc)
		case syntax.InstFail, syntax.InstEmptyWidth:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	key := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16), ',')
	}
	id, ok := b.ids[string(key)]
	if !ok {
		id = uint16(len(b.p.states))
		b.ids[string(key)] = id
		b.p.states = append(b.p.states, [10]uint16{})
		b.p.accept = append(b.p.accept, match)
		if b.sets == nil {
			b.sets = append(b.sets, nil)
		}
		b.sets = append(b.sets, set)
	}
	return id
}

func decimal(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + decimal(n%10)
}

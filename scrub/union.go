package scrub

import "slices"

// unite joins parts of a text that overlap. What nothing that begins at limit or later can
// reach is closed; the others are waiting.
func (e *engine) unite(t *stretch, all []part, limit int, last bool) (closed, waiting []part) {
	closed = e.parts[:0]
	i := 0
	for i < len(all) {
		u, j := union{part: all[i], namer: all[i]}, i+1
		for ; j < len(all) && all[j].start < u.end; j++ {
			if all[j].end > max(u.end, u.start+longestUnion) {
				break
			}
			u.add(all[j])
		}
		if !last && u.end > limit {
			break
		}
		if u.namer.kind == Known && u.namer.end-u.namer.start < u.end-u.start && wordy(all[i:j]) {
			closed = t.apart(closed, &u, all[i:j])
		} else {
			closed = append(closed, u.named())
		}
		i = past(all, j, u.end)
	}
	e.parts = closed
	return closed, slices.Delete(all, 0, i)
}

// past cuts off what of the parts from i on lies before the end of a union that is long
// enough without them. It returns where those begin of which something is left.
func past(all []part, i, end int) int {
	j := i
	for ; j < len(all) && all[j].start < end; j++ {
		all[j].start, all[j].same = end, 0
	}
	left := j
	for k := j - 1; k >= i; k-- {
		if all[k].end > end {
			left--
			all[left] = all[k]
		}
	}
	return left
}

// union is several parts that overlap, and the one that names them.
type union struct {
	part
	namer part
}

func (u *union) add(p part) {
	u.end = max(u.end, p.end)
	if u.dress == plain {
		u.dress = p.dress
	}
	n := u.namer
	if p.kind < n.kind || p.kind == n.kind && (p.end-p.start > n.end-n.start || n.same == 0 && p.start == n.start && p.end == n.end) {
		u.namer = p
	}
}

// named is the union as one part. What a finder says of a value holds for the union only
// when both are the same place, and for a known value always: what else is hidden with it
// does not change the pseudonym that it has everywhere.
func (u *union) named() part {
	p := u.part
	p.kind, p.same = u.namer.kind, 0
	if p.kind == Known || u.namer.start == p.start && u.namer.end == p.end {
		p.same = u.namer.same
	}
	return p
}

// wordy reports that overlapping parts are known values in names and addresses, which are
// made of words that can stand apart. Half an e-mail address would be no use to anybody.
func wordy(all []part) bool {
	return !slices.ContainsFunc(all, func(p part) bool { return p.kind != Known && p.kind != Address && p.kind != Person })
}

// apart appends the known values of a union, each with its own pseudonym, and the rest of
// the name or address around them.
func (t *stretch) apart(dst []part, u *union, all []part) []part {
	rest := u.part
	rest.same = 0
	for _, p := range all {
		if rest.kind == Known || p.kind != Known && p.kind < rest.kind {
			rest.kind = p.kind
		}
	}
	for i := 0; i < len(all); {
		if all[i].kind != Known {
			i++
			continue
		}
		v := union{part: all[i], namer: all[i]}
		for i++; i < len(all) && all[i].start < v.end; i++ {
			if all[i].kind == Known {
				v.add(all[i])
			}
		}
		before := rest
		before.end = v.start
		dst = append(t.trimmed(dst, before), v.named())
		rest.start = v.end
	}
	return t.trimmed(dst, rest)
}

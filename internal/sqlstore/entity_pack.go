package sqlstore

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/match/text"
)

// packed is a description in the form in which it lies in a row: what is empty takes no room.
// A is of [name, value, language, source, access], E of [scheme, value], R of [URL, title];
// each ends with its last value that is not empty.
type packed struct {
	T entity.Type `json:"t"`
	X uint8       `json:"x,omitempty"`
	A [][]string  `json:"a,omitempty"`
	E [][]string  `json:"e,omitempty"`
	S []string    `json:"s,omitempty"`
	R [][]string  `json:"r,omitempty"`
}

// packedSecret is the sealed part of a version: everything, or the hidden attributes with
// their places in the list.
type packedSecret struct {
	All *packed    `json:"d,omitempty"`
	A   [][]string `json:"a,omitempty"`
	At  []int      `json:"i,omitempty"`
	Why string     `json:"w,omitempty"`
}

// entityPlace binds what is sealed to its version, so that a version that goes to the history
// stays as it is.
func entityPlace(id entity.ID, version int64) string {
	return "entity/" + strconv.FormatInt(entityKey(id), 10) + "/" + strconv.FormatInt(version, 10)
}

// short drops empty values at the end.
func short(values ...string) []string {
	n := len(values)
	for n > 0 && values[n-1] == "" {
		n--
	}
	return values[:n]
}

func long(values []string, n int) []string {
	return append(values, make([]string, max(0, n-len(values)))...)
}

func packAttribute(a entity.Attribute) []string {
	access := ""
	if a.Access != 0 {
		access = strconv.Itoa(int(a.Access))
	}
	return short(a.Name, a.Value, a.Lang, a.Source, access)
}

func unpackAttribute(v []string) entity.Attribute {
	v = long(v, 5)
	access, _ := strconv.ParseUint(v[4], 10, 8) // "" is none
	return entity.Attribute{Name: v[0], Value: v[1], Lang: v[2], Source: v[3], Access: entity.Access(access)}
}

func packDescription(d entity.Description) *packed {
	p := &packed{T: d.Type, X: uint8(d.Access), S: d.SameAs}
	for _, a := range d.Attributes {
		p.A = append(p.A, packAttribute(a))
	}
	for _, x := range d.Externals {
		p.E = append(p.E, short(x.Scheme, x.Value))
	}
	for _, r := range d.References {
		p.R = append(p.R, short(r.URL, r.Title))
	}
	return p
}

func (p *packed) description() entity.Description {
	d := entity.Description{Type: p.T, Access: entity.Access(p.X), SameAs: p.S}
	if len(p.A) > 0 {
		d.Attributes = make([]entity.Attribute, len(p.A))
	}
	for i, a := range p.A {
		d.Attributes[i] = unpackAttribute(a)
	}
	for _, x := range p.E {
		x = long(x, 2)
		d.Externals = append(d.Externals, entity.External{Scheme: x[0], Value: x[1]})
	}
	for _, r := range p.R {
		r = long(r, 2)
		d.References = append(d.References, entity.Reference{URL: r[0], Title: r[1]})
	}
	return d
}

// pack writes a version as its two columns: what is public, and what is sealed (nil: nothing).
func (s Entities) pack(p entity.Past) (body string, sealed []byte, err error) {
	d, secret := p.Description, packedSecret{Why: p.Why}
	if d.Secret() {
		secret.All = packDescription(d)
	} else {
		var open []entity.Attribute
		for i, a := range d.Attributes {
			if a.Access&entity.Hidden == 0 {
				open = append(open, a)
				continue
			}
			secret.A, secret.At = append(secret.A, packAttribute(a)), append(secret.At, i)
		}
		d.Attributes = open
		text, err := json.Marshal(packDescription(d))
		if err != nil {
			return "", nil, err
		}
		body = string(text)
	}
	if secret.All != nil || len(secret.A) > 0 || secret.Why != "" {
		sealed, err = sealWords(s.keys.House(), entityPlace(p.ID, p.Version), secret)
	}
	return body, sealed, err
}

func (s Entities) unpack(id entity.ID, version int64, body, sealed []byte) (d entity.Description, why string, err error) {
	if len(body) > 0 {
		var p packed
		if err := json.Unmarshal(body, &p); err != nil {
			return d, "", err
		}
		d = p.description()
	}
	if len(sealed) == 0 {
		return d, "", nil
	}
	var secret packedSecret
	if err := openWords(s.keys.House(), entityPlace(id, version), sealed, &secret); err != nil {
		return d, "", err
	}
	if secret.All != nil {
		d = secret.All.description()
	}
	for i, at := range secret.At { // in rising order, as they were taken out
		d.Attributes = slices.Insert(d.Attributes, min(at, len(d.Attributes)), unpackAttribute(secret.A[i]))
	}
	return d, secret.Why, nil
}

// labelMark is a hash of a folded name, never 0 but for no name: equal names are found by it.
// Two others with one hash are made on purpose or never; they are candidates too many.
func labelMark(name string) int64 {
	folded := text.Fold(name)
	if folded == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(folded)) // never fails
	return int64(h.Sum64()>>1) | 1 //nolint:gosec // 63 bits
}

package literal

import "github.com/habeas-data/habeas/sealed"

const label = "password"

func outer(s *sealed.Session, name string, b []byte) {
	_, _ = s.Seal(label, b)
	_, _ = s.Seal("password", []byte("hunter2")) // want `literal: the sealed value is written in the program`
	_, _ = s.Seal("password", []byte{'a', 'b'})  // want `literal`
	_, _ = s.Seal("password", []byte(""))
	_, _ = s.Seal("password", []byte(name))
	_, _ = s.Seal("password of "+name[:2], b) // want `label-constant: the label is not a constant`
	_, _ = s.OpenHPKE("code", []byte("what it is for"), nil, b, b)
	_, _ = s.OpenHPKE(string(b), nil, nil, b, b) // want `label-constant`
}

func others(s *sealed.Session, st *sealed.Store, name string, d *sealed.Date) {
	_, _ = sealed.SealOf(s, "date of birth", d)
	_, _ = sealed.SealOf(s, name+"x", d)             // want `label-constant`
	_ = sealed.SetOf(st, name+"x", d)                // want `label-constant`
	_ = st.Set("UserName", []byte("JudeTheObscure")) // want `literal`
	_ = st.Set(name[1:], nil)                        // want `label-constant`
}

// keep passes its label on: its callers are checked.
func keep(s *sealed.Session, label string, b []byte) (v sealed.Value, err error) {
	twice(func() { v, err = s.Seal(label, b) })
	return v, err
}

func twice(f func()) { f() }

func callers(s *sealed.Session, name string, b []byte, admin bool) {
	_, _ = keep(s, "code", b)
	_, _ = keep(s, "code of "+name, b) // want `label-constant`
	kind := "code"
	if admin {
		kind = "password"
	}
	_, _ = keep(s, kind, b)
	if admin {
		kind = name[1:]
	}
	_, _ = keep(s, kind, b) // want `label-constant: the label is not always a constant`
}

func each(s *sealed.Session, b []byte, labels ...string) {
	for _, l := range labels {
		_, _ = s.Seal(l, b)
	}
	for _, l := range []string{"a", "b"} {
		_, _ = s.Seal(l, b)
	}
}

func many(s *sealed.Session, name string, b []byte) {
	each(s, b, "given name", "family name")
	each(s, b)
	each(s, b, "given name", name+"x") // want `label-constant`
}

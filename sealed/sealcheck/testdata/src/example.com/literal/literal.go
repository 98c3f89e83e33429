package literal

import "github.com/habeas-data/habeas/sealed"

const label = "password"

func outer(s *sealed.Session, name string, b []byte) {
	_, _ = s.Seal(label, b)
	_, _ = s.Seal("password", []byte("hunter2")) // want `literal: the sealed value is written in the program`
	_, _ = s.Seal("password", []byte{'a', 'b'})  // want `literal`
	_, _ = s.Seal("password", []byte(""))
	_, _ = s.Seal("password", []byte(name))
	_, _ = s.Seal("password of "+name, b) // want `label-constant: the label is not a constant`
	_, _ = s.OpenHPKE("code", []byte("what it is for"), nil, b, b)
	_, _ = s.OpenHPKE(name, nil, nil, b, b) // want `label-constant`
}

func others(s *sealed.Session, st *sealed.Store, name string, d *sealed.Date) {
	_, _ = sealed.SealOf(s, "date of birth", d)
	_, _ = sealed.SealOf(s, name, d)                 // want `label-constant`
	_ = sealed.SetOf(st, name, d)                    // want `label-constant`
	_ = st.Set("UserName", []byte("JudeTheObscure")) // want `literal`
	_ = st.Set(name, nil)                            // want `label-constant`
}

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
}

package literal

import "github.com/habeas-data/habeas/sealed"

func inTest(s *sealed.Session) { _, _ = s.Seal("password", []byte("hunter2")) }

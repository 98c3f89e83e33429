package web

import "github.com/habeas-data/habeas/internal/edge"

// Systems is what the pages about connected systems ask of the server.
type Systems interface{}

func (s *Site) mountSystems(*edge.Mux) {}

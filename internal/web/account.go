package web

import "github.com/habeas-data/habeas/internal/edge"

// Accounts is what the pages about accounts ask of the server.
type Accounts interface{}

func (s *Site) mountAccount(*edge.Mux) {}

package compare

import "github.com/habeas-data/habeas/sealed"

func outer(a, b sealed.Value) bool {
	if a == b { // want `compare: sealed values are compared by ==; that compares handles`
		return true
	}
	if a != (sealed.Value{}) { // want `compare`
		return true
	}
	_ = map[sealed.Value]int{} // want `compare: the key of a map`
	switch a {                 // want `compare: a switch`
	case b:
	}
	return a.Equal(b) && !a.IsZero()
}

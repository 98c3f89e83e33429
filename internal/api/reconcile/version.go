package reconcile

import (
	"mime"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
)

// version is one of the API.
type version string

const (
	v01 version = "0.1"
	v02 version = "0.2"
	v10 version = "1.0-draft"
)

var versions = []version{v01, v02, v10}

var errVersion = habeas.Invalid("version", "This version is not spoken here. Known are: {names}.").
	WithCode("reconcile.version").With("names", "0.1, 0.2, 1.0-draft")

// named returns the version that a request names, by the parameter “version” or by one of the
// media types that it accepts; "" for none. Clients of all versions may name none: what they
// send tells, see [Service.root].
func named(r *http.Request, parameter string) (version, error) {
	if parameter != "" {
		for _, v := range versions {
			if parameter == string(v) {
				return v, nil
			}
		}
		return "", errVersion
	}
	for _, line := range r.Header["Accept"] {
		for accepted := range strings.SplitSeq(line, ",") {
			media, params, err := mime.ParseMediaType(accepted)
			if err != nil || media != "application/json" {
				continue
			}
			for _, v := range versions {
				if params["version"] == string(v) {
					return v, nil
				}
			}
		}
	}
	return "", nil
}

// or returns v, or another one in place of none.
func (v version) or(other version) version {
	if v == "" {
		return other
	}
	return v
}

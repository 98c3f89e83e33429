package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
)

// designating is what the command asks of a running server.
type designating struct {
	Address string `json:"address"`
}

const (
	designatePath = "/account/manager"
	// maxDesignating bounds what the command sends, in bytes.
	maxDesignating = 4 << 10
)

// designated is Designate for the control socket.
func (s *Server) designated(w http.ResponseWriter, r *http.Request) error {
	in, err := edge.DecodeJSON[designating](w, r, maxDesignating)
	if err != nil {
		return err
	}
	address, err := email.Parse(in.Address)
	if err != nil {
		return err
	}
	if err := s.Certificates.Roles.Designate(r.Context(), address); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write([]byte("{}\n"))
	return err
}

// DesignateManager makes whoever proves an address the authorization manager of the server
// in dir (ATTR-07). Only who may use the machine as the server's own user can. A running
// server does it itself; without one password opens the directory, and the certificate of
// somebody who is registered already is issued once the server runs.
func DesignateManager(ctx context.Context, dir, typed string, password func() (keyring.Password, error), log *slog.Logger) error {
	address, err := email.Parse(typed)
	if err != nil {
		return err
	}
	client, err := DialControl(dir)
	switch {
	case err == nil:
		err := client.Call(ctx, http.MethodPost, designatePath, designating{typed}, &struct{}{})
		return errors.Join(err, client.Close())
	case !errors.Is(err, ErrNotRunning):
		return err
	}
	if Empty(dir) {
		return ErrNoRecords
	}
	open, err := password()
	if err != nil {
		return err
	}
	s, err := openAlone(ctx, dir, open, log)
	if err != nil {
		return err
	}
	_, err = s.Certificates.Roles.record(ctx, address)
	return errors.Join(err, s.Close())
}

package app

import (
	"os"

	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/release"
)

// DownloadSettings say which programs the server offers.
type DownloadSettings struct {
	Dir string `toml:"dir" doc:"directory of a release, with its signed manifest: everybody can get its programs at /download. Without it none are offered" example:"/srv/habeas/v1.2.3"`
	Key string `toml:"key" doc:"public key of who releases; without it the one that is built into this program" example:"example.org/habeas+1f2e3d4c+AR…"`
}

// shelf is what the settings offer; nil: nothing.
func (s Settings) shelf() (*release.Shelf, error) {
	if s.Downloads.Dir == "" {
		return nil, nil
	}
	key, err := release.Key(s.Downloads.Key)
	if err != nil {
		return nil, err
	}
	return release.NewShelf(s.file(s.Downloads.Dir), key), nil
}

func (c *checker) downloads() {
	if c.Downloads.Dir == "" {
		c.wantIf(c.Downloads.Key != "", "downloads.key", "downloads.dir is missing beside it")
		return
	}
	at, err := os.Stat(c.file(c.Downloads.Dir))
	c.wantIf(err != nil || !at.IsDir(), "downloads.dir", "expected a directory that is there")
	_, err = release.Key(c.Downloads.Key)
	c.want(err, "downloads.key")
}

// examineDownloads adds to a report what is wrong with the programs that are offered. The
// server refuses each of them by itself; who runs it should know why.
func examineDownloads(dir string, r backup.Report) backup.Report {
	s, err := ReadSettings(dir)
	if err != nil {
		return r // what is wrong with the settings is said by "habeas config check"
	}
	shelf, err := s.shelf()
	if err == nil && shelf != nil {
		err = shelf.Check()
	}
	if err == nil {
		return r
	}
	r.Findings = append(r.Findings, backup.Finding{
		Code: "downloads", Severity: backup.Warn, What: "Programs that are offered at /download are not what was released, and are refused: " + err.Error() + ".",
		Do: "Find out who changed them, then put the release there again: " + s.Downloads.Dir + ".",
	})
	if r.Verdict == backup.Good {
		r.Verdict = backup.Warn
	}
	return r
}

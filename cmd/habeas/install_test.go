package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// stage lets the commands of docs/install.md run without being root: there is no other
// user, and the service manager is a background process that gets what the unit gives it.
const stage = `set -euo pipefail
umask 077
mkdir -p "$ROOT"/{bin,etc/systemd/system,var/lib,run}
export PATH="$ROOT/bin:$PATH"
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
useradd() { :; }
install() {
  local a=()
  while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2;; *) a+=("$1"); shift;; esac; done
  command install "${a[@]}"
}
start() {
  cp "$ROOT/etc/habeas/master-password" "$ROOT/run/master-password"
  CREDENTIALS_DIRECTORY="$ROOT/run" habeas serve --dir "$ROOT/var/lib/habeas" >"$ROOT/out" 2>>"$ROOT/log" &
  echo $! >"$ROOT/pid"
  until grep -q listening "$ROOT/out"; do kill -0 "$(cat "$ROOT/pid")" || { cat "$ROOT/log"; exit 1; }; done
  until habeas status --dir "$ROOT/var/lib/habeas" >/dev/null 2>&1; do :; done
}
stop() { kill "$(cat "$ROOT/pid")"; wait "$(cat "$ROOT/pid")"; }
systemctl() {
  case "$*" in
    daemon-reload) ;;
    'enable --now habeas') start;;
    'restart habeas') stop; start;;
    *) echo "systemctl $*?"; exit 1;;
  esac
}
trap 'kill "$(cat "$ROOT/pid")" 2>/dev/null || true' EXIT
`

// block finds the commands of the guide that are for everybody.
var block = regexp.MustCompile("(?s)\n```sh\n(.*?)\n```\n")

func TestTheInstallationGuideLeadsToTheFirstAdministrator(t *testing.T) {
	s := &site{TB: t}
	text, err := os.ReadFile("../../docs/install.md")
	s.must(err)
	habeas, err := exec.LookPath("habeas")
	s.must(err)
	unit, err := filepath.Abs("../../deploy/habeas.service")
	s.must(err)
	root, at := t.TempDir(), s.freeAddress()
	place := strings.NewReplacer(
		"/var/lib/habeas", root+"/var/lib/habeas", "/etc/", root+"/etc/", "/usr/local/bin/", root+"/bin/",
		" bin/habeas", " "+habeas, "deploy/habeas.service", unit, "127.0.0.1:8080", at,
	)
	var script strings.Builder
	script.WriteString(stage)
	blocks := block.FindAllStringSubmatch(string(text), -1)
	for _, b := range blocks {
		script.WriteString(place.Replace(b[1]) + "\n")
		if strings.Contains(b[1], "enable --now") { // the browser's turn
			script.WriteString("curl -fsS -H 'Host: records.example.org' http://" + at + "/ >/dev/null\n" +
				"curl -fsS -H 'Host: records.example.org' \"http://" + at + "$(cat \"$ROOT/link\")\" >\"$ROOT/page\"\n")
		}
	}
	if len(blocks) < 6 {
		t.Fatalf("the guide has %d blocks of commands", len(blocks))
	}
	// What init prints is read by a person; here the path of the link is kept.
	full := strings.Replace(script.String(), "--public-url https://records.example.org\n",
		"--public-url https://records.example.org | tee \"$ROOT/init\"\n"+
			"grep -o '/first-administrator.*' \"$ROOT/init\" >\"$ROOT/link\"\n", 1)
	cmd := exec.CommandContext(t.Context(), "bash", "-c", full+"habeas status --dir \"$ROOT/var/lib/habeas\"\nstop\n")
	cmd.Env = append(os.Environ(), "ROOT="+root)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		log, _ := os.ReadFile(filepath.Join(root, "log"))
		t.Fatalf("%v\n%s\n%s", err, &out, log)
	}
	page, err := os.ReadFile(filepath.Join(root, "page"))
	s.must(err)
	if !strings.Contains(string(page), "<form") {
		t.Errorf("the first administrator's link shows %s", page)
	}
	if strings.Count(out.String(), "https://records.example.org") < 2 || !strings.Contains(out.String(), "The settings hold.") {
		t.Errorf("it printed:\n%s", &out)
	}
}

// The unit is looked at by systemd itself where there is one.
func TestTheUnitIsOneThatSystemdUnderstands(t *testing.T) {
	s := &site{TB: t}
	text, err := os.ReadFile("../../deploy/habeas.service")
	s.must(err)
	for _, want := range []string{"Type=notify", "WatchdogSec=", "LoadCredential=master-password:", "StateDirectoryMode=0700", "LimitCORE=0", "UMask=0077"} {
		if !strings.Contains(string(text), "\n"+want) {
			t.Errorf("the unit lacks %s", want)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // what the text says is checked above
	}
	habeas, err := exec.LookPath("habeas")
	s.must(err)
	unit := filepath.Join(t.TempDir(), "habeas.service")
	s.must(os.WriteFile(unit, bytes.ReplaceAll(text, []byte("/usr/local/bin/habeas"), []byte(habeas)), 0o600))
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput(); err != nil || bytes.Contains(out, []byte("Unknown")) {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

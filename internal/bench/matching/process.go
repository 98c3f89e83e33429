package matching

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// memory returns what the process holds in memory now and what it held at most, in MiB,
// as Linux counts it; false elsewhere.
func memory() (now, most float64, ok bool) {
	status := fields("/proc/self/status")
	now, peak := kilobytes(status["VmRSS"]), kilobytes(status["VmHWM"])
	return now / 1024, peak / 1024, now > 0
}

// CPUSeconds returns the processor time that the process has used, of all cores, as
// Linux counts it; 0 elsewhere. It is what remains comparable on a busy machine.
func CPUSeconds() float64 {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	// The name in parentheses may hold spaces; what follows has utime and stime as
	// fields 12 and 13, in hundredths of a second (proc(5)).
	after := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(after) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(after[11], 64)
	system, _ := strconv.ParseFloat(after[12], 64)
	return (user + system) / 100
}

// fields reads a file of "name: value" lines; what cannot be read has none.
func fields(file string) map[string]string {
	all := map[string]string{}
	f, err := os.Open(file)
	if err != nil {
		return all
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			all[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return all
}

func kilobytes(s string) float64 {
	v, _ := strconv.ParseFloat(strings.TrimSuffix(s, " kB"), 64)
	return v
}

// ThisMachine describes where the measurement runs.
func ThisMachine() Machine {
	m := Machine{
		Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		CPU: fields("/proc/cpuinfo")["model name"], RAM: int(kilobytes(fields("/proc/meminfo")["MemTotal"]) / 1024),
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.TrimSpace(string(load))
	}
	return m
}

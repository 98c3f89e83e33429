package canary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// region is one line of /proc/PID/maps.
type region struct {
	start, size int64
	name        string
}

// Process searches the memory of another process of this machine (Linux, with the rights
// to trace it). Pages that the kernel gives to nobody, such as those of memfd_secret, are
// listed as skipped. The process goes on meanwhile: what moves may be missed, so stop it
// first where that matters; and a program under the race detector has more memory than can
// be read. The control is its own command line, which must be found.
func (s *Set) Process(pid int) (Report, error) {
	if pid == os.Getpid() {
		return Report{}, errors.New("canary: the process that searches holds the canaries itself")
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	regions, err := regionsOf(filepath.Join(dir, "maps"))
	if err != nil {
		return Report{}, err
	}
	mem, err := os.Open(filepath.Join(dir, "mem"))
	if err != nil {
		return Report{}, fmt.Errorf("canary: %w", err)
	}
	defer mem.Close()
	probe, err := commandLine(filepath.Join(dir, "cmdline"))
	if err != nil {
		return Report{}, err
	}
	var all Report
	seen := false
	for _, r := range regions {
		pages := &pages{from: mem, at: r.start, end: r.start + r.size}
		report, err := s.begin(fmt.Sprintf("process %d, %#x %s", pid, r.start, r.name)).run(pages, maxDepth)
		if err != nil {
			return all, err
		}
		if pages.lost > 0 {
			report.Skipped = append(report.Skipped, fmt.Sprintf("%d bytes at %#x %s", pages.lost, r.start, r.name))
		}
		all.add(report)
		if !seen && r.name == "[stack]" {
			found, err := probe.Reader("", io.NewSectionReader(mem, r.start, r.size))
			if err != nil {
				return all, err
			}
			seen = len(found.Findings) > 0
		}
	}
	if !seen {
		return all, fmt.Errorf("%w: the command line of process %d", ErrBlind, pid)
	}
	return all, nil
}

// regionsOf lists what of an address space can be read.
func regionsOf(maps string) ([]region, error) {
	text, err := os.ReadFile(maps)
	if err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	var all []region
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[1][0] != 'r' {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err := strconv.ParseInt(from, 16, 64)
		end, err2 := strconv.ParseInt(to, 16, 64)
		if err != nil || err2 != nil {
			continue // the page of system calls, above all that is a process's own
		}
		all = append(all, region{start, end - start, strings.Join(fields[5:], " ")})
	}
	return all, nil
}

// commandLine is a set with the arguments of a process as they lie on its stack.
func commandLine(path string) (*Set, error) {
	line, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("canary: %w", err)
	}
	var probe Set
	probe.Binary("command line", line[:min(len(line), 256)])
	return &probe, nil
}

const pageSize = 4096

// pages reads memory and puts zeros for pages that cannot be read.
type pages struct {
	from    io.ReaderAt
	at, end int64
	lost    int // bytes
}

// Read implements io.Reader.
func (p *pages) Read(b []byte) (int, error) {
	if p.at >= p.end {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.end-p.at)]
	n, err := p.from.ReadAt(b, p.at)
	if n == 0 && err != nil {
		n = int(min(int64(len(b)), pageSize-p.at%pageSize))
		clear(b[:n])
		p.lost += n
	}
	p.at += int64(n)
	return n, nil
}

// Core searches a core dump (ELF). The control is the command line that the kernel noted
// in it, which must be found in the memory that was dumped: a core without memory, as
// coredump_filter or a limit may leave it, is ErrBlind, and one that was cut off an error.
func (s *Set) Core(path string) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("canary: %w", err)
	}
	defer f.Close()
	core, err := elf.NewFile(f)
	if err != nil || core.Type != elf.ET_CORE {
		return Report{}, fmt.Errorf("canary: %s is no core dump in ELF: %w", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return Report{}, fmt.Errorf("canary: %w", err)
	}
	program := ""
	for _, p := range core.Progs {
		if p.Off+p.Filesz > uint64(info.Size()) { //nolint:gosec // a file's size is not negative
			return Report{}, fmt.Errorf("canary: %s is cut off: %d bytes of memory end past it", path, p.Filesz)
		}
		if p.Type == elf.PT_NOTE && program == "" {
			program = programOf(p, core.ByteOrder)
		}
	}
	var probe Set
	probe.Binary("command line", []byte(program))
	seen := false
	for _, p := range core.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 || seen {
			continue
		}
		found, err := probe.Reader("", p.Open())
		if err != nil {
			return Report{}, err
		}
		seen = len(found.Findings) > 0
	}
	if !seen {
		return Report{}, fmt.Errorf("%w: the command line in the core dump %s", ErrBlind, path)
	}
	return s.begin(path).run(f, maxDepth)
}

// programOf reads the first word of the command line from the note NT_PRPSINFO of 64-bit
// Linux: 40 bytes of numbers, 16 of the file's name, 80 of the command line.
func programOf(p *elf.Prog, order binary.ByteOrder) string {
	const head, line = 12, 56
	notes, err := io.ReadAll(io.LimitReader(p.Open(), 1<<20))
	for err == nil && len(notes) >= head {
		name, size, kind := order.Uint32(notes), order.Uint32(notes[4:]), order.Uint32(notes[8:])
		from := head + int64(name+3)&^3
		next := from + int64(size+3)&^3
		if next > int64(len(notes)) {
			break
		}
		if kind == 3 && size >= line+80 {
			args, _, _ := bytes.Cut(notes[from+line:from+line+80], []byte{0})
			word, _, _ := bytes.Cut(args, []byte(" "))
			return string(word)
		}
		notes = notes[next:]
	}
	return ""
}

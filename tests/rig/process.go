// This file is what a daemon's process tells of itself: its id and its memory.

package rig

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
)

// ProcessID returns the id of the process that answers at Addr now, as INFO tells it.
func (d *Daemon) ProcessID() (int, error) {
	conn, err := net.Dial("tcp", d.Addr())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "INFO server\r\nQUIT\r\n"); err != nil {
		return 0, err
	}
	info, err := io.ReadAll(conn)
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(info), "process_id:")
	id, _, _ := strings.Cut(after, "\r\n")
	return strconv.Atoi(id)
}

// Resident returns the bytes of memory that the daemon has now.
func (d *Daemon) Resident() (int64, error) { return d.status("VmRSS") }

// PeakResident returns the most bytes of memory that the daemon had at any time.
func (d *Daemon) PeakResident() (int64, error) { return d.status("VmHWM") }

// AddressSpace returns the bytes of address space that the daemon has now.
func (d *Daemon) AddressSpace() (int64, error) { return d.status("VmSize") }

// Mappings returns how many mappings the daemon's address space is made of; the kernel bounds them by vm.max_map_count.
func (d *Daemon) Mappings() (int, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", d.PID()))
	return bytes.Count(maps, []byte{'\n'}), err
}

// status returns a field in kB of /proc/PID/status, in bytes.
func (d *Daemon) status(field string) (int64, error) {
	path := fmt.Sprintf("/proc/%d/status", d.PID())
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no field %s", path, field)
}

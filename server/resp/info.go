// This file is the text that INFO answers: sections of "key:value" lines, as Redis's.

package resp

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/objluad/objluad/server/wire"
)

// infoSection is a section of INFO.
type infoSection struct {
	name  string
	write func(r *infoReport)
	in    string // the word that is enough to ask for it: default, all or everything; each of them asks for those before, too
}

// infoSections are in the order of their output.
var infoSections = []infoSection{
	{"server", (*infoReport).server, "default"},
	{"clients", (*infoReport).clients, "default"},
	{"memory", (*infoReport).memory, "default"},
	{"persistence", (*infoReport).persistence, "default"},
	{"stats", (*infoReport).stats, "default"},
	{"replication", (*infoReport).replication, "default"},
	{"cpu", (*infoReport).cpu, "default"},
	{"classes", (*infoReport).classes, "all"},
	{"commandstats", (*infoReport).commandstats, "all"},
	{"errorstats", (*infoReport).errorstats, "default"},
	{"pools", (*infoReport).pools, "everything"},
}

// info answers with the sections that the client named, or with the default ones.
func (c *conn) info(args [][]byte) error {
	r := infoReport{c: c, Server: c.srv}
	for _, section := range infoSections {
		if !section.wanted(args) {
			continue
		}
		if r.Len() > 0 {
			r.WriteString("\r\n")
		}
		fmt.Fprintf(&r, "# %s\r\n", strings.ToUpper(section.name[:1])+section.name[1:])
		section.write(&r)
	}
	if r.err != nil {
		return r.err
	}
	c.out.text(r.String())
	return nil
}

func (s *infoSection) wanted(args [][]byte) bool {
	if len(args) == 0 {
		return s.in == "default"
	}
	return slices.ContainsFunc(args, func(arg []byte) bool {
		switch word := strings.ToLower(string(wire.Clip(arg))); word {
		case "everything":
			return true
		case "all":
			return s.in != "everything"
		default:
			return word == s.name || word == s.in
		}
	})
}

// infoReport is an answer to INFO. Each number is read from where Prometheus's is.
type infoReport struct {
	strings.Builder
	*Server
	c   *conn
	err error // of a section that asks the store
}

// line writes "key:value".
func (r *infoReport) line(key string, value any) { fmt.Fprintf(r, "%s:%v\r\n", key, value) }

func (r *infoReport) server() {
	uptime := int64(time.Since(r.started).Seconds())
	r.line("objluad_version", r.opts.Version)
	r.line("process_id", os.Getpid())
	r.line("redis_mode", "standalone")
	if addr, ok := r.c.nc.LocalAddr().(*net.TCPAddr); ok {
		r.line("tcp_port", addr.Port)
	}
	r.line("server_time_usec", time.Now().UnixMicro())
	r.line("uptime_in_seconds", uptime)
	r.line("uptime_in_days", uptime/(24*60*60))
	r.line("go_version", runtime.Version())
	r.line("os", runtime.GOOS+" "+runtime.GOARCH)
}

func (r *infoReport) clients() {
	conns, busy := r.Server.clients(), 0
	for _, other := range conns {
		if other != r.c && other.began.Load() > 0 {
			busy++
		}
	}
	r.line("connected_clients", r.connections())
	r.line("maxclients", r.connected.MaxConnections())
	r.line("blocked_clients", busy)
}

func (r *infoReport) memory() {
	// Prometheus's collectors read these, too, with much else that takes longer.
	golang := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}}
	metrics.Read(golang)
	used, resident := golang[0].Value.Uint64(), residentBytes()
	r.line("used_memory", used)
	r.line("used_memory_human", human(used))
	r.line("used_memory_rss", resident)
	r.line("used_memory_rss_human", human(resident))
	r.line("used_memory_go", golang[1].Value.Uint64())
	r.line("image_bytes", r.service.Stats().Engine.ImageBytes)
	r.line("cache_bytes", r.service.Stats().Cache.Bytes)
	buffers := int64(0)
	for _, other := range r.Server.clients() {
		buffers += other.buffers()
	}
	r.line("mem_clients_normal", buffers)
}

// residentBytes returns how much of the process is in memory, 0 when the system does not tell.
func residentBytes() uint64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages uint64
	fmt.Sscan(string(statm), &size, &pages)
	return pages * uint64(os.Getpagesize())
}

// persistence tells what the daemon said of its store, and what the store remembers.
func (r *infoReport) persistence() {
	r.line("loading", 0)
	for _, fact := range r.opts.Store {
		r.line(fact[0], wire.Printable(fact[1], wire.MaxMessage, false))
	}
	cache := r.service.Stats().Cache
	r.line("cache_hits", cache.Hits)
	r.line("cache_misses", cache.Misses)
	r.line("cache_stale", cache.Stale)
}

func (r *infoReport) stats() {
	stats, ended := r.service.Stats(), r.metrics.Totals()
	r.line("total_connections_received", r.connected.Accepted())
	r.line("rejected_connections", r.connected.Refused())
	r.line("total_commands_processed", r.Server.stats.answered.Load())
	r.line("total_net_input_bytes", r.Server.stats.received.Load())
	r.line("total_net_output_bytes", r.Server.stats.sent.Load())
	errors := int64(0)
	r.Server.stats.eachError(func(_ string, n int64) { errors += n })
	r.line("total_error_replies", errors)
	r.line("acl_access_denied_auth", r.audit.Refusals.LoginsFailed.Load())
	r.line("acl_access_denied_cmd", r.audit.Refusals.Denied.Load())
	r.line("calls", ended.Calls)
	r.line("calls_failed", ended.Failed)
	r.line("calls_in_progress", stats.Calls)
	r.line("calls_running", stats.Running)
	r.line("traps", ended.Trapped)
	r.line("slots", stats.Engine.Slots)
	r.line("slots_busy", stats.Engine.Busy)
	r.line("slots_created", stats.Engine.Created)
	r.line("slots_destroyed", stats.Engine.Destroyed)
	r.line("quarantined_versions", stats.Quarantine.Versions)
	r.line("quarantine_refused", stats.Quarantine.Refused)
}

// replication is for clients that look for a master.
func (r *infoReport) replication() {
	r.line("role", "master")
	r.line("connected_slaves", 0)
}

func (r *infoReport) cpu() {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return
	}
	r.line("used_cpu_sys", seconds(usage.Stime))
	r.line("used_cpu_user", seconds(usage.Utime))
}

func seconds(t syscall.Timeval) string { return fmt.Sprintf("%d.%06d", t.Sec, t.Usec) }

func (r *infoReport) commandstats() {
	for _, cmd := range r.Server.stats.used() {
		stat := r.Server.stats.commands[cmd]
		calls, usec := stat.calls.Load(), float64(stat.nanos.Load())/1e3
		r.line("cmdstat_"+cmd.name, fmt.Sprintf("calls=%d,usec=%.0f,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			calls, usec, usec/float64(max(calls, 1)), stat.rejected.Load(), stat.failed.Load()))
	}
}

func (r *infoReport) errorstats() {
	var lines []string
	r.Server.stats.eachError(func(code string, n int64) {
		lines = append(lines, fmt.Sprintf("errorstat_%s:count=%d\r\n", code, n))
	})
	slices.Sort(lines)
	r.WriteString(strings.Join(lines, ""))
}

// pools is not among the sections that are asked for often: a store may have to count.
func (r *infoReport) pools() {
	pools, space, err := r.service.Disk(r.c.ctx)
	if err != nil {
		r.err = err
		return
	}
	r.line("total_bytes", space.Total)
	r.line("available_bytes", space.Available)
	for _, pool := range pools {
		r.line("pool_"+wire.Printable(pool.Name, wire.MaxMessage, false), fmt.Sprintf("objects=%d,bytes=%d", pool.Objects, pool.Bytes))
	}
}

// human writes a number of bytes as Redis does.
func human(n uint64) string {
	bytes := float64(n)
	for _, unit := range []string{"B", "K", "M"} {
		if bytes < 1024 {
			return fmt.Sprintf("%.2f%s", bytes, unit)
		}
		bytes /= 1024
	}
	return fmt.Sprintf("%.2fG", bytes)
}

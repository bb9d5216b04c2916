// This file is the text that INFO answers: sections of "key:value" lines, as Redis's.

package server

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// infoSections are the sections of INFO in their order.
var infoSections = []struct {
	name  string
	write func(s *respServer, b *strings.Builder)
}{
	{"server", (*respServer).infoServer},
	{"clients", (*respServer).infoClients},
	{"stats", (*respServer).infoStats},
}

// info answers with the sections that the client named, or with all.
func (c *respConn) info(args [][]byte) error {
	var b strings.Builder
	for _, section := range infoSections {
		if !wantsSection(args, section.name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "# %s\r\n", strings.ToUpper(section.name[:1])+section.name[1:])
		section.write(c.srv, &b)
	}
	c.out.text(b.String())
	return nil
}

func wantsSection(args [][]byte, section string) bool {
	for _, arg := range args {
		switch strings.ToLower(string(clip(arg))) {
		case section, "all", "everything", "default":
			return true
		}
	}
	return len(args) == 0
}

func (s *respServer) infoServer(b *strings.Builder) {
	uptime := int64(time.Since(s.started).Seconds())
	fmt.Fprintf(b, "objluad_version:%s\r\n", s.opts.Version)
	fmt.Fprintf(b, "process_id:%d\r\n", os.Getpid())
	fmt.Fprintf(b, "uptime_in_seconds:%d\r\n", uptime)
	fmt.Fprintf(b, "uptime_in_days:%d\r\n", uptime/(24*60*60))
	fmt.Fprintf(b, "go_version:%s\r\n", runtime.Version())
	fmt.Fprintf(b, "os:%s %s\r\n", runtime.GOOS, runtime.GOARCH)
}

func (s *respServer) infoClients(b *strings.Builder) {
	fmt.Fprintf(b, "connected_clients:%d\r\n", s.connections())
	fmt.Fprintf(b, "maxclients:%d\r\n", s.opts.MaxConnections)
}

func (s *respServer) infoStats(b *strings.Builder) {
	stats, m := s.service.Stats(), s.metrics
	fmt.Fprintf(b, "total_connections_received:%d\r\n", m.accepted.Load())
	fmt.Fprintf(b, "rejected_connections:%d\r\n", m.refused.Load())
	fmt.Fprintf(b, "total_commands_processed:%d\r\n", m.commands.Load())
	fmt.Fprintf(b, "calls:%d\r\n", m.ended.Load())
	fmt.Fprintf(b, "calls_failed:%d\r\n", m.failed.Load())
	fmt.Fprintf(b, "calls_in_progress:%d\r\n", stats.Calls)
	fmt.Fprintf(b, "calls_running:%d\r\n", stats.Running)
	fmt.Fprintf(b, "traps:%d\r\n", m.trapped.Load())
	fmt.Fprintf(b, "slots:%d\r\n", stats.Engine.Slots)
	fmt.Fprintf(b, "slots_busy:%d\r\n", stats.Engine.Busy)
	fmt.Fprintf(b, "slots_created:%d\r\n", stats.Engine.Created)
	fmt.Fprintf(b, "slots_destroyed:%d\r\n", stats.Engine.Destroyed)
	fmt.Fprintf(b, "image_bytes:%d\r\n", stats.Engine.ImageBytes)
}

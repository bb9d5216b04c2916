// This file tests INFO: its sections, and that Prometheus is told the same.

package resp_test

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

// infoOf returns the lines of INFO.
func infoOf(p *servertest.Peer, sections ...string) map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(p.Ask(append([]string{"INFO"}, sections...)...)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		lines[key] = value
	}
	return lines
}

// scrape returns what Prometheus is told, by name and labels as in the text.
func scrape(t *testing.T, rig *servertest.Rig) map[string]float64 {
	t.Helper()
	resp, err := http.Get("http://" + rig.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			series[line[:i]], _ = strconv.ParseFloat(strings.TrimSpace(line[i:]), 64)
		}
	}
	return series
}

// stat returns a number of "a=1,b=2".
func stat(line, key string) float64 {
	for field := range strings.SplitSeq(line, ",") {
		if name, value, _ := strings.Cut(field, "="); name == key {
			n, _ := strconv.ParseFloat(value, 64)
			return n
		}
	}
	return -1
}

func TestInfoSections(t *testing.T) {
	rig := servertest.Start(t, server.Options{Store: [][2]string{{"store", "test"}, {"fsync", "never"}}})
	p := servertest.Dial(t, rig.RESP)
	p.Ask("OBJ.WRITEFULL", "p", "o", "data")
	titles := func(sections ...string) string {
		return strings.Join(regexp.MustCompile(`# \w+`).FindAllString(p.Ask(append([]string{"INFO"}, sections...)...), -1), " ")
	}
	const defaults = "# Server # Clients # Memory # Persistence # Stats # Replication # Cpu # Errorstats"
	for sections, want := range map[string]string{
		"":                  defaults,
		"default":           defaults,
		"ALL":               "# Server # Clients # Memory # Persistence # Stats # Replication # Cpu # Classes # Commandstats # Errorstats",
		"everything":        "# Server # Clients # Memory # Persistence # Stats # Replication # Cpu # Classes # Commandstats # Errorstats # Pools",
		"stats server":      "# Server # Stats",
		"clients nosuch":    "# Clients",
		"nosuch":            "",
		"default pools cpu": defaults + " # Pools",
	} {
		if got := titles(strings.Fields(sections)...); got != want {
			t.Errorf("INFO %s has\n%s, want\n%s", sections, got, want)
		}
	}
	info := infoOf(p, "everything")
	for key, want := range map[string]string{
		"store": `test`, "fsync": "never", "loading": "0", "role": "master", "tcp_port": `[1-9]\d*`, "used_memory": `[1-9]\d{5,}`,
		"used_memory_rss": `[1-9]\d{6,}`, "used_memory_rss_human": `\d+\.\d\d[MG]`, "mem_clients_normal": "16384", "blocked_clients": "0",
		"used_cpu_user": `\d+\.\d{6}`, "pool_p": "objects=1,bytes=4", "pool_default": "objects=0,bytes=0", "available_bytes": `\d+`,
		"total_net_input_bytes": `[1-9]\d+`, "total_net_output_bytes": `[1-9]\d+`,
		"cmdstat_obj.writefull": `calls=1,usec=[1-9]\d*,usec_per_call=[1-9]\d*\.\d\d,rejected_calls=0,failed_calls=0`,
	} {
		servertest.WantMatch(t, key, info[key], want)
	}
}

// TestInfoIsWhatPrometheusIsTold makes calls of all sorts, and compares each number that both have.
func TestInfoIsWhatPrometheusIsTold(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	exec := func(method, input string, opts ...string) string {
		return servertest.Command(append([]string{"OBJ.EXEC", "p", "o", "test", method, input}, opts...)...)
	}
	pipeline := []string{
		exec("count", ""), exec("count", ""), exec("ret", "-2"), exec("fail", "110 trap:deadline x"), exec("echo", "", "TIMEOUT", "x"),
		servertest.Command("OBJ.READ", "p", "nosuch"), servertest.Command("OBJ.READ", "p"), servertest.Command("CLIENT", "ID"), servertest.Command("CLIENT", "ID", "x"),
		servertest.Command("NOSUCH"), servertest.Command("HELLO", "4"), servertest.Command("PING"), servertest.Command("PING"), servertest.Command("PING"), exec("ret", "-12345"),
	}
	p.Send(strings.Join(pipeline, ""))
	for range pipeline {
		p.Reply()
	}
	info, told := infoOf(p, "everything"), scrape(t, rig)
	number := func(key string) float64 {
		n, err := strconv.ParseFloat(info[key], 64)
		if err != nil {
			t.Errorf("INFO has no %s", key)
		}
		return n
	}
	for key, series := range map[string]string{
		"calls_running": "objluad_calls_running", "slots": "objluad_slots", "image_bytes": "objluad_image_bytes",
		"connected_clients":          "objluad_resp_connections",
		"total_connections_received": "objluad_resp_connections_accepted_total",
		"rejected_connections":       "objluad_resp_connections_refused_total",
		"total_net_input_bytes":      "objluad_resp_received_bytes_total",
		"traps":                      `objluad_traps_total{code="deadline"}`,
	} {
		if got, ok := told[series]; !ok || got != number(key) {
			t.Errorf("INFO has %s %v, Prometheus %v", key, number(key), got)
		}
	}
	// INFO answers before it counts itself.
	if got := told["objluad_resp_commands_total"]; got != number("total_commands_processed")+1 || got != float64(len(pipeline)+1) {
		t.Errorf("INFO has %v commands, Prometheus %v", number("total_commands_processed"), got)
	}
	commands, calls, failed := 0, 0.0, 0.0
	for key, line := range info {
		if code, ok := strings.CutPrefix(key, "errorstat_"); ok {
			if got := told[`objluad_resp_errors_total{error="`+code+`"}`]; got == 0 || got != stat(line, "count") {
				t.Errorf("INFO has %s %s, Prometheus %v", code, line, got)
			}
		}
		name, ok := strings.CutPrefix(key, "cmdstat_")
		if !ok || name == "info" {
			continue
		}
		commands++
		of := func(metric string) float64 { return told["objluad_resp_command_"+metric+`_total{command="`+name+`"}`] }
		if stat(line, "calls") != of("calls") || stat(line, "failed_calls") != of("failed") || stat(line, "rejected_calls") != of("rejected") ||
			int64(1e6*of("seconds")+0.5) != int64(stat(line, "usec")) {
			t.Errorf("INFO has %s %s, Prometheus calls %v, failed %v, rejected %v, seconds %v", name, line, of("calls"), of("failed"), of("rejected"), of("seconds"))
		}
	}
	for series, n := range told {
		if !strings.HasPrefix(series, "objluad_calls_total{") {
			continue
		}
		calls += n
		if !strings.Contains(series, `outcome="ok"`) {
			failed += n
		}
	}
	if line := info["class_test"]; stat(line, "calls") != calls || stat(line, "failed_calls") != failed || stat(line, "traps") != 1 || calls != 5 || failed != 3 {
		t.Errorf("INFO has class %s, Prometheus %v calls, %v failed", line, calls, failed)
	}
	for key, want := range map[string]string{
		"cmdstat_obj.exec":  `calls=6,.*rejected_calls=0,failed_calls=4`,
		"cmdstat_obj.read":  `calls=1,.*rejected_calls=1,failed_calls=1`,
		"cmdstat_client|id": `calls=1,.*rejected_calls=1,failed_calls=0`,
		"cmdstat_hello":     `calls=1,.*failed_calls=1`,
		"cmdstat_ping":      `calls=3,.*failed_calls=0`,
		"errorstat_EINVAL":  "count=4", "errorstat_ENOENT": "count=2", "errorstat_ETIMEDOUT": "count=1", "errorstat_NOPROTO": "count=1",
		"errorstat_E12345": "count=1", "total_error_replies": "9", "calls": "5", "calls_failed": "3",
	} {
		servertest.WantMatch(t, key, info[key], want)
	}
	if commands != 5 {
		t.Errorf("INFO has %d commands beside itself, want 5", commands)
	}
}

// TestErrorsAreBounded has a method fail with more errnos than are counted by themselves.
func TestErrorsAreBounded(t *testing.T) {
	rig := servertest.Start(t, server.Options{})
	p := servertest.Dial(t, rig.RESP)
	const errnos = 400
	var send strings.Builder
	for i := range errnos {
		send.WriteString(servertest.Command("OBJ.EXEC", "p", "o", "test", "ret", strconv.Itoa(-10000-i)))
	}
	go io.WriteString(p, send.String())
	for range errnos {
		p.Reply()
	}
	info := infoOf(p, "errorstats")
	if got := stat(info["errorstat__other"], "count"); len(info) > 260 || got != errnos-256 {
		t.Errorf("%d lines, of others %v", len(info), got)
	}
}

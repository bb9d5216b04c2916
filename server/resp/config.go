// This file is the RESP commands CONFIG …, by which clients read the daemon's settings.

package resp

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/tidwall/match"

	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/server/wire"
)

var configCommands = []*command{
	{name: "config|get", usage: "pattern [pattern ...]", min: 1, max: many, flags: []string{"admin"},
		summary: "Returns the settings whose names match, and what means here what Redis's setting of that name does.", run: (*conn).configGet},
	{name: "config|set", usage: "name value [name value ...]", min: 2, max: many, flags: admin,
		summary: "Is refused: settings are changed in their file.", run: (*conn).configSet},
	{name: "config|rewrite", min: 0, max: 0, flags: admin,
		summary: "Is refused: settings are changed in their file.", run: (*conn).configSet},
	{name: "config|resetstat", min: 0, max: 0, flags: admin,
		summary: "Is refused: what is counted is counted from the daemon's start on.", run: (*conn).configResetStat},
}

func (c *conn) configGet(args [][]byte) error {
	settings := c.srv.settings()
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(settings)), func(name string) bool {
		return !slices.ContainsFunc(args, func(pattern []byte) bool { return match.Match(name, strings.ToLower(string(wire.Clip(pattern)))) })
	})
	c.out.mapping(len(names))
	for _, name := range names {
		c.out.bulkString(name)
		c.out.bulkString(settings[name])
	}
	return nil
}

func (c *conn) configSet([][]byte) error {
	return objclass.Errorf(syscall.EOPNOTSUPP, objclass.KindInput,
		"settings are not changed by a command: change the file of --config and send the daemon SIGHUP; objluad config check looks at the file")
}

func (c *conn) configResetStat([][]byte) error {
	return objclass.Errorf(syscall.EOPNOTSUPP, objclass.KindInput,
		"nothing is reset: numbers count from the daemon's start on; compare two of them, or start it again by SIGUSR2")
}

// settings are the daemon's, by their names, beside those of Redis's that say something true of it.
func (s *Server) settings() map[string]string {
	all := map[string]string{
		"appendfsync":      s.appendfsync(),
		"appendonly":       "yes", // a commit is in a log, or with a cluster, before it is answered
		"databases":        "1",
		"maxclients":       strconv.Itoa(s.connected.MaxConnections()),
		"maxmemory":        "0", // objects are not in memory
		"maxmemory-policy": "noeviction",
		"save":             "", // there are no snapshots
	}
	for _, setting := range s.opts.Settings() {
		all[setting[0]] = setting[1]
	}
	return all
}

// appendfsync is when commits are durable, as far as Redis has a word for it.
func (s *Server) appendfsync() string {
	facts := make(map[string]string)
	for _, fact := range s.opts.Store {
		facts[fact[0]] = fact[1]
	}
	interval, _ := strconv.Atoi(facts["fsync_interval_ms"])
	switch {
	case facts["fsync"] == "never", facts["fsync"] == "interval" && interval > 1000:
		return "no"
	case facts["fsync"] == "interval":
		return "everysec"
	}
	return "always"
}

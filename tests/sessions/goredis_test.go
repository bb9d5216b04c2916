// This file is sessions of go-redis.

package sessions

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/objluad/objluad/tests/rig"
)

// goRedis is with go-redis's own settings, but for the protocol: it sends HELLO, CLIENT SETINFO and CLIENT MAINT_NOTIFICATIONS.
func goRedis(t *testing.T, d *rig.Daemon) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprint("RESP", protocol), func(t *testing.T) {
			rdb := redis.NewClient(&redis.Options{Addr: d.Addr(), Protocol: protocol, ClientName: "go-redis-session", ContextTimeoutEnabled: true, PoolSize: 4, MaxRetries: -1})
			defer rdb.Close()
			oid := fmt.Sprint("go-redis-", protocol)
			goRedisReplies(t, rdb, oid)
			goRedisPipelines(t, rdb, oid)
			goRedisPool(t, rdb, oid)
			goRedisContext(t, d, rdb, oid)
			goRedisConnections(t, rdb, protocol)
		})
	}
}

// goRedisReplies takes replies of all types, and errors.
func goRedisReplies(t *testing.T, rdb *redis.Client, oid string) {
	ctx := t.Context()
	if pong, err := rdb.Ping(ctx).Result(); pong != "PONG" || err != nil {
		t.Errorf("PING: %q, %v", pong, err)
	}
	if echo, err := rdb.Echo(ctx, "a\r\n\x00").Result(); echo != "a\r\n\x00" || err != nil {
		t.Errorf("ECHO: %q, %v", echo, err)
	}
	if now, err := rdb.Time(ctx).Result(); time.Since(now).Abs() > time.Hour || err != nil {
		t.Errorf("TIME: %v, %v", now, err)
	}
	data := strings.Repeat("\x00\r\n$-1", 100_000)
	if version, err := rdb.Do(ctx, "OBJ.WRITEFULL", "default", oid, data).Int64(); version < 1 || err != nil {
		t.Errorf("OBJ.WRITEFULL: %d, %v", version, err)
	}
	if got, err := rdb.Do(ctx, "OBJ.READ", "default", oid).Text(); got != data || err != nil {
		t.Errorf("OBJ.READ: %d bytes, %v", len(got), err)
	}
	if stat, err := rdb.Do(ctx, "OBJ.STAT", "default", oid).Int64Slice(); len(stat) != 3 || stat[0] != int64(len(data)) || err != nil {
		t.Errorf("OBJ.STAT: %v, %v", stat, err)
	}
	if out, err := rdb.Do(ctx, "OBJ.EXEC", "default", oid, "s", "echo", "in").Text(); out != "in" || err != nil {
		t.Errorf("OBJ.EXEC: %q, %v", out, err)
	}
	meta := redis.NewMapStringInterfaceCmd(ctx, "OBJ.EXEC", "default", oid, "s", "echo", "in", "META")
	rdb.Process(ctx, meta)
	if m, err := meta.Result(); m["output"] != "in" || m["ret"] != int64(0) || err != nil {
		t.Errorf("META: %v, %v", m, err)
	}
	_, err := rdb.Do(ctx, "OBJ.EXEC", "default", oid, "s", "spin", "", "TIMEOUT", "50", "META").Text()
	var failed redis.Error
	if !errors.As(err, &failed) || !redis.HasErrorPrefix(err, "ETIMEDOUT trap:deadline s.lua:") {
		t.Errorf("a method that spins: %v", err)
	}
	if err := rdb.Get(ctx, "key").Err(); !redis.HasErrorPrefix(err, "EINVAL input unknown command 'get'") {
		t.Errorf("GET: %v", err)
	}
	if err := rdb.Do(ctx, "SELECT", "1").Err(); !redis.HasErrorPrefix(err, "EINVAL input DB index is out of range") {
		t.Errorf("SELECT: %v", err)
	}
	commands, err := rdb.Command(ctx).Result()
	if cmd := commands["obj.exec"]; err != nil || cmd == nil || cmd.Arity != -6 || cmd.FirstKeyPos != 2 || cmd.ReadOnly {
		t.Errorf("COMMAND: %+v, %v", cmd, err)
	}
	info, err := rdb.InfoMap(ctx, "all").Result()
	if err != nil || info["Server"]["process_id"] == "" || info["Commandstats"]["cmdstat_obj.exec"] == "" {
		t.Errorf("INFO: %v, %v", info, err)
	}
}

// goRedisPipelines checks that each command of a pipeline gets its own reply, and that transactions are refused. go-redis leaves the
// replies behind that refusal unread, and logs so.
func goRedisPipelines(t *testing.T, rdb *redis.Client, oid string) {
	ctx, counter := t.Context(), oid+"-pipeline"
	for round := range 3 {
		cmds, err := rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for range 100 {
				pipe.Do(ctx, "OBJ.EXEC", "default", counter, "s", "inc", 1)
				pipe.Do(ctx, "OBJ.READ", "default", "nosuch")
			}
			return nil
		})
		if !redis.HasErrorPrefix(err, "ENOENT op") { // of the first command that failed
			t.Errorf("the pipeline: %v", err)
		}
		for i, cmd := range cmds {
			got, err := cmd.(*redis.Cmd).Text()
			switch want := fmt.Sprint(100*round + i/2 + 1); {
			case i%2 == 0 && (got != want || err != nil):
				t.Fatalf("command %d: %q, %v, want %s", i, got, err, want)
			case i%2 == 1 && !redis.HasErrorPrefix(err, "ENOENT op"):
				t.Fatalf("command %d: %q, %v", i, got, err)
			}
		}
	}
	_, err := rdb.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Do(ctx, "PING")
		return nil
	})
	if !redis.HasErrorPrefix(err, "EINVAL input unknown command 'multi'") {
		t.Errorf("MULTI: %v", err)
	}
}

// goRedisPool has more goroutines than connections add to one object.
func goRedisPool(t *testing.T, rdb *redis.Client, oid string) {
	ctx, counter := t.Context(), oid+"-pool"
	const clients, each = 20, 25
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				if err := rdb.Do(ctx, "OBJ.EXEC", "default", counter, "s", "inc", 1).Err(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := rdb.Do(ctx, "OBJ.READ", "default", counter).Text(); got != fmt.Sprint(clients*each) || err != nil {
		t.Errorf("the counter is %s, %v, want %d", got, err, clients*each)
	}
	if stats := rdb.PoolStats(); stats.TotalConns > 4 || stats.Misses > 8 {
		t.Errorf("the pool: %+v", stats)
	}
}

// goRedisContext checks that a context's end ends the method that runs for it.
func goRedisContext(t *testing.T, d *rig.Daemon, rdb *redis.Client, oid string) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := rdb.Do(ctx, "OBJ.EXEC", "default", oid, "s", "spin", "", "TIMEOUT", "60000").Err()
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a method that spins: %v, want a timeout", err)
	}
	began := time.Now()
	wantNoCalls(t, d)
	if took := time.Since(began); took > 30*time.Second { // the method's own time is 60 s
		t.Errorf("the method ended after %v", took)
	}
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// goRedisConnections looks at the client's own connections, and has one closed.
func goRedisConnections(t *testing.T, rdb *redis.Client, protocol int) {
	ctx := t.Context()
	info, err := rdb.ClientInfo(ctx).Result()
	if err != nil || info.Name != "go-redis-session" || info.Resp != protocol || !strings.HasPrefix(info.LibName, "go-redis") || info.LastCmd != "client|info" {
		t.Errorf("CLIENT INFO: %+v, %v", info, err)
	}
	list, err := rdb.ClientList(ctx).Result()
	if named := strings.Count(list, " name=go-redis-session "); err != nil || named < 1 || named > 4 {
		t.Errorf("CLIENT LIST: %v\n%s", err, list)
	}
	conn := rdb.Conn()
	defer conn.Close()
	id, err := conn.ClientID(ctx).Result()
	if err != nil {
		t.Fatal(err)
	}
	if killed, err := rdb.ClientKillByFilter(ctx, "ID", fmt.Sprint(id)).Result(); killed != 1 || err != nil {
		t.Errorf("CLIENT KILL: %d, %v", killed, err)
	}
	if err := conn.Ping(ctx).Err(); err == nil {
		t.Error("a connection that was killed answers")
	}
}

// This file is sessions of rueidis.

package sessions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/objluad/objluad/tests/rig"
)

func rueidisSessions(t *testing.T, d *rig.Daemon) {
	t.Run("RESP3", func(t *testing.T) {
		rueidisSession(t, d, rueidis.ClientOption{AlwaysPipelining: true, PipelineMultiplex: -1}, "rueidis-3")
	})
	t.Run("RESP2", func(t *testing.T) { rueidisSession(t, d, rueidis.ClientOption{AlwaysRESP2: true}, "rueidis-2") })
	t.Run("cache", func(t *testing.T) { rueidisCache(t, d) })
}

func rueidisSession(t *testing.T, d *rig.Daemon, option rueidis.ClientOption, oid string) {
	option.InitAddress, option.DisableCache, option.DisableRetry = []string{d.Addr()}, true, true
	option.ClientName, option.ClientNoTouch, option.ClientNoEvict = oid, true, true
	client, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	do := func(args ...string) rueidis.RedisResult {
		return client.Do(ctx, client.B().Arbitrary(args...).Build())
	}
	if meta, err := do("OBJ.EXEC", "default", oid, "s", "echo", "a\x00b", "META").AsMap(); err != nil {
		t.Errorf("META: %v", err)
	} else if output := meta["output"]; !bytesAre(&output, "a\x00b") {
		t.Errorf("META: %v", meta)
	}
	err = do("OBJ.EXEC", "default", oid, "s", "spin", "", "TIMEOUT", "50", "META").Error()
	if failed, ok := rueidis.IsRedisErr(err); !ok || !strings.HasPrefix(failed.Error(), "ETIMEDOUT trap:deadline s.lua:") ||
		!option.AlwaysRESP2 && !strings.Contains(failed.Error(), "\nusage: cpu_us=") {
		t.Errorf("a method that spins: %v", err)
	}
	rueidisPipelines(t, client, oid)
	rueidisMulti(t, client, oid)
	list, err := do("CLIENT", "LIST").ToString()
	if named := strings.Count(list, " name="+oid+" "); err != nil || named < 1 || !option.AlwaysRESP2 && named != 1 || !strings.Contains(list, "lib-name=rueidis") {
		t.Errorf("CLIENT LIST: %v\n%s", err, list)
	}
	rueidisContext(t, d, client, oid)
}

func bytesAre(m *rueidis.RedisMessage, want string) bool {
	got, err := m.ToString()
	return err == nil && got == want
}

// rueidisPipelines has many goroutines share connections, and checks that each gets the replies to its own commands.
func rueidisPipelines(t *testing.T, client rueidis.Client, oid string) {
	const clients, each = 50, 20
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for j := range each {
				text := fmt.Sprint(i, "-", j)
				got, err := client.Do(t.Context(), client.B().Arbitrary("OBJ.EXEC", "default", oid, "s", "echo", text).Build()).ToString()
				if got != text || err != nil {
					t.Errorf("echo of %s: %q, %v", text, got, err)
				}
				if err := client.Do(t.Context(), client.B().Arbitrary("OBJ.EXEC", "default", oid+"-count", "s", "inc", "1").Build()).Error(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := client.Do(t.Context(), client.B().Arbitrary("OBJ.READ", "default", oid+"-count").Build()).ToString()
	if got != fmt.Sprint(clients*each) || err != nil {
		t.Errorf("the counter is %s, %v, want %d", got, err, clients*each)
	}
}

// rueidisMulti sends several commands at once.
func rueidisMulti(t *testing.T, client rueidis.Client, oid string) {
	var commands rueidis.Commands
	for range 50 {
		commands = append(commands, client.B().Arbitrary("OBJ.EXEC", "default", oid+"-multi", "s", "inc", "1").Build(),
			client.B().Arbitrary("OBJ.READ", "default", "nosuch").Build())
	}
	for i, result := range client.DoMulti(t.Context(), commands...) {
		got, err := result.ToString()
		if i%2 == 0 && (got != fmt.Sprint(i/2+1) || err != nil) || i%2 == 1 && (err == nil || !strings.HasPrefix(err.Error(), "ENOENT op")) {
			t.Fatalf("command %d: %q, %v", i, got, err)
		}
	}
}

// rueidisContext has a connection of its own end with its context, and the method with it.
func rueidisContext(t *testing.T, d *rig.Daemon, client rueidis.Client, oid string) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	dedicated, release := client.Dedicate()
	err := dedicated.Do(ctx, dedicated.B().Arbitrary("OBJ.EXEC", "default", oid, "s", "spin", "", "TIMEOUT", "60000").Build()).Error()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a method that spins: %v", err)
	}
	dedicated.Close()
	release()
	began := time.Now()
	wantNoCalls(t, d)
	if took := time.Since(began); took > 30*time.Second { // the method's own time is 60 s
		t.Errorf("the method ended after %v", took)
	}
}

// rueidisCache asks for what the daemon has not: rueidis says which of its options is to be set.
func rueidisCache(t *testing.T, d *rig.Daemon) {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{d.Addr()}})
	if err == nil {
		client.Close()
	}
	if !errors.Is(err, rueidis.ErrNoCache) || !strings.Contains(err.Error(), "unknown subcommand 'TRACKING'") {
		t.Errorf("a client that caches: %v", err)
	}
}

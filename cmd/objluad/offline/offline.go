// Package offline is the commands that work on a store itself, without a daemon: export, import and check.
package offline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/storeflags"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/pebblestore"
)

// Commands returns the commands.
func Commands(app *cli.App) []*cobra.Command {
	return []*cobra.Command{newExport(app), newImport(app), newCheck(app)}
}

// direct is a subcommand that works on a store itself.
type direct struct {
	*cli.App
	store storeflags.Flags
	began time.Time
}

// command returns the command with the flags of the store. SIGTERM and SIGINT end run's context; a second one ends the process.
func (d *direct) command(cmd *cobra.Command, run func(ctx context.Context, args []string) error) *cobra.Command {
	d.store.Add(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, restore := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
		defer restore()
		context.AfterFunc(ctx, restore)
		d.began = time.Now()
		return run(ctx, args)
	}
	return cmd
}

// open opens the store. Unless it may create it, a folder must hold one.
func (d *direct) open(create bool) (store.Store, error) {
	if d.store.Engine == "pebble" && d.store.Data != "" && !create {
		switch there, err := pebblestore.Exists(d.store.Data); {
		case err != nil:
			return nil, err
		case !there:
			return nil, errno.Errorf(syscall.ENOENT, "there is no store in %s", d.store.Data)
		}
	}
	st, err := d.store.Open(slog.New(slog.DiscardHandler))
	if errors.Is(err, store.ErrLocked) {
		return nil, errno.Errorf(syscall.EBUSY, "a daemon serves %s: stop it, or work on a copy of the folder that objluad backup makes while it runs", d.store.Data)
	}
	return st, err
}

// pools returns the pools that are meant: those that were named, or all that clients may use and that of the classes.
func pools(ctx context.Context, st store.Store, named []string) ([]string, error) {
	all, err := st.Pools(ctx)
	if err != nil {
		return nil, err
	}
	if len(named) == 0 {
		var usable []string
		for _, name := range all {
			if checkPool(name) == nil {
				usable = append(usable, name)
			}
		}
		return usable, nil
	}
	there := make(map[string]bool)
	for _, name := range all {
		there[name] = true
	}
	var once []string
	for _, name := range named {
		if err := checkPool(name); err != nil {
			return nil, err
		}
		switch wanted, known := there[name]; {
		case !known:
			return nil, fmt.Errorf("%w: %q", store.ErrNoPool, name)
		case wanted:
			once = append(once, name)
			there[name] = false
		}
	}
	return once, nil
}

// checkPool refuses pools that are neither clients' nor that of the classes.
func checkPool(name string) error {
	if name == objclass.ClassPool {
		return nil
	}
	return store.CheckPool(name)
}

// cost is what a command took.
type cost struct {
	Seconds    float64 `json:"seconds"`
	PeakMemory int64   `json:"peak_memory_bytes"` // resident; 0 where the system does not tell
}

func (d *direct) cost() cost {
	c := cost{Seconds: time.Since(d.began).Seconds()}
	status, _ := os.ReadFile("/proc/self/status")
	if _, after, ok := bytes.Cut(status, []byte("VmHWM:")); ok {
		kb, _, _ := strings.Cut(strings.TrimSpace(string(after)), " ")
		n, _ := strconv.ParseInt(kb, 10, 64)
		c.PeakMemory = n << 10
	}
	return c
}

func (c cost) String() string {
	return fmt.Sprintf("%.1f s, %d MiB of memory at most", c.Seconds, c.PeakMemory>>20)
}

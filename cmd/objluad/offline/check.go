// This file is the subcommand that verifies a store.

package offline

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/objclass"
	"github.com/objluad/objluad/store"
)

type checker struct {
	direct

	mu       sync.Mutex // guards what is printed
	problems int64
}

func newCheck(app *cli.App) *cobra.Command {
	c := &checker{direct: direct{App: app}}
	return c.command(&cobra.Command{
		Use:   "check",
		Short: "Read everything that a store has, and report what is wrong",
		Long: `Read everything that a store has, and report what is wrong and where, one line for each problem. No daemon may serve the
folder meanwhile; objluad backup makes a copy that can be checked. The exit status is 1 if there is a problem.`,
		Args: cobra.NoArgs,
	}, func(ctx context.Context, _ []string) error { return c.run(ctx) })
}

// checked is the summary of a check.
type checked struct {
	Pools    int   `json:"pools"`
	Objects  int64 `json:"objects"`
	Bytes    int64 `json:"bytes"`
	Classes  int   `json:"classes"`
	Problems int64 `json:"problem_count"`
	cost
}

func (c *checker) run(ctx context.Context) error {
	st, err := c.open(false)
	if err != nil {
		return err
	}
	defer st.Close()
	if c.JSON {
		fmt.Fprint(c.Out, `{"problems":[`)
	}
	sum, err := c.check(ctx, st)
	sum.Problems, sum.cost = c.problems, c.cost()
	if c.JSON {
		err = c.endJSON(sum, err)
	} else if err == nil {
		fmt.Fprintf(os.Stderr, "checked %d pools, %d objects, %d bytes, %d classes: %v\n", sum.Pools, sum.Objects, sum.Bytes, sum.Classes, sum.cost)
	}
	if err == nil && c.problems > 0 {
		return errno.Errorf(syscall.EIO, "%d problems were found", c.problems)
	}
	return err
}

// check runs the engine's own check, if it has one, then those of objects and classes.
func (c *checker) check(ctx context.Context, st store.Store) (sum checked, err error) {
	if engine, ok := st.(store.Checker); ok {
		if err := engine.Check(ctx, c.found); err != nil {
			return sum, err
		}
	}
	names, err := pools(ctx, st, nil)
	if err != nil {
		return sum, err
	}
	for _, name := range names {
		usage, err := store.CheckObjects(ctx, st, name, store.Limits{}, c.found)
		if err != nil {
			return sum, fmt.Errorf("pool %q: %w", name, err)
		}
		sum.Pools++
		sum.Objects += usage.Objects
		sum.Bytes += usage.Bytes
	}
	sum.Classes, err = objclass.CheckClasses(ctx, st, c.found)
	return sum, err
}

// found prints a problem.
func (c *checker) found(p store.Problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems++
	if !c.JSON {
		fmt.Fprintf(c.Out, "%s: %s\n", cli.OneLine(p.Where), cli.OneLine(p.What))
		return
	}
	if c.problems > 1 {
		fmt.Fprint(c.Out, ",")
	}
	text, _ := json.Marshal(map[string]string{"where": p.Where, "what": p.What}) // strings only: it cannot fail
	_, _ = c.Out.Write(text)
}

// endJSON completes the document with the summary, or with what kept the check from its end.
func (c *checker) endJSON(sum checked, err error) error {
	end := struct {
		Complete bool `json:"complete"`
		checked
	}{err == nil, sum}
	text, _ := json.Marshal(end) // numbers only: it cannot fail
	fmt.Fprintf(c.Out, "],%s\n", text[1:])
	return err
}

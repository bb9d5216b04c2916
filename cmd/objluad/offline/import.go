// This file is the subcommand that imports an archive.

package offline

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/progress"
	"github.com/objluad/objluad/store/archive"
)

type importer struct {
	direct
	existing string
	dryRun   bool
	verify   bool
}

func newImport(app *cli.App) *cobra.Command {
	i := &importer{direct: direct{App: app}}
	cmd := i.command(&cobra.Command{
		Use:   "import FILE",
		Short: "Put the objects of an archive into a store, - is standard input",
		Long: `Import puts the objects of an archive into a store. Missing pools are created. Objects that the store has
as the archive has them are left as they are, so an import that was interrupted is completed by
importing the archive again.`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error { return i.run(ctx, args[0]) })
	flags := cmd.Flags()
	flags.StringVar(&i.existing, "existing", "refuse", "what to do at an object that is there, and is not as in the archive: refuse, replace or skip")
	flags.BoolVar(&i.dryRun, "dry-run", false, "verify the whole archive, tell what would be done, and change nothing")
	flags.BoolVar(&i.verify, "verify", false, "verify the whole archive before the first change; not of standard input")
	return cmd
}

var existing = map[string]archive.Existing{"refuse": archive.Refuse, "replace": archive.Replace, "skip": archive.Skip}

func (i *importer) run(ctx context.Context, file string) error {
	mode, ok := existing[i.existing]
	if !ok {
		return errno.Errorf(syscall.EINVAL, "--existing is refuse, replace or skip, not %q", i.existing)
	}
	if file == "-" && i.verify {
		return errno.Errorf(syscall.EINVAL, "standard input cannot be read twice; name a file, or leave --verify out")
	}
	if i.verify {
		if err := i.read(ctx, file, "verifying", func(r io.Reader) error {
			_, err := archive.Verify(r)
			return err
		}); err != nil {
			return err
		}
	}
	return i.read(ctx, file, "importing", func(r io.Reader) error { return i.apply(ctx, r, mode) })
}

// read hands the archive to do, and shows how far it is read.
func (i *importer) read(ctx context.Context, file, what string, do func(io.Reader) error) error {
	in, size := i.In, int64(-1)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		in = f
		if info.Mode().IsRegular() {
			size = max(info.Size(), 1)
		}
	}
	bar := progress.Bar(what, size, true)
	err := do(bufio.NewReaderSize(io.TeeReader(&stoppable{ctx, in}, bar), 1<<20))
	_ = bar.Finish()
	return err
}

// stoppable reads until its context ends, also where nothing comes.
type stoppable struct {
	ctx  context.Context
	from io.Reader
}

// Read leaves a read behind, which may yet write to p, if it fails with the context's error.
func (s *stoppable) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	go func() {
		n, err := s.from.Read(p)
		read <- result{n, err}
	}()
	select {
	case r := <-read:
		return r.n, r.err
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

func (i *importer) apply(ctx context.Context, r io.Reader, mode archive.Existing) error {
	st, err := i.open(!i.dryRun)
	if err != nil {
		return err
	}
	done, err := archive.Import(ctx, st, r, archive.ImportOptions{Existing: mode, DryRun: i.dryRun, CheckPool: checkPool})
	if closed := st.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil && !i.dryRun && done.Objects() > 0:
		return fmt.Errorf("%w; %d objects are imported, and importing again goes on from there", err, done.Objects())
	case err != nil:
		return err
	}
	return i.report(done)
}

func (i *importer) report(done archive.Imported) error {
	took := i.cost()
	if i.JSON {
		return i.PrintJSON(struct {
			DryRun   bool  `json:"dry_run"`
			Pools    int64 `json:"pools_created"`
			Created  int64 `json:"created"`
			Replaced int64 `json:"replaced"`
			Same     int64 `json:"same"`
			Skipped  int64 `json:"skipped"`
			Bytes    int64 `json:"bytes"`
			cost
		}{i.dryRun, done.Pools, done.Created, done.Replaced, done.Same, done.Skipped, done.Bytes, took})
	}
	verb := "imported"
	if i.dryRun {
		verb = "would import"
	}
	fmt.Fprintf(os.Stderr, "%s %d objects, %d bytes, %d of them in the place of others; %d were the same, %d skipped, %d pools created: %v\n",
		verb, done.Created+done.Replaced, done.Bytes, done.Replaced, done.Same, done.Skipped, done.Pools, took)
	return nil
}

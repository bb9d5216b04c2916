// This file is the subcommand that exports a store.

package offline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/cmd/objluad/cli"
	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/cmd/objluad/progress"
	"github.com/objluad/objluad/store"
	"github.com/objluad/objluad/store/archive"
)

type exporter struct {
	direct
	pools    []string
	force    bool
	compress bool
}

func newExport(app *cli.App) *cobra.Command {
	e := &exporter{direct: direct{App: app}}
	cmd := e.command(&cobra.Command{
		Use:   "export FILE",
		Short: "Write the objects of a store as an archive, - is standard output",
		Long: `Write the objects of a store, with the classes, as an archive that objluad import puts into a store of whatever engine. - is
standard output. No daemon may serve the folder meanwhile; a copy that objluad backup made will do, too.`,
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, args []string) error { return e.run(ctx, args[0]) })
	cmd.Flags().StringArrayVarP(&e.pools, "pool", "p", nil, "export this `pool`, and others that are named so; default all, with that of the classes")
	cmd.Flags().BoolVar(&e.force, "force", false, "replace the file if it exists")
	cmd.Flags().BoolVar(&e.compress, "compress", true, "compress the archive (zstd)")
	return cmd
}

func (e *exporter) run(ctx context.Context, file string) error {
	if file != "-" {
		switch info, err := os.Lstat(file); {
		case err == nil && !info.Mode().IsRegular():
			return errno.Errorf(syscall.EINVAL, "%s is not a regular file, and is not replaced; - writes to standard output", file)
		case err == nil && !e.force:
			return exists(file)
		}
	}
	st, err := e.open(false)
	if err != nil {
		return err
	}
	defer st.Close()
	if e.pools, err = pools(ctx, st, e.pools); err != nil {
		return err
	}
	var totals archive.Totals
	write := func(w io.Writer) error {
		totals, err = e.export(ctx, st, w)
		return err
	}
	if file == "-" {
		err = write(e.Out)
	} else {
		err = e.replace(file, write)
	}
	if err != nil {
		return err
	}
	return e.report(file, totals)
}

func exists(file string) error {
	return errno.Errorf(syscall.EEXIST, "%s exists; --force replaces it", file)
}

// export writes the archive, and shows how far it is.
func (e *exporter) export(ctx context.Context, st store.Store, w io.Writer) (archive.Totals, error) {
	var all int64
	for _, pool := range e.pools {
		usage, err := st.Usage(ctx, pool)
		if err != nil {
			return archive.Totals{}, err
		}
		all += usage.Objects
	}
	bar := progress.Bar("exporting objects", max(all, 1), false)
	buffered := bufio.NewWriterSize(w, 1<<20)
	totals, err := archive.Export(ctx, st, buffered, archive.ExportOptions{
		Pools:    e.pools,
		Compress: e.compress,
		Done:     func(t archive.Totals) { _ = bar.Set64(min(t.Objects, max(all, 1))) },
	})
	_ = bar.Finish()
	if err == nil {
		err = buffered.Flush()
	}
	return totals, err
}

// replace writes a file under another name, and gives it its own when it is complete and on the disk.
func (e *exporter) replace(file string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return err
	}
	if e.force {
		err = os.Rename(f.Name(), file)
	} else {
		err = os.Link(f.Name(), file) // which does not replace one that came meanwhile
	}
	if errors.Is(err, os.ErrExist) {
		return exists(file)
	}
	if err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// report tells what was exported: on standard error, since the archive may be on the other.
func (e *exporter) report(file string, totals archive.Totals) error {
	took := e.cost()
	if !e.JSON {
		fmt.Fprintf(os.Stderr, "exported %d pools, %d objects, %d bytes: %v\n", totals.Pools, totals.Objects, totals.Bytes, took)
		return nil
	}
	out := *e.App
	if file == "-" {
		out.Out = os.Stderr
	}
	return out.PrintJSON(struct {
		Pools   int64 `json:"pools"`
		Objects int64 `json:"objects"`
		Bytes   int64 `json:"bytes"`
		cost
	}{totals.Pools, totals.Objects, totals.Bytes, took})
}

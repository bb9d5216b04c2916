// Command bench measures objluad beside Redis, in one run and with one load generator, beside Tarantool and Ceph's cls_lua, and prints the
// ratios. Pairs of runs alternate between the two, and the median of each side counts: what else a machine does meanwhile then
// strikes both.
//
// It is run by make bench, which sets OBJLUAD to the binary. Redis's programs come from Debian's packages redis-server and
// redis-tools, Tarantool's from tarantool, Ceph's from ceph-mon, ceph-mgr, ceph-osd and ceph-common.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	pairs := flag.Int("pairs", 3, "pairs of runs for each line of the table")
	file := flag.String("write", "", "`file` that gets the table, too, as Markdown")
	only := flag.String("only", "", "measure one `part` alone: redis, tarantool, inside (the guard, the VMs and their memory), tails (good calls beside attacks), "+
		"rados (beside Ceph's cls_lua) or sizes (of stores and omaps)")
	flag.Parse()
	if err := run(*pairs, *file, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(pairs int, file, only string) error {
	if pairs < 1 {
		return fmt.Errorf("%d pairs are not possible", pairs)
	}
	if only != "" {
		return runPart(only, pairs)
	}
	if err := checkPrograms(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "objluad-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	daemon, err := startObjluad(filepath.Join(dir, "objluad"))
	if err != nil {
		return err
	}
	defer daemon.stop()
	r := report{pairs: pairs}
	if err := r.measureRedis(dir, daemon.port); err != nil {
		return err
	}
	if r.tarantool, r.tarantoolVersion, err = measureTarantool(dir, daemon.port, pairs); err != nil {
		return err
	}
	if r.rados, err = measureRados(dir, pairs); err != nil {
		return err
	}
	if r.sizes, err = measureSizes(dir); err != nil {
		return err
	}
	if err := r.measureInside(dir); err != nil {
		return err
	}
	if err := r.measureTails(dir); err != nil {
		return err
	}
	r.print(os.Stdout)
	if file == "" {
		return nil
	}
	return os.WriteFile(file, r.markdown(), 0o644)
}

// measureRedis measures what Redis does, too.
func (r *report) measureRedis(dir, objluad string) error {
	redis, err := startRedis(filepath.Join(dir, "redis"))
	if err != nil {
		return err
	}
	defer redis.stop()
	r.redis = redis.version
	for _, c := range contests {
		fmt.Fprintf(os.Stderr, "%s …\n", c.title)
		result, err := c.measure(objluad, redis.port, r.pairs)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
		r.results = append(r.results, result)
	}
	return nil
}

// measureInside measures the guard, the VMs, and what many of them take of the machine.
func (r *report) measureInside(dir string) (err error) {
	fmt.Fprintln(os.Stderr, "the guard …")
	if r.guard, r.hostCalls, err = measureGuard(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "many classes …")
	r.crowds, err = measureCrowds(dir)
	return err
}

// measureTails measures what attacks cost good calls.
func (r *report) measureTails(dir string) (err error) {
	fmt.Fprintln(os.Stderr, "good calls beside attacks …")
	r.tails, err = measureTails(dir)
	return err
}

func runPart(part string, pairs int) error {
	dir, err := os.MkdirTemp("", "objluad-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := report{pairs: pairs}
	switch part {
	case "inside":
		err = r.measureInside(dir)
		r.printInside(os.Stdout)
	case "tails":
		err = r.measureTails(dir)
		r.printTails(os.Stdout)
	case "rados":
		r.rados, err = measureRados(dir, pairs)
		printContests(os.Stdout, "cls_lua", r.rados)
	case "redis", "tarantool":
		daemon, startErr := startObjluad(filepath.Join(dir, "objluad"))
		if startErr != nil {
			return startErr
		}
		defer daemon.stop()
		if part == "redis" {
			err = r.measureRedis(dir, daemon.port)
			printContests(os.Stdout, "Redis", r.results)
			break
		}
		r.tarantool, _, err = measureTarantool(dir, daemon.port, pairs)
		printContests(os.Stdout, "Tarantool", r.tarantool)
	case "sizes":
		r.sizes, err = measureSizes(dir)
		printSizes(os.Stdout, r.sizes)
	default:
		err = fmt.Errorf("there is no part %q; -only takes redis, tarantool, inside, tails, rados or sizes", part)
	}
	return err
}

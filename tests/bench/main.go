// Command bench measures objluad beside Redis, in one run and with one load generator, and prints the ratios. Pairs of runs
// alternate between the two, and the median of each side counts: what else a machine does meanwhile then strikes both.
//
// It is run by make bench, which sets OBJLUAD to the binary. Redis's programs come from Debian's packages redis-server and
// redis-tools.
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
	tailsOnly := flag.Bool("tails", false, "measure only what hostile calls cost the others")
	flag.Parse()
	measure := func() error { return run(*pairs, *file) }
	if *tailsOnly {
		measure = runTails
	}
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(pairs int, file string) error {
	if pairs < 1 {
		return fmt.Errorf("%d pairs are not possible", pairs)
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
	redis, err := startRedis(filepath.Join(dir, "redis"))
	if err != nil {
		return err
	}
	defer redis.stop()

	r := report{redis: redis.version, pairs: pairs}
	for _, c := range contests {
		fmt.Fprintf(os.Stderr, "%s …\n", c.title)
		result, err := c.measure(daemon.port, redis.port, pairs)
		if err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
		r.results = append(r.results, result)
	}
	if r.guard, err = measureGuard(); err != nil {
		return err
	}
	if r.tails, err = measureTails(dir); err != nil {
		return err
	}
	r.print(os.Stdout)
	if file == "" {
		return nil
	}
	return os.WriteFile(file, r.markdown(), 0o644)
}

func runTails() error {
	dir, err := os.MkdirTemp("", "objluad-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var r report
	if r.tails, err = measureTails(dir); err != nil {
		return err
	}
	r.printTails(os.Stdout)
	return nil
}

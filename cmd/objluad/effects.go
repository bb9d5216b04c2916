// This file prints what a dry run would have committed.

package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/store"
)

// printEffects prints a line for each effect: the arguments that it would have in a script, with a value's size and beginning.
func printEffects(w io.Writer, effects *client.Effects) {
	for _, e := range effects.List {
		fmt.Fprintln(w, effectLine(e))
	}
	if left := effects.Total - len(effects.List); left > 0 {
		fmt.Fprintf(w, "and %d more\n", left)
	}
}

func effectLine(e client.Effect) string {
	switch e.Op {
	case "truncate":
		return fmt.Sprintf("truncate to %d bytes", e.Size)
	case "write":
		return fmt.Sprintf("write at %d: %s", e.Offset, shown(e))
	case "zero":
		return fmt.Sprintf("zero at %d: %d bytes", e.Offset, e.Size)
	case "write_full", "map_write_header":
		return e.Op + ": " + shown(e)
	case "setxattr", "map_set_val":
		return e.Op + " " + strconv.Quote(e.Key) + ": " + shown(e)
	case "rmxattr", "map_remove_key":
		return e.Op + " " + strconv.Quote(e.Key)
	case "map_remove_range":
		line := e.Op + " from " + strconv.Quote(e.Key)
		if !e.Open {
			line += " to " + strconv.Quote(e.End)
		}
		return line
	}
	return e.Op
}

// shown is a value's size and beginning.
func shown(e client.Effect) string {
	const most = 64
	line := fmt.Sprintf("%d bytes %s", e.Size, strconv.Quote(string(e.Value[:min(most, len(e.Value))])))
	if e.Size > most {
		line += "…"
	}
	return line
}

// effectsJSON returns what prints as JSON; of no effects, too, an array.
func effectsJSON(effects *client.Effects) []store.Effect {
	list := make([]store.Effect, 0, len(effects.List))
	for _, e := range effects.List {
		list = append(list, store.Effect(e))
	}
	return list
}

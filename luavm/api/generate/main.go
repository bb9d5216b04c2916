// Command generate writes the reference of the script API into a file.
package main

import (
	"log"
	"os"

	"github.com/objluad/objluad/luavm/api"
)

func main() {
	items, err := api.Parse(api.Source)
	if err == nil {
		err = os.WriteFile(os.Args[1], []byte(api.Markdown(items)), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

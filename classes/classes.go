// Package classes has the stock classes: Lua sources that are part of the program, and do nothing until they are installed.
// Each lies in a folder of its name, beside the transcripts that test it.
package classes

import (
	"embed"
	"path"
	"strings"
)

//go:embed */*.lua
var files embed.FS

// Class is a stock class.
type Class struct {
	Name    string
	Summary string // what its first line says
	Source  []byte // the documentation is the comment at its head
}

// All returns the stock classes in order of their names.
func All() []Class {
	folders, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the program was not built from this folder
	}
	all := make([]Class, 0, len(folders))
	for _, folder := range folders {
		class, ok := Find(folder.Name())
		if !ok {
			panic("folder " + folder.Name() + " has no class of its name")
		}
		all = append(all, class)
	}
	return all
}

// Find returns the stock class of that name, if there is one.
func Find(name string) (class Class, ok bool) {
	source, err := files.ReadFile(path.Join(name, name+".lua"))
	if err != nil {
		return Class{}, false
	}
	first, _, _ := strings.Cut(string(source), "\n")
	return Class{Name: name, Summary: strings.TrimPrefix(first, "-- "+name+": "), Source: source}, true
}

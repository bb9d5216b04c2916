// This file is the classes that others may require.

package workbench

import "github.com/spf13/pflag"

// AddFlag adds the flag that names where required classes are.
func AddFlag(flags *pflag.FlagSet, folders *[]string) {
	flags.StringArrayVar(folders, "lib", nil, "`folder` with classes that may be required, beside the stock classes; may be repeated")
}

// Library returns the stock classes and those of the folders. A folder takes precedence over those before it.
func Library(folders []string) (Sources, error) {
	sources := stock()
	for _, folder := range folders {
		if err := sources.addFolder(folder); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

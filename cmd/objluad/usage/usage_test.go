// This file tests what Use lines are read as.

package usage

import (
	"reflect"
	"testing"
)

func TestArguments(t *testing.T) {
	for use, want := range map[string][]argument{
		"show [--config FILE] [flags of serve]": nil,
		"ls":                                    nil,
		"serve --data DIR":                      nil,
		"put OID FILE":                          {{name: "OID"}, {name: "FILE"}},
		"kill ID...":                            {{name: "ID", repeated: true}},
		"test [FILE]...":                        {{name: "FILE", optional: true, repeated: true}},
		"exec OID CLASS[@VERSION] METHOD [INPUT]":         {{name: "OID"}, {name: "CLASS[@VERSION]"}, {name: "METHOD"}, {name: "INPUT", optional: true}},
		"diff NAME[@VERSION] [NAME[@VERSION]]":            {{name: "NAME[@VERSION]"}, {name: "NAME[@VERSION]", optional: true}},
		"install NAME FILE, or install --stock [NAME]...": {{name: "NAME"}, {name: "FILE"}},
		"rmpool POOL POOL --yes-i-really-really-mean-it":  {{name: "POOL"}, {name: "POOL"}},
	} {
		if got := arguments(use); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", use, got, want)
		}
	}
}

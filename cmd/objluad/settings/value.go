// This file is how a flag takes a value, and how it is shown.

package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// What a flag takes from a file, by its type. One of another type takes a text or an integer, and says itself what is wrong with it.
var kinds = map[string]struct {
	takes []Kind
	is    string // what it is, for people
}{
	"bool":        {[]Kind{Bool}, "true or false, without quotes"},
	"int":         {[]Kind{Integer}, "an integer, without quotes"},
	"int64":       {[]Kind{Integer}, "an integer, without quotes"},
	"uint":        {[]Kind{Integer}, "an integer from 0, without quotes"},
	"uint64":      {[]Kind{Integer}, "an integer from 0, without quotes"},
	"float64":     {[]Kind{Integer, Float}, "a number, without quotes"},
	"duration":    {[]Kind{Text}, `a time in quotes: a number with a unit, such as "500ms", "30s" or "1m"`},
	"string":      {[]Kind{Text}, "a text in quotes"},
	"stringSlice": {[]Kind{List, Text}, `a list of texts, such as ["a", "b"]`},
	"stringArray": {[]Kind{List, Text}, `a list of texts, such as ["a", "b"]`},
}

var called = map[Kind]string{Text: "a text", Integer: "an integer", Float: "a number with a fraction", Bool: "true or false", List: "a list"}

// accepts returns an error when a flag takes no value of that kind from a file.
func accepts(f *pflag.Flag, kind Kind) error {
	takes, is := []Kind{Text, Integer}, "a text in quotes, or an integer"
	if k, ok := kinds[f.Value.Type()]; ok {
		takes, is = k.takes, k.is
	}
	for _, k := range takes {
		if k == kind {
			return nil
		}
	}
	return fmt.Errorf("%s, not %s", is, called[kind])
}

// setValue gives a flag a value in place of the one that it has.
func setValue(f *pflag.Flag, v Value) error {
	list, ok := f.Value.(pflag.SliceValue)
	if ok && v.Kind == List {
		return list.Replace(v.List)
	}
	if ok {
		_ = list.Replace(nil) // a list adds what it is set to; no texts are a list
	}
	return f.Value.Set(v.Text)
}

// valueOfFlag returns the value that a flag has.
func valueOfFlag(f *pflag.Flag) Value {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return Value{Kind: List, List: list.GetSlice()}
	}
	return Value{Kind: Text, Text: f.Value.String()}
}

// describe says what is wrong with a value that a flag refused.
func describe(f *pflag.Flag, text string, err error) string {
	shown := strconv.Quote(text)
	if len(text) > 64 {
		shown = clip(text)
	}
	if IsSecret(f) {
		return f.Name + " is a secret that is not as it should be"
	}
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Sprintf("%s is out of range: %s", f.Name, shown)
	}
	if k, ok := kinds[f.Value.Type()]; ok {
		is, _, _ := strings.Cut(k.is, ", without quotes")
		return fmt.Sprintf("%s is %s, not %s", f.Name, is, shown)
	}
	return fmt.Sprintf("%s is %s: %v", f.Name, shown, err)
}

// Marks of flags.
const (
	secretMark     = "objluad_secret"
	reloadableMark = "objluad_reloadable"
)

// MarkSecret has the values of flags never be shown.
func MarkSecret(flags *pflag.FlagSet, names ...string) { mark(flags, secretMark, names) }

// MarkReloadable says of flags that their values may change while the daemon runs.
func MarkReloadable(flags *pflag.FlagSet, names ...string) { mark(flags, reloadableMark, names) }

func mark(flags *pflag.FlagSet, mark string, names []string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, mark, nil); err != nil {
			panic(err)
		}
	}
}

// IsSecret and IsReloadable tell of the marks.
func IsSecret(f *pflag.Flag) bool     { _, ok := f.Annotations[secretMark]; return ok }
func IsReloadable(f *pflag.Flag) bool { _, ok := f.Annotations[reloadableMark]; return ok }

// show returns a flag's value for people.
func show(f *pflag.Flag) string {
	if value := f.Value.String(); !IsSecret(f) || value == "" {
		return value
	}
	return "(secret)"
}

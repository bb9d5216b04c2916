//go:build lua54

// What the interpreter calls outside of itself. VM code may be left by a jump between any two instructions, so nothing that it
// reaches may take a lock, a heap block or a descriptor. This file is the list of all that liblua asks of libc and libm, and why
// each may stay; it fails on a machine whose liblua asks for something else.

package luavm

import (
	"bufio"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pure functions depend on their arguments and write to their results, errno, and the floating-point flags only.
var pure = strings.Fields(`
	acos asin atan2 cos cosh exp fmod frexp ldexp log log10 log2 pow sin sinh sqrt tan tanh
	memchr memcmp memcpy memmove memset strchr strcmp strlen strpbrk strspn strstr
	__memcpy_chk`)

// owned functions use state that is the thread's own, or that nobody changes after the program's start.
var owned = map[string]string{
	"__ctype_b_loc":       "the thread's pointer to a constant table; nothing calls setlocale",
	"__ctype_tolower_loc": "as __ctype_b_loc",
	"__ctype_toupper_loc": "as __ctype_b_loc",
	"__errno_location":    "the thread's",
	"localeconv":          "fills a static structure with what it has already, since nothing calls setlocale",
	"strcoll":             "the locale is C, where it is strcmp: no table, no heap",
	"strtod":              "reads the decimal point of the locale; big integers lie on the stack",
	"snprintf":            "a stream on the stack, without a lock; no heap for any format that Lua lets through (make test-core counts)",
	"__snprintf_chk":      "as snprintf; %n is not among Lua's formats",
	"time":                "reads the clock; no system call",
	"clock":               "reads the clock; a system call that keeps nothing",
}

// ends are how the interpreter gives up. Each raises SIGABRT, which is a fault; the jump that _setjmp prepares stays inside of
// lua_pcall, and so inside of one activation.
var ends = strings.Fields("_setjmp __longjmp_chk abort __stack_chk_fail")

// unreachable names, for all else, the functions of liblua that call it. None of them can be reached from a script.
var unreachable = map[string]struct {
	from []string
	why  string
}{
	"realloc":       {[]string{"l_alloc"}, "the allocator of luaL_newstate; VMs are made by lua_newstate with the arena's"},
	"free":          {[]string{"l_alloc"}, "as realloc"},
	"__fprintf_chk": {[]string{"panic"}, "the panic handler of luaL_newstate; ours is on_panic"},
	"fflush":        {[]string{"luaB_print", "panic", "warnfcont", "warnfon"}, "print is replaced, warn removed, panic as __fprintf_chk"},
	"fwrite":        {[]string{"luaB_print", "warnfon"}, "as fflush"},
	"fputc":         {[]string{"warnfcont"}, "as fflush"},
	"fputs":         {[]string{"warnfcont"}, "as fflush"},
	"stderr":        {[]string{"panic", "warnfcont", "warnfon"}, "as fflush"},
	"stdout":        {[]string{"luaB_print"}, "print is replaced"},
	"fopen64":       {[]string{"luaL_loadfilex"}, "called by loadfile and dofile, which are removed"},
	"freopen64":     {[]string{"luaL_loadfilex"}, "as fopen64"},
	"fclose":        {[]string{"luaL_loadfilex"}, "as fopen64"},
	"ferror":        {[]string{"luaL_loadfilex"}, "as fopen64"},
	"stdin":         {[]string{"luaL_loadfilex"}, "as fopen64"},
	"feof":          {[]string{"getF", "luaL_loadfilex"}, "of luaL_loadfilex"},
	"fread":         {[]string{"getF", "luaL_loadfilex"}, "as feof"},
	"getc":          {[]string{"skipcomment", "luaL_loadfilex"}, "as feof"},
	"strerror":      {[]string{"errfile", "luaL_execresult", "luaL_fileresult", "luaL_loadfilex"}, "called by luaL_loadfilex, io and os"},
}

// absentMembers are the files of liblua whose libraries absent.c defines, so that the linker leaves them out; tests/layout checks
// that it does.
var absentMembers = []string{"ldblib.o", "liolib.o", "loadlib.o", "loslib.o"}

var (
	memberLine   = regexp.MustCompile(`^(\w+\.o): `)
	functionLine = regexp.MustCompile(`^[0-9a-f]+ <([\w.]+)>:$`)
	relocation   = regexp.MustCompile(`\bR_\w+\s+(\w+)`)
)

// imports returns each symbol that liblua's code takes from outside, with the functions that use it.
func imports(t *testing.T) map[string][]string {
	lib, err := exec.Command("gcc", "-print-file-name=liblua5.4.a").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSpace(string(lib))
	if !filepath.IsAbs(path) {
		t.Fatal("liblua5.4.a is not installed; make setup does it")
	}
	code, err := exec.Command("objdump", "-dr", "--no-show-raw-insn", path).Output()
	if err != nil {
		t.Fatalf("objdump, of the package binutils: %v", err)
	}
	outside := undefined(t, path)
	users := map[string][]string{}
	var member, function string
	for lines := bufio.NewScanner(strings.NewReader(string(code))); lines.Scan(); {
		line := lines.Text()
		if m := memberLine.FindStringSubmatch(line); m != nil {
			member = m[1]
		} else if m := functionLine.FindStringSubmatch(line); m != nil {
			function, _, _ = strings.Cut(m[1], ".") // of "f.cold", "f.part.0"
		} else if m := relocation.FindStringSubmatch(line); m != nil {
			if outside[m[1]] && !slices.Contains(absentMembers, member) && !slices.Contains(users[m[1]], function) {
				users[m[1]] = append(users[m[1]], function)
			}
		}
	}
	return users
}

// undefined returns the symbols that no member of the archive defines.
func undefined(t *testing.T, path string) map[string]bool {
	list, err := exec.Command("nm", "-P", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	asked, defined := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(list)) {
		if f := strings.Fields(line); len(f) >= 2 {
			if f[1] == "U" {
				asked[f[0]] = true
			} else {
				defined[f[0]] = true
			}
		}
	}
	maps.DeleteFunc(asked, func(name string, _ bool) bool {
		return defined[name] || name == "_GLOBAL_OFFSET_TABLE_"
	})
	return asked
}

func TestLuaAsksOfLibcOnlyWhatIsListed(t *testing.T) {
	users := imports(t)
	if len(users) < 40 {
		t.Fatalf("found only %d imported symbols; does the disassembly look different?", len(users))
	}
	for symbol, functions := range users {
		slices.Sort(functions)
		_, isOwned := owned[symbol]
		if slices.Contains(pure, symbol) || slices.Contains(ends, symbol) || isOwned {
			continue
		}
		u, listed := unreachable[symbol]
		if !listed {
			t.Errorf("liblua imports %s, in %v, which is not on the list", symbol, functions)
			continue
		}
		for _, function := range functions {
			if !slices.Contains(u.from, function) {
				t.Errorf("%s is called by %s; the list knows it in %v only", symbol, function, u.from)
			}
		}
	}
}

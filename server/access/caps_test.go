// This file tests what capabilities grant, and how they are written.

package access

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) Caps {
	t.Helper()
	caps, err := ParseCaps(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return caps
}

// operations are one of each sort, on pool a, namespace n, class c, method m.
var operations = map[string]Operation{
	"read":      {Need: Read, Pool: One("a"), Namespace: One("n")},
	"root":      {Need: Read, Pool: One("a")},
	"whole":     {Need: Read, Pool: One("a"), Namespace: Every},
	"df":        {Need: Read, Pool: Every, Namespace: Every},
	"write":     {Need: Write, Pool: One("a"), Namespace: One("n")},
	"exec":      {Need: Exec, Pool: One("a"), Namespace: One("n"), Class: One("c"), Method: One("m")},
	"dry":       {Need: Exec, And: Read, Pool: One("a"), Namespace: One("n"), Class: One("c"), Method: One("m")},
	"eval":      {Need: Eval, Pool: One("a"), Namespace: One("n")},
	"install":   {Need: Class, Class: One("c")},
	"gc":        {Need: Class, Class: Every},
	"show":      {Need: Class | Exec, Pool: Some, Namespace: Some, Class: One("c"), Method: Some},
	"mkpool":    {Need: Pool, Pool: One("a")},
	"see":       {Need: object | Pool, Pool: One("a"), Namespace: Some, Class: Some, Method: Some},
	"admin":     {Need: Admin},
	"own":       {Need: Admin, Owner: "me"},
	"other":     {Need: Admin, Owner: "you"},
	"ping":      {Need: Login},
	"hello":     {Need: Open},
	"forgotten": {},
}

const always = "own ping hello "

// What is not in the second column is refused.
func TestWhatCapabilitiesGrant(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"allow *":                       "read root whole df write exec dry eval install gc show mkpool see admin other",
		"allow r":                       "read root whole df see",
		"allow r pool=a":                "read root whole see",
		"allow r pool=a*":               "read root whole see",
		"allow r pool=*":                "read root whole df see",
		"allow r pool='a*'":             "",
		"allow r pool=b":                "",
		"allow r pool=aa":               "",
		`allow r pool="a"*`:             "read root whole see",
		"allow r namespace=n":           "read see",
		`allow r namespace=""`:          "root see",
		"allow r namespace=*":           "read root whole df see",
		"allow r pool=a namespace=m":    "see",
		"allow w":                       "write see",
		"allow rw pool=a":               "read root whole write see",
		"allow x":                       "exec show see",
		"allow x pool=b":                "show",
		"allow x class=c":               "exec show see",
		"allow x class=c method=m":      "exec show see",
		"allow x class=c method=n":      "show see",
		"allow x class=d":               "see",
		"allow x method=m":              "exec show see",
		"allow xr":                      "read root whole df exec dry show see",
		"allow x, allow r pool=b":       "exec show see",
		"allow x class=c, allow r":      "read root whole df exec dry show see",
		"allow eval":                    "eval see",
		"allow eval pool=b":             "",
		"allow class":                   "install gc show",
		"allow class class=c":           "install show",
		"allow class class=d":           "",
		"allow pool":                    "mkpool see",
		"allow pool pool=a":             "mkpool see",
		"allow pool pool=b":             "",
		"allow admin":                   "admin other",
		"allow * pool=a":                "read root whole write exec dry eval show see",
		"allow * pool=b":                "show",
		"allow * namespace=n":           "read write exec dry eval show see",
		"allow r pool=b;allow w pool=a": "write see",
		" allow  rw\teval\tpool=a ":     "read root whole write eval see",
	} {
		me := &User{Name: "me", Caps: mustParse(t, text)}
		granted := " " + always + want + " "
		for name, op := range operations {
			err := Allowed(me, &op)
			if should := strings.Contains(granted, " "+name+" "); (err == nil) != should {
				t.Errorf("%q: %s is %v", text, name, err)
			}
		}
	}
	for name, op := range operations {
		if err := Allowed(nil, &op); (err == nil) != (name == "hello") || err != nil && err != error(ErrNoLogin) {
			t.Errorf("without a login %s is %v", name, err)
		}
	}
}

// Who is refused is told a capability that is enough.
func TestRefusalsNameWhatIsEnough(t *testing.T) {
	for name, op := range operations {
		if op.Need&(all) == 0 {
			continue
		}
		caps := mustParse(t, op.needs())
		if err := Allowed(&User{Name: "you", Caps: caps}, &op); err != nil {
			t.Errorf("%s: %q is not enough: %v", name, op.needs(), err)
		}
	}
	op := Operation{Name: "OBJ.EXEC", Need: Exec, And: Read, Pool: One("my pool"), Namespace: One("n"), Class: One("c"), Method: One("m")}
	const want = `user me may not use OBJ.EXEC on pool "my pool", namespace n, class c, method m: ` +
		`that takes the capability "allow x pool=\"my pool\" namespace=n class=c method=m, allow r pool=\"my pool\" namespace=n"`
	if err := Allowed(&User{Name: "me"}, &op); err == nil || err.Error() != want {
		t.Errorf("the refusal is %v", err)
	}
}

func TestWrongCapabilities(t *testing.T) {
	for text, want := range map[string]string{
		"deny r":                    `1: each capability begins with "allow", not with "deny"`,
		"r":                         `1: each capability begins with "allow"`,
		"allow":                     "6: the capability at character 1 grants nothing",
		"allow r,":                  `9: each capability begins with "allow", not with the end`,
		"allow r,,allow w":          "9: each capability",
		"allow r allow w":           `9: "allow" is no permission`,
		"allow*":                    `6: a space is missing before "*"`,
		"allow r *":                 "9: * is all permissions, so it stands alone",
		"allow rz":                  `7: "rz" is no permission`,
		"allow R":                   `7: "R" is no permission`,
		"allow pool=a":              "13: the capability at character 1 grants nothing",
		"allow r pool":              "", // two permissions
		"allow r poll=a":            `9: "poll" is no limit`,
		"allow r =a":                `9: "" is no limit`,
		"allow r pool=":             "14: pool= is followed by a name",
		`allow r pool=""`:           "14: pool= is followed by a name",
		"allow r pool=a pool=b":     "16: pool is limited twice",
		"allow pool=a r":            `14: permissions come before limits, not behind: "r"`,
		"allow r class=c":           "1: r cannot be limited by class",
		"allow w, allow rx class=c": "10: r cannot be limited by class",
		"allow class pool=a":        "1: class cannot be limited by pool",
		"allow admin pool=a":        "1: admin cannot be limited by pool",
		"allow * class=c":           "7: * cannot be limited by class or method",
		"allow r pool=a*b":          `16: a space is missing before "b"`,
		"allow r pool=**":           `15: a space is missing before "*"`,
		`allow r pool="a"b`:         `17: a space is missing before "b"`,
		`allow r pool="a`:           "14: the quote is not closed",
		`allow r pool="a\n"`:        `16: in quotes \ comes before ", ' or \ only`,
		"allow r pool=\"a\n\"":      "16: a name in capabilities has no control characters",
		"allow r pool=ü":            "14: pool= is followed by a name",
		"allow r\npool=a":           `8: a space is missing before "\npool"`,
		strings.Repeat("x", 70<<10): "65537: they have 71680 bytes",
	} {
		_, err := ParseCaps(text)
		if want == "" {
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		var wrong *CapsError
		if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Error(), "the capabilities are wrong at character "+want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

// What String writes is read as the same, and is all that was read.
func FuzzCapabilities(f *testing.F) {
	for _, seed := range []string{"", "allow *", "allow rwx eval class pool admin", "allow r pool=a, allow rw pool=b namespace=c",
		`allow x class=counter method="in\"c"* pool=b;allow * namespace=''`, "allow pool pool=*", "allow r pool='a\\'b'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		caps, err := ParseCaps(text)
		if err != nil {
			var wrong *CapsError
			if !errors.As(err, &wrong) || wrong.Position < 1 || wrong.Position > len(text)+1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseCaps(caps.String())
		if err != nil || !reflect.DeepEqual(again, caps) {
			t.Fatalf("%q is written as %q, which is %+v, %v; want %+v", text, caps, again, err, caps)
		}
		for name, op := range operations {
			if op.Need == 0 && Allowed(&User{Name: "me", Caps: caps}, &op) == nil {
				t.Fatalf("%q grants %s", text, name)
			}
		}
	})
}

// This file tests what both listeners do to pools.

package server_test

import (
	"strings"
	"testing"

	"github.com/objluad/objluad/server"
	"github.com/objluad/objluad/server/servertest"
)

func TestPoolCommands(t *testing.T) {
	p := servertest.Dial(t, servertest.Start(t, server.Options{}).RESP)
	const list = `\*2\r\n\$7\r\ndefault\r\n\$1\r\np\r\n`
	for _, test := range []struct {
		args []string
		want string // regular expression
	}{
		{[]string{"POOL.LIST"}, list},
		{[]string{"POOL.CREATE", "new"}, `\+OK\r\n`},
		{[]string{"POOL.CREATE", "new"}, `-EEXIST op pool exists: "new"\r\n`},
		{[]string{"POOL.CREATE", ".objluad"}, `-EINVAL input .*reserved\r\n`},
		{[]string{"POOL.CREATE", "a/b"}, `-EINVAL input .*\r\n`},
		{[]string{"POOL.CREATE", strings.Repeat("p", 129)}, `-ENAMETOOLONG input .*\r\n`},
		{[]string{"OBJ.WRITEFULL", "new/ns", "o", "hello"}, `:\d+\r\n`},
		{[]string{"POOL.STAT", "new"}, `\*4\r\n\$7\r\nobjects\r\n:1\r\n\$5\r\nbytes\r\n:5\r\n`},
		{[]string{"POOL.STAT", ".objluad"}, `-EINVAL input .*reserved\r\n`},
		{[]string{"POOL.STAT", "nosuch"}, `-ENOENT op pool does not exist: "nosuch"\r\n`},
		{[]string{"POOL.DF"}, `\*6\r\n\$11\r\ntotal_bytes\r\n:\d+\r\n\$15\r\navailable_bytes\r\n:\d+\r\n\$5\r\npools\r\n\*3\r\n.*` +
			`\*6\r\n\$4\r\nname\r\n\$3\r\nnew\r\n\$7\r\nobjects\r\n:1\r\n\$5\r\nbytes\r\n:5\r\n.*`},
		{[]string{"POOL.REMOVE", ".objluad"}, `-EINVAL input .*reserved\r\n`},
		{[]string{"POOL.REMOVE", "new"}, `\+OK\r\n`},
		{[]string{"POOL.REMOVE", "new"}, `-ENOENT op pool does not exist: "new"\r\n`},
		{[]string{"OBJ.READ", "new/ns", "o"}, `-ENOENT op pool does not exist.*\r\n`},
		{[]string{"POOL.LIST"}, list},
	} {
		servertest.WantMatch(t, strings.Join(test.args, " "), p.Ask(test.args...), test.want)
	}
}

func TestHTTPPools(t *testing.T) {
	w, _ := servertest.StartWeb(t, server.Options{})
	w.Want(w.Do("GET", "/v1/pools", ""), 200, `\{"pools":\["default","p"\]\}\n`)
	w.Want(w.Do("PUT", "/v1/pools/new", ""), 201, "")
	w.WantProblem(w.Do("PUT", "/v1/pools/new", ""), 409, "EEXIST", "op", `"new"`)
	w.WantProblem(w.Do("PUT", "/v1/pools/.objluad", ""), 400, "EINVAL", "input", "reserved")
	w.Want(w.Do("PUT", "/v1/pools/new/objects/o", "hello"), 201, "")
	w.Want(w.Do("GET", "/v1/pools/new", ""), 200, `\{"name":"new","objects":1,"bytes":5\}\n`)
	w.Want(w.Do("GET", "/v1/df", ""), 200, `\{"total_bytes":\d+,"available_bytes":\d+,"pools":\[.*\{"name":"new","objects":1,"bytes":5\}.*\]\}\n`)
	w.WantProblem(w.Do("GET", "/v1/pools/nosuch", ""), 404, "ENOENT", "op", "pool does not exist")
	w.WantProblem(w.Do("DELETE", "/v1/pools/.objluad", ""), 400, "EINVAL", "input", "reserved")
	w.Want(w.Do("DELETE", "/v1/pools/new", ""), 204, "")
	w.WantProblem(w.Do("DELETE", "/v1/pools/new", ""), 404, "ENOENT", "op", "pool does not exist")
	w.WantProblem(w.Do("POST", "/v1/pools/new", ""), 405, "EINVAL", "input", "PUT")
}

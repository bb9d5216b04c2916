// Package clslua holds objluad to what Ceph's cls_lua does. Each case is a script beside an object; it runs in objluad by each way that
// leads to a script, and in cls_lua on an OSD. Both give the same answer, or the case names their difference, which
// docs/cls_lua.md explains.
package clslua

import (
	"fmt"
	"strings"
	"time"
)

// testCase is one call of a script. Scripts have the functions of the prelude.
type testCase struct {
	name   string
	before string // what a call before this one does to make the object, which is absent otherwise
	input  string

	run     string // what the handler does; or
	script  string // all of a script, whose handler is
	handler string // that one; none is called if it is empty

	timeout time.Duration // in objluad; only for what would not end

	want outcome

	differs string   // the name of the difference for which cls_lua gives something else
	there   *outcome // what it gives
	kills   bool     // it harms the OSD, and runs on none that is needed
}

// outcome is all that a caller sees of a call, and what the object is afterwards, as the prelude's dump tells it; "absent"
// may be left out. With an errno there is nothing else of the call.
type outcome struct {
	ret    int
	errno  string
	output string
	object string
}

func (o outcome) String() string {
	if o.errno != "" {
		return fmt.Sprintf("%s, object %s", o.errno, o.object)
	}
	return fmt.Sprintf("ret %d, output %q, object %s", o.ret, o.output, o.object)
}

func (o outcome) full() outcome {
	if o.object == "" {
		o.object = "absent"
	}
	return o
}

// source returns the script and its handler.
func (c *testCase) source() (script, handler string) {
	if c.run != "" {
		return handlerOf(c.run), "run"
	}
	return prelude + c.script, c.handler
}

// handlerOf makes a script of what its handler run does.
func handlerOf(body string) string {
	return prelude + "function run(input, output)\n" + body + "\nend\nobjclass.register(run)\n"
}

// A case's name tells what it shows; its topic is the table that has it.
func allCases() []testCase {
	var all []testCase
	for _, topic := range []struct {
		name  string
		cases []testCase
	}{
		{"handlers", handlerCases}, {"data", dataCases}, {"xattrs", xattrCases}, {"omap", omapCases}, {"errors", errorCases},
		{"log", logCases}, {"bufferlists", bufferlistCases}, {"environment", environmentCases}, {"added", addedCases}, {"harm", harmCases},
	} {
		for _, c := range topic.cases {
			c.name = topic.name + "/" + c.name
			all = append(all, c)
		}
	}
	return all
}

// prelude is in front of each script.
const prelude = `
local function bl(text) local b = bufferlist.new() b:append(text) return b end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\\127-\255]', function(c) return string.format("\\x%02x", c:byte()) end) .. '"'
end

-- show tells values: those of a table in the order of its keys.
local function show(...)
  local shown = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "string" then
      v = quoted(v)
    elseif type(v) == "userdata" then
      v = quoted(v:str())
    elseif type(v) == "table" then
      local fields = {}
      for key, value in pairs(v) do fields[#fields + 1] = show(key) .. "=" .. show(value) end
      table.sort(fields)
      v = "{" .. table.concat(fields, " ") .. "}"
    end
    shown[i] = tostring(v)
  end
  return table.concat(shown, " ")
end

-- sorted tells whether pairs gives the keys of a table in order.
local function sorted(t)
  local last = ""
  for key in pairs(t) do
    if key < last then return false end
    last = key
  end
  return true
end

-- fails asserts that an operation fails with an errno.
local function fails(errno, f, ...)
  local r = table.pack(pcall(f, ...))
  assert(r.n == 3 and r[1] == false and type(r[3]) == "string" and r[3] ~= "", show(table.unpack(r, 1, r.n)))
  assert(r[2] == -errno, r[2])
end

-- throws asserts that a function raises an error of Lua.
local function throws(f, ...)
  local r = table.pack(pcall(f, ...))
  assert(r.n == 2 and r[1] == false and type(r[2]) == "string", show(table.unpack(r, 1, r.n)))
end

`

// dump is a script that tells all of an object but its times and versions.
const dump = prelude + `
function dump(input, output)
  local exists, size = pcall(objclass.stat)
  if not exists then output:append("absent") return end
  local parts = {"data " .. (size > 100 and "of " .. size .. " bytes" or quoted(objclass.read(0, 0):str()))}
  local function add(kind, pairs_of)
    local shown = {}
    for name, value in pairs(pairs_of) do
      shown[#shown + 1] = kind .. " " .. quoted(name) .. " " .. (#value > 100 and "of " .. #value .. " bytes" or quoted(value:str()))
    end
    table.sort(shown)
    if #shown > 20 then shown = {#shown .. " of " .. kind} end
    table.move(shown, 1, #shown, #parts + 1, parts)
  end
  add("xattr", objclass.getxattrs())
  if #objclass.map_read_header() > 0 then add("header", {[""] = objclass.map_read_header()}) end
  local all, after, n = {}, "", nil
  repeat
    n = 0
    for key, value in pairs((objclass.map_get_vals(after, "", 500))) do
      all[key] = value
      n = n + 1
    end
    for key in pairs(all) do if key > after then after = key end end
  until n < 500
  add("key", all)
  output:append(table.concat(parts, ", "))
end
objclass.register(dump)
`

// quoteJSON makes a string of JSON, in which bytes that JSON allows there are as they are.
func quoteJSON(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

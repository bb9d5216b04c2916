-- csv: rows of an object in CSV, filtered, projected and aggregated where they lie.
--
-- The object's data is CSV (RFC 4180): rows end with LF or CRLF, fields may be quoted, and a quoted one may have commas, quotes (twice) and line
-- breaks. Empty lines do not count. An object of any size is read a piece at a time; a row has up to 1 MiB. A row that lacks fields has empty
-- ones.
--
-- Inputs are JSON objects, of which all methods take
--   "header": true (the first row has the columns' names), "delimiter": "," (one byte)
-- and those that read
--   "where": [{"column": column, "op": "=", "value": string or number}, …] (all must hold)
-- A column is its name, or its number from 1 on. An op is =, !=, <, <=, >, >=, prefix or contains. With a number for its value it compares
-- numbers, and holds of no field that is none; otherwise bytes.
--
-- columns (RD): output: {"columns": [name, …]}.
-- select (RD)
--   input: "columns": [column, …] (all), "limit": 0 (rows; no bound), "from": 0 (a byte of the object where a row begins), "format": "csv" or "json"
--   output, csv: the rows, with the names of the columns before them, if there are names. E2BIG: more than 4 MiB.
--   output, json: {"columns": [name or number, …], "rows": [[string, …], …], "next": byte}. At limit, or 4 MiB, "next" is where to go on from; at
--   the end it is null.
-- aggregate (RD)
--   input: "values": [{"op": "count", "sum", "min", "max" or "avg", "column": column, "as": name}, …], "group_by": [column, …]
--   output: {"columns": [name, …], "rows": [[key, …, value, …], …]} in byte order of the keys. Empty fields do not count; count without a column
--   counts rows. Without fields to aggregate, a value is null. Sums of integers are exact. E2BIG: more than 65536 groups. EOVERFLOW: a sum
--   does not fit.
-- append (RD|WR): input: "rows": [[string, number, boolean or null, …], …], "names": [string, …]. Adds rows, with as many fields as the first one of the
--   object has. names are its header if the object is absent or empty.
--
-- EINVAL: the input is wrong, there is no such column, or a field is no number. ENOENT: the object is absent (methods that read). EIO: the object is
-- no CSV. EFBIG: a row has more than 1 MiB. Large objects want a longer timeout than a call has by default.

-- part request: the same in each stock class that has it

-- fail ends the method with an errno and a message.
local function fail(errno, format, ...) objclass.fail(objclass[errno], format:format(...), 0) end

-- bytes returns a bufferlist of a string.
local function bytes(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

-- stored returns as a string what an operation reads, or nil if there is nothing.
local function stored(read, ...)
  local ok, result = pcall(read, ...)
  if ok then return result:str() end
  if result ~= -objclass.ENOENT and result ~= -objclass.ENODATA then read(...) end
end

local function isArray(v) return type(v) == "table" and getmetatable(v) ~= nil end
local function isObject(v) return type(v) == "table" and getmetatable(v) == nil end

-- kinds of fields: what they are called, and whether a value is one.
local kinds = {
  string = {"a string", function(v) return type(v) == "string" end},
  boolean = {"true or false", function(v) return type(v) == "boolean" end},
  integer = {"an integer of 64 bits", function(v) return math.type(v) == "integer" end},
  size = {"an integer that is not negative", function(v) return math.type(v) == "integer" and v >= 0 end},
  seconds = {"a number of seconds, 0 to 9999999999", function(v) return type(v) == "number" and v >= 0 and v <= 9999999999 end},
  bytes = {'a string, or an object {"base64": string}', function(v)
    return type(v) == "string" or isObject(v) and type(v.base64) == "string" and next(v, (next(v))) == nil
  end},
  array = {"an array", isArray},
  object = {"an object", isObject},
  value = {"a value", function() return true end},
}

-- check checks an object of the input against fields, each {name, kind, default}. Where there is no default the field must be there.
local function check(object, fields, what)
  if not isObject(object) then fail("EINVAL", "%s must be a JSON object", what) end
  local known = {}
  for _, field in ipairs(fields) do
    local name, kind, default = field[1], kinds[field[2]], field[3]
    local value = object[name]
    known[name] = true
    if value == nil or value == json.null and kind ~= kinds.value then
      if default == nil then fail("EINVAL", "%s has no field %q", what, name) end
      object[name] = default
    elseif not kind[2](value) then
      fail("EINVAL", "field %q of %s must be %s", name, what, kind[1])
    end
  end
  for name in pairs(object) do
    if not known[name] then fail("EINVAL", "%s has an unknown field %q", what, name) end
  end
  return object
end

-- request returns the fields of a method's input. No input is an object without fields.
local function request(input, fields) return check(#input > 0 and json.decode(input) or {}, fields, "the input") end

-- reply makes a value the method's output.
local function reply(output, value) output:append(json.encode(value)) end

-- state returns what the class has stored as JSON, or raises EIO.
local function state(text, what)
  local ok, value = pcall(json.decode, text)
  if not ok or not isObject(value) then fail("EIO", "%s is not what this class writes", what) end
  return value
end

-- end of part request

local CHUNK = 256 << 10
local MAX_ROW = 1 << 20
local MAX_OUTPUT = 4 << 20
local MAX_GROUPS = 65536
local QUOTE, LF, CR = 34, 10, 13

local function withoutCR(s) return s:byte(-1) == CR and s:sub(1, -2) or s end

-- plainRow splits a row without quotes.
local function plainRow(line, delimiter)
  local fields, n, at = {}, 0, 1
  while true do
    local place = line:find(delimiter, at, true)
    n = n + 1
    if not place then
      fields[n] = line:sub(at)
      return fields
    end
    fields[n] = line:sub(at, place - 1)
    at = place + 1
  end
end

-- quotedField returns the field whose quote is at a place, and the place behind it, or nil if it does not end in the text.
local function quotedField(text, at)
  local from = at + 1
  while true do
    local place = text:find('"', from, true)
    if not place then return nil end
    if text:byte(place + 1) ~= QUOTE then
      return text:sub(at + 1, place - 1):gsub('""', '"') .. "", place + 1
    end
    from = place + 2
  end
end

-- quotedRow returns the fields of the row at a place and the place behind it, or nil if the text ends before it and is not whole.
local function quotedRow(text, at, csv, whole, offset)
  local fields, n = {}, 0
  while true do
    local field
    n = n + 1
    if text:byte(at) == QUOTE then
      local begin = at
      field, at = quotedField(text, at)
      if not field and whole then fail("EIO", "the quote at byte %d has no end", offset + begin - 1) end
      if not field or at + 1 > #text and not whole then return nil end
      fields[n] = field
      local b = text:byte(at)
      if b == CR and (text:byte(at + 1) == LF or at == #text) then at, b = at + 1, text:byte(at + 1) end
      if b == LF or not b then return fields, at + 1 end
      if b ~= csv.delimiterByte then fail("EIO", "there is text behind a quoted field at byte %d", offset + at - 1) end
      at = at + 1
    else
      local place = text:find(csv.ends, at)
      if not place and not whole then return nil end
      fields[n] = text:sub(at, (place or #text + 1) - 1)
      if not place or text:byte(place) == LF then
        fields[n] = withoutCR(fields[n])
        return fields, (place or #text) + 1
      end
      at = place + 1
    end
  end
end

-- nextRow is quotedRow for any row.
local function nextRow(text, at, csv, whole, offset)
  local lf = text:find("\n", at, true)
  if not lf and not whole then return nil end
  local line = text:sub(at, (lf or #text + 1) - 1)
  if line:find('"', 1, true) then return quotedRow(text, at, csv, whole, offset) end
  return plainRow(withoutCR(line), csv.delimiter), (lf or #text) + 1
end

-- rows goes through the rows from a byte of the object on: fields, and the byte behind the row.
local function rows(csv, from)
  local text, at, offset = "", 1, from -- offset is that of the text's first byte
  return function()
    while true do
      local whole = offset + #text >= csv.size
      local fields, behind
      if at <= #text then fields, behind = nextRow(text, at, csv, whole, offset) end
      if fields then
        local empty = #fields == 1 and fields[1] == "" and text:byte(at) ~= QUOTE
        at = behind
        if not empty then return fields, offset + behind - 1 end
      elseif whole then
        return nil
      else
        if #text - at >= MAX_ROW then fail("EFBIG", "the row at byte %d has more than %d bytes", offset + at - 1, MAX_ROW) end
        local more = objclass.read(offset + #text, CHUNK):str()
        text, at, offset = text:sub(at) .. more, 1, offset + at - 1
      end
    end
  end
end

-- open reads the header. Of an absent object it raises ENOENT.
local function open(op)
  if #op.delimiter ~= 1 or op.delimiter:find('["\r\n]') then fail("EINVAL", "the delimiter must be one byte, and no quote or line break") end
  local csv = {delimiter = op.delimiter, delimiterByte = op.delimiter:byte(), ends = "[\n" .. op.delimiter:gsub("%p", "%%%0") .. "]",
    size = (objclass.stat()), begin = 0, names = {}, numbers = {}}
  if objclass.read(0, 3):str() == "\u{FEFF}" then csv.begin = 3 end
  if op.header then
    local names, behind = rows(csv, csv.begin)()
    csv.names, csv.begin = names or {}, behind or csv.size
    for i = #csv.names, 1, -1 do csv.numbers[csv.names[i]] = i end
  end
  return csv
end

-- numberOf returns the number of a column.
local function numberOf(csv, column)
  local n = type(column) == "string" and csv.numbers[column] or math.type(column) == "integer" and column
  if not n or n < 1 or #csv.names > 0 and n > #csv.names then
    fail("EINVAL", "there is no column %s", type(column) == "table" and "of that kind" or json.encode(column))
  end
  return n
end

local function numbersOf(csv, columns)
  local numbers = {}
  for i, column in ipairs(columns) do numbers[i] = numberOf(csv, column) end
  return numbers
end

-- nameOf returns a column's name, or its number where there are no names.
local function nameOf(csv, number) return csv.names[number] or number end

-- parse returns the number of a decimal text, or nil.
local function parse(text)
  local n = not text:find("[^%d%s.eE+-]") and tonumber(text)
  return n and n - n == 0 and n or nil
end

local comparisons = {
  ["="] = function(a, b) return a == b end,
  ["!="] = function(a, b) return a ~= b end,
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

local searches = {
  prefix = function(a, b) return a:sub(1, #b) == b end,
  contains = function(a, b) return a:find(b, 1, true) ~= nil end,
}

-- filterOf returns a function that tells whether all conditions hold of a row.
local function filterOf(csv, where)
  local conditions = {}
  for i, c in ipairs(where) do
    check(c, {{"column", "value"}, {"op", "string", "="}, {"value", "value"}}, "condition " .. i)
    local number, value = numberOf(csv, c.column), c.value
    local numeric = type(value) == "number"
    local compare = comparisons[c.op] or not numeric and searches[c.op]
    if not compare then fail("EINVAL", "condition %d: %q is no op of such a value", i, c.op) end
    if not numeric and type(value) ~= "string" then fail("EINVAL", "condition %d: the value must be a string or a number", i) end
    conditions[i] = function(row)
      local field = row[number] or ""
      if not numeric then return compare(field, value) end
      local n = parse(field)
      return n and compare(n, value)
    end
  end
  return function(row)
    for _, holds in ipairs(conditions) do
      if not holds(row) then return false end
    end
    return true
  end
end

-- quote writes a field.
local function quote(field, delimiter)
  if field:find('["\r\n]') or field:find(delimiter, 1, true) then return '"' .. field:gsub('"', '""') .. '"' end
  return field
end

-- line writes a row. One field that is empty is quoted: otherwise the line would be empty, and not count.
local function line(fields, delimiter)
  if #fields == 1 and fields[1] == "" then return '""\n' end
  local quoted = {}
  for i, field in ipairs(fields) do quoted[i] = quote(field, delimiter) end
  return table.concat(quoted, delimiter) .. "\n"
end

local common = {{"header", "boolean", true}, {"delimiter", "string", ","}}
local reading = {{"where", "array", {}}, table.unpack(common)}

function columns(input, output)
  local csv = open(request(input, common))
  reply(output, {columns = json.array(csv.names)})
end

-- matching goes through the rows of which the conditions hold.
local function matching(csv, op, from)
  local holds, following = filterOf(csv, op.where), rows(csv, from)
  return function()
    while true do
      local row, behind = following()
      if not row or holds(row) then return row, behind end
    end
  end
end

local function project(row, numbers)
  if not numbers then return row end
  local fields = {}
  for i, number in ipairs(numbers) do fields[i] = row[number] or "" end
  return fields
end

local function sizeOf(fields)
  local size = 0
  for _, field in ipairs(fields) do size = size + #field + 1 end
  return size
end

local function selectCSV(csv, op, numbers, output)
  local header = {}
  for i, number in ipairs(numbers or {}) do header[i] = csv.names[number] end
  header = numbers and header or csv.names
  if #header > 0 then output:append(line(header, op.delimiter)) end
  local n = 0
  for row in matching(csv, op, math.max(op.from, csv.begin)) do
    output:append(line(project(row, numbers), op.delimiter))
    n = n + 1
    if #output > MAX_OUTPUT then fail("E2BIG", "the rows have more than %d bytes: set a limit, or take JSON", MAX_OUTPUT) end
    if n == op.limit then break end
  end
end

local function selectJSON(csv, op, numbers, output)
  local answer, size = {columns = json.array(), rows = json.array(), next = json.null}, 0
  for i, number in ipairs(numbers or csv.names) do answer.columns[i] = numbers and nameOf(csv, number) or number end
  for row, behind in matching(csv, op, math.max(op.from, csv.begin)) do
    local fields = json.array(project(row, numbers))
    answer.rows[#answer.rows + 1] = fields
    size = size + sizeOf(fields)
    if (#answer.rows == op.limit or size > MAX_OUTPUT) and behind < csv.size then
      answer.next = behind
      break
    end
    if #answer.rows == op.limit then break end
  end
  reply(output, answer)
end

local formats = {csv = selectCSV, json = selectJSON}

_G.select = function(input, output)
  local op = request(input, {{"columns", "array", false}, {"limit", "size", 0}, {"from", "size", 0}, {"format", "string", "csv"},
    table.unpack(reading)})
  local write = formats[op.format]
  if not write then fail("EINVAL", "%q is neither csv nor json", op.format) end
  if op.columns and #op.columns == 0 then fail("EINVAL", "columns must be at least one") end
  local csv = open(op)
  write(csv, op, op.columns and numbersOf(csv, op.columns), output)
end

local function sum(a, b)
  local s = a + b
  if math.type(s) == "integer" and (a ~ s) & (b ~ s) < 0 or s == math.huge or s == -math.huge then fail("EOVERFLOW", "a sum does not fit") end
  return s
end

-- aggregates: what they begin with, what a field adds (a number, but to count), and what they give.
local aggregates = {
  count = {0, function(state) return state + 1 end},
  sum = {nil, function(state, n) return state and sum(state, n) or n end},
  min = {nil, function(state, n) return state and math.min(state, n) or n end},
  max = {nil, function(state, n) return state and math.max(state, n) or n end},
  avg = {nil, function(state, n) return state and {sum(state[1], n), state[2] + 1} or {n, 1} end,
    function(state) return state and state[1] / state[2] end},
}

-- aggregateOf returns a value of the input, checked.
local function aggregateOf(csv, v, i)
  check(v, {{"op", "string"}, {"column", "value", json.null}, {"as", "string", ""}}, "value " .. i)
  local aggregate = aggregates[v.op]
  if not aggregate then fail("EINVAL", "value %d: %q is not count, sum, min, max or avg", i, v.op) end
  local number = v.column ~= json.null and numberOf(csv, v.column)
  if not number and v.op ~= "count" then fail("EINVAL", "value %d: %s has no column", i, v.op) end
  return {op = v.op, number = number, start = aggregate[1], add = aggregate[2], result = aggregate[3] or function(s) return s end,
    name = v.as ~= "" and v.as or number and ("%s(%s)"):format(v.op, nameOf(csv, number)) or v.op}
end

local function addRow(group, values, row, behind)
  for i, v in ipairs(values) do
    local field = v.number and row[v.number] or ""
    if not v.number or field ~= "" then
      local n = v.op == "count" or parse(field)
      if not n then fail("EINVAL", "%s: what the row before byte %d has is no number: %q", v.name, behind, field:sub(1, 40)) end
      group[i] = v.add(group[i], n)
    end
  end
end

function aggregate(input, output)
  local op = request(input, {{"values", "array"}, {"group_by", "array", {}}, table.unpack(reading)})
  local csv = open(op)
  local values, by = {}, numbersOf(csv, op.group_by)
  for i, v in ipairs(op.values) do values[i] = aggregateOf(csv, v, i) end

  local groups, names = {}, {}
  local function groupOf(key)
    local group = {key = key}
    for i, v in ipairs(values) do group[i] = v.start end
    if #names == MAX_GROUPS then fail("E2BIG", "there are more than %d groups", MAX_GROUPS) end
    names[#names + 1] = key.name
    groups[key.name] = group
    return group
  end
  if #by == 0 then groupOf{name = ""} end
  for row, behind in matching(csv, op, csv.begin) do
    local key = project(row, by)
    key.name = table.concat(key, "\0")
    addRow(groups[key.name] or groupOf(key), values, row, behind)
  end

  table.sort(names)
  local answer = {columns = json.array(), rows = json.array()}
  for i, number in ipairs(by) do answer.columns[i] = nameOf(csv, number) end
  for i, v in ipairs(values) do answer.columns[#by + i] = v.name end
  for i, name in ipairs(names) do
    local group, cells = groups[name], json.array()
    table.move(group.key, 1, #by, 1, cells)
    for j, v in ipairs(values) do
      local result = v.result(group[j])
      cells[#by + j] = result == nil and json.null or result
    end
    answer.rows[i] = cells
  end
  reply(output, answer)
end

-- cellOf returns the text of a value of the input.
local function cellOf(v)
  if v == json.null then return "" end
  if type(v) == "string" then return v end
  if type(v) == "table" then fail("EINVAL", "a field of a row must be a string, a number, a boolean or null") end
  return json.encode(v)
end

local function cellsOf(row, i)
  if not isArray(row) or #row == 0 then fail("EINVAL", "row %d must be an array of at least one field", i) end
  local cells = {}
  for j, v in ipairs(row) do cells[j] = cellOf(v) end
  return cells
end

function append(input)
  local op = request(input, {{"rows", "array"}, {"names", "array", false}, table.unpack(common)})
  objclass.create()
  local csv = open(op)
  local first = #csv.names > 0 and csv.names or not op.header and rows(csv, csv.begin)() or nil
  local all = {}
  if csv.size > 0 and objclass.read(csv.size - 1, 1):str() ~= "\n" then all[1] = "\n" end
  if not first and op.header then
    if not op.names then fail("EINVAL", "the object is empty: the input has no field \"names\" for its header") end
    first = cellsOf(op.names, 0)
    all[#all + 1] = line(first, op.delimiter)
  end
  for i, row in ipairs(op.rows) do
    local cells = cellsOf(row, i)
    first = first or cells
    if #cells ~= #first then fail("EINVAL", "row %d has %d fields, and the first row of the object has %d", i, #cells, #first) end
    all[#all + 1] = line(cells, op.delimiter)
  end
  objclass.append(bytes(table.concat(all)))
end

for _, reads in ipairs{columns, _G.select, aggregate} do objclass.register(reads, objclass.RD) end
objclass.register(append, objclass.RD | objclass.WR)

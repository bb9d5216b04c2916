-- Counts the lines and words of a text object, and notes the result on the object itself: counts as xattrs, the most
-- frequent words in the omap. Data, xattrs and omap change together, or not at all.

local TOP = 10

local function bytes(s)
  local b = bufferlist.new()
  b:append(s)
  return b
end

local function most_frequent(text)
  local frequency, words = {}, {}
  for word in text:lower():gmatch("%a+") do
    if not frequency[word] then
      frequency[word] = 0
      words[#words + 1] = word
    end
    frequency[word] = frequency[word] + 1
  end
  table.sort(words, function(a, b)
    if frequency[a] ~= frequency[b] then return frequency[a] > frequency[b] end
    return a < b
  end)
  local top = {}
  for i = 1, math.min(TOP, #words) do
    top[string.format("%02d", i)] = words[i] .. " " .. frequency[words[i]]
  end
  return top
end

-- count: counts, and writes lines, words and top words back.
function count(input, output)
  local text = objclass.read(0, 0):str()
  local _, lines = text:gsub("\n", "")
  local _, words = text:gsub("%S+", "")
  objclass.setxattr("lines", bytes(tostring(lines)))
  objclass.setxattr("words", bytes(tostring(words)))
  objclass.map_set_vals(most_frequent(text))
  output:append(string.format("%d %d %d", lines, words, #text))
end

-- report: what count has written, and the size: "lines words bytes", and a line for each top word.
function report(input, output)
  output:append(string.format("%s %s %d", objclass.getxattr("lines"):str(), objclass.getxattr("words"):str(), objclass.stat()))
  local top = objclass.map_get_vals("", "", TOP)
  for i = 1, TOP do
    local entry = top[string.format("%02d", i)]
    if entry then output:append("\n" .. entry:str()) end
  end
end

-- spoil: does what must never be seen, and then fails.
function spoil(input, output)
  objclass.write_full(bytes("spoiled"))
  objclass.setxattr("lines", bytes("0"))
  objclass.map_clear()
  error("failed half-way")
end

objclass.register(count, objclass.RD | objclass.WR)
objclass.register(report, objclass.RD)
objclass.register(spoil, objclass.RD | objclass.WR)

-- expect: script EIO "got a non-closable value"
-- A closing value would loop after the function that has it returned; there are no closing values.
do
	local x <close> = setmetatable({}, {__close = function() while true do end end})
end

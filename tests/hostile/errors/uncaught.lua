-- expect: script EIO "eval:3: boom"

error("boom")

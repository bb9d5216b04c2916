// This file splits a command that was typed as a line into words, as Redis does.

package resp

// splitLine appends the words of a line to args. Words stand between blanks. In double quotes a word may have blanks and the escapes
// \n \r \t \b \a \xHH and \ before any other byte; in single quotes, blanks and \'. ok is false when quotes are not closed, or something
// follows them but a blank. Words without their quotes are written over the line.
func splitLine(line []byte, args [][]byte) (_ [][]byte, ok bool) {
	for {
		for len(line) > 0 && isBlank(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return args, true
		}
		var word []byte
		if word, line, ok = cutWord(line); !ok {
			return args, false
		}
		args = append(args, word)
	}
}

// cutWord cuts the word that a line begins with. A quote within a word begins a quoted part of it.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	n := 0 // bytes of the word; never more than were read
	put := func(c byte) { line[n] = c; n++ }
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case isBlank(c):
			return line[:n:n], line[i:], true
		case c != '"' && c != '\'':
			put(c)
			i++
		default:
			if i, ok = unquote(line, i, put); !ok {
				return nil, nil, false
			}
			return line[:n:n], line[i:], true
		}
	}
	return line[:n:n], nil, true
}

// unquote reads the quoted part that begins at i, and returns where it ends. Behind it the word ends.
func unquote(line []byte, i int, put func(byte)) (end int, ok bool) {
	quote := line[i]
	for i++; i < len(line); i++ {
		c := line[i]
		switch {
		case c == quote:
			return i + 1, i+1 == len(line) || isBlank(line[i+1])
		case c != '\\' || i+1 == len(line):
			put(c)
		case quote == '\'':
			if line[i+1] == '\'' {
				i, c = i+1, '\''
			}
			put(c)
		case line[i+1] == 'x' && i+3 < len(line) && isHex(line[i+2]) && isHex(line[i+3]):
			put(unhex(line[i+2])<<4 | unhex(line[i+3]))
			i += 3
		default:
			i++
			put(unescape(line[i]))
		}
	}
	return 0, false
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	}
	return c
}

func isBlank(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

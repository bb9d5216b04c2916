// This file decodes the input of eval_bufferlist: cls_lua_eval_op in Ceph's encoding, of version 1.
//
//	u8 version · u8 compat · u32 length of what follows · string script · string handler · bufferlist input
//
// Numbers are little-endian; a string or bufferlist is a u32 length and its bytes. Later versions may add fields behind these, which
// the length tells to skip; one that cannot be read so has a compat above 1.

package objclass

import (
	"bytes"
	"encoding/binary"
	"syscall"
)

const (
	evalCompat = 1         // the version of the encoding that is understood here
	evalHeader = 1 + 1 + 4 // bytes
)

func decodeEvalBufferlist(input []byte) (evalOp, error) {
	fields, err := evalFields(input)
	if err != nil {
		return evalOp{}, err
	}
	var script, handler, data []byte
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{"script", &script}, {"handler", &handler}, {"input", &data}} {
		if *f.to, fields, err = evalField(f.name, fields); err != nil {
			return evalOp{}, err
		}
	}
	return evalOp{script: bytes.Clone(script), handler: string(handler), input: data}, nil
}

// evalFields returns what the header is about.
func evalFields(input []byte) ([]byte, error) {
	if len(input) < evalHeader {
		return nil, evalError("the input has %d bytes, and the header alone has %d", len(input), evalHeader)
	}
	compat, size, fields := input[1], binary.LittleEndian.Uint32(input[2:]), input[evalHeader:]
	switch {
	case compat > evalCompat:
		return nil, evalError("the encoding is for readers of version %d; this one reads version %d", compat, evalCompat)
	case uint64(size) > uint64(len(fields)):
		return nil, evalError("the encoding is cut off: its header announces %d bytes, and %d follow", size, len(fields))
	case uint64(size) < uint64(len(fields)):
		return nil, evalError("the encoding is too long: its header announces %d bytes, and %d follow", size, len(fields))
	}
	return fields, nil
}

// evalField returns the first of the fields, and those behind it.
func evalField(name string, fields []byte) (field, rest []byte, err error) {
	if len(fields) < 4 {
		return nil, nil, evalError("the encoding ends before the length of %s", name)
	}
	size, rest := binary.LittleEndian.Uint32(fields), fields[4:]
	if uint64(size) > uint64(len(rest)) {
		return nil, nil, evalError("%s should have %d bytes, and the encoding has %d more", name, size, len(rest))
	}
	return rest[:size:size], rest[size:], nil
}

func evalError(format string, args ...any) error {
	return Errorf(syscall.EINVAL, KindInput, "eval_bufferlist: "+format, args...)
}

//go:build !norados

package radosstore

// This file reads the flat form in which C++ hands over names and pairs.

import (
	"encoding/binary"

	"github.com/objluad/objluad/store"
)

// pairs splits what rs_copy_xattrs and rs_copy_omap wrote. The values share b.
func pairs(b []byte) []store.KeyValue {
	var kvs []store.KeyValue
	for len(b) > 0 {
		key, value := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
		b = b[8:]
		kvs = append(kvs, store.KeyValue{Key: string(b[:key]), Value: b[key:][:value:value]})
		b = b[key:][value:]
	}
	return kvs
}

// names visits what rs_list_copy wrote, until visit fails. What it hands over is part of b.
func names(b []byte, visit func(namespace, oid []byte) error) error {
	for len(b) > 0 {
		ns, oid := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:])
		b = b[8:]
		if err := visit(b[:ns:ns], b[ns:][:oid:oid]); err != nil {
			return err
		}
		b = b[ns:][oid:]
	}
	return nil
}

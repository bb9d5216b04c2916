package pebblestore

// This file encodes the keys that doc.go describes.

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

var (
	formatKey   = []byte("\x00format")
	floorKey    = []byte("\x00floor")
	nextPoolKey = []byte("\x00next-pool")
)

const (
	prefixPool   = 0x01
	prefixObject = 0x02

	kindHead = 'h'
	kindPart = 'p'

	partData   = 'd'
	partHeader = 'h'
	partOmap   = 'o'
	partXattr  = 'x'
)

// A poolID stands for a pool in keys. Each pool has its own; none is used again.
type poolID uint32

func poolKey(name string) []byte { return append([]byte{prefixPool}, name...) }

// poolPrefix begins all keys of the pool's objects.
func poolPrefix(id poolID) []byte {
	return binary.BigEndian.AppendUint32([]byte{prefixObject}, uint32(id))
}

// headPrefix begins the heads of all objects in a namespace; what follows is the oid.
func headPrefix(id poolID, namespace string) []byte { return headKey(id, namespace, "") }

func headKey(id poolID, namespace, oid string) []byte {
	room := 1 + 4 + 1 + len(namespace) + 2 + len(oid) // more when the namespace has zeros
	key := binary.BigEndian.AppendUint32(append(make([]byte, 0, room), prefixObject), uint32(id))
	return append(appendName(append(key, kindHead), namespace), oid...)
}

// partPrefix begins the keys of all parts of an object.
func partPrefix(id poolID, namespace, oid string) []byte {
	return appendName(appendName(append(poolPrefix(id), kindPart), namespace), oid)
}

// partKey returns the key of one part. It shares no memory with prefix.
func partKey(prefix []byte, part byte, name string) []byte {
	k := make([]byte, 0, len(prefix)+1+len(name))
	return append(append(append(k, prefix...), part), name...)
}

func chunkKey(prefix []byte, chunk int64) []byte {
	k := make([]byte, 0, len(prefix)+9)
	return binary.BigEndian.AppendUint64(append(append(k, prefix...), partData), uint64(chunk))
}

// appendName appends name such that names keep their order and none is a prefix of another.
func appendName(key []byte, name string) []byte {
	for {
		i := strings.IndexByte(name, 0)
		if i < 0 {
			return append(append(key, name...), 0x00, 0x01)
		}
		key = append(append(key, name[:i]...), 0x00, 0xff)
		name = name[i+1:]
	}
}

// cutName takes a name that appendName wrote off the front of key.
func cutName(key []byte) (name string, rest []byte, ok bool) {
	var b []byte
	for {
		i := bytes.IndexByte(key, 0)
		if i < 0 || i+1 == len(key) {
			return "", nil, false
		}
		b = append(b, key[:i]...)
		switch key[i+1] {
		case 0x01:
			return string(b), key[i+2:], true
		case 0xff:
			b = append(b, 0)
			key = key[i+2:]
		default:
			return "", nil, false
		}
	}
}

// after returns the first key behind all keys that begin with prefix. The prefix has a byte other than 0xff.
func after(prefix []byte) []byte {
	i := len(prefix)
	for prefix[i-1] == 0xff {
		i--
	}
	end := slices.Clone(prefix[:i])
	end[i-1]++
	return end
}

//go:build lua54

// The host function that hashes.

package luavm

/*
#include "lv.h"
*/
import "C"

import (
	"crypto/sha256"
	"encoding"
	"hash"
	"hash/crc32"
	"unsafe"

	"github.com/cespare/xxhash/v2"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

//export lvHostHash
func lvHostHash(ctx C.uintptr_t, h *C.lv_hash, data unsafe.Pointer, size C.size_t) C.int {
	return slotOf(ctx).answerFor(func() error { return addToHash(h, unsafe.Slice((*byte)(data), size)) })
}

func addToHash(h *C.lv_hash, data []byte) (err error) {
	state := unsafe.Slice((*byte)(unsafe.Pointer(&h.state)), len(h.state))
	sum := unsafe.Slice((*byte)(unsafe.Pointer(&h.sum)), len(h.sum))
	switch h.algorithm {
	case C.LV_CRC32C:
		h.number = C.uint64_t(crc32.Update(uint32(h.number), castagnoli, data))
	case C.LV_XXH64:
		d := xxhash.NewWithSeed(uint64(h.number))
		err = resume(d, h, state, data)
		h.number = C.uint64_t(d.Sum64())
	case C.LV_SHA256:
		d := sha256.New()
		err = resume(d, h, state, data)
		d.Sum(sum[:0])
	}
	return err
}

// resume adds data to a hash whose state lies in h, unless it begins here, and puts its new state there.
func resume(d hash.Hash, h *C.lv_hash, state, data []byte) error {
	if h.begun {
		if err := d.(encoding.BinaryUnmarshaler).UnmarshalBinary(state[:h.state_size]); err != nil {
			return err
		}
	}
	d.Write(data) // never fails
	after, err := d.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return err
	}
	h.begun, h.state_size = true, C.size_t(copy(state, after))
	return nil
}

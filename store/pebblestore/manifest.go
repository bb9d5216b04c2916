package pebblestore

// This file looks for damage in the manifest, which Pebble would take for its end.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/objluad/objluad/store"
)

// A manifest is a sequence of records in blocks. A record is a chunk, or one in each of several blocks. A chunk begins with the
// checksum (4 bytes, of all that follows the length), length (2) and kind (1), in little-endian.
const (
	manifestBlock  = 32 << 10
	manifestHeader = 7
	chunkFull      = 1 // of a record in one chunk
	chunkFirst     = 2
	chunkLast      = 4 // the last kind
)

// checkManifest fails with store.ErrIO where a record begins behind a damaged chunk, or the file ends exactly where that chunk
// does. Pebble ends at the chunk: it would open the store as it was when the manifest had got that far, without tables that came
// later, nor what had been in logs that were removed since. A manifest is synced after each record, so no crash leaves that: what it
// tears off is the end of the last record.
func checkManifest(dir string, filesystem vfs.FS) error {
	desc, err := pebble.Peek(dir, filesystem)
	if err != nil {
		return err
	}
	if !desc.Exists {
		return checkNoStore(dir, filesystem)
	}
	f, err := filesystem.Open(desc.ManifestFilename)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, manifestBlock)
	damaged := int64(-1)
	for off := int64(0); ; off += manifestBlock {
		n, err := io.ReadFull(f, block)
		if err == io.EOF {
			return nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return err
		}
		for p := 0; p+manifestHeader <= n; {
			size := chunkSizeAt(block[p:n])
			if damaged >= 0 && size > 0 && (block[p+6] == chunkFull || block[p+6] == chunkFirst) {
				return damagedAt(desc.ManifestFilename, damaged)
			}
			if size > 0 {
				p += size
				continue
			}
			first := damaged < 0
			if first {
				damaged = off + int64(p)
			}
			if isZero(block[p:n]) {
				break
			}
			if first && n < manifestBlock && p+lengthOfChunk(block[p:]) == n {
				return damagedAt(desc.ManifestFilename, damaged)
			}
			p++
		}
	}
}

func damagedAt(manifest string, at int64) error {
	return fmt.Errorf("%w: %s is damaged at byte %d", store.ErrIO, manifest, at)
}

// lengthOfChunk returns the bytes that the chunk says to have, its header included.
func lengthOfChunk(b []byte) int { return manifestHeader + int(binary.LittleEndian.Uint16(b[4:])) }

// Exists reports whether there is a store in a folder. It fails with store.ErrIO where there are files of one only.
func Exists(dir string) (bool, error) {
	desc, err := pebble.Peek(dir, vfs.Default)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, openError(dir, err)
	case desc.Exists:
		return true, nil
	}
	if err := checkNoStore(dir, vfs.Default); err != nil {
		return false, openError(dir, err)
	}
	return false, nil
}

// checkNoStore fails with store.ErrIO where a folder has files of a store whose manifest nothing names. Pebble would make a new
// store there, and remove them.
func checkNoStore(dir string, filesystem vfs.FS) error {
	names, err := filesystem.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ext := path.Ext(name); ext == ".sst" || ext == ".log" {
			return fmt.Errorf("%w: %s is there, but the file marker.manifest.* is missing", store.ErrIO, name)
		}
	}
	return nil
}

// chunkSizeAt returns the bytes of the sound chunk that b begins with, 0 if there is none.
func chunkSizeAt(b []byte) int {
	if len(b) < manifestHeader || b[6] < chunkFull || b[6] > chunkLast {
		return 0
	}
	end := lengthOfChunk(b)
	if end > len(b) || logChecksum(b[6:end]) != binary.LittleEndian.Uint32(b) {
		return 0
	}
	return end
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

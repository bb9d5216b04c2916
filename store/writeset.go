package store

// WriteSet is the net effect of a change to one object, ready to be committed: not a history of operations but the
// difference that they make. An Overlay builds it; an engine applies it in this order:
//
//  1. If Remove, the object is removed and nothing else is set. Where there is none, nothing changes, and the version of
//     the commit is 0.
//  2. If Reset, the object that was there is removed with its data, xattrs and omap, and a new one takes its place.
//  3. The object is created if it is absent.
//  4. If Data is not nil, the bytes at and behind Data.Keep are dropped, the size is set to Data.Size (bytes not written
//     by an extent read as zeros), and the extents are written.
//  5. Each entry of Xattrs is set, or removed where its value is nil. An empty value is not nil.
//  6. If OmapClear, all omap pairs and the header are removed. If OmapHeader is not nil, it becomes the header. The pairs
//     of each range of OmapRanges are removed. Each entry of Omap is set, or removed where its value is nil.
//
// An empty WriteSet, committed, creates the object if it is absent, and otherwise only raises its version and
// modification time.
type WriteSet struct {
	Remove     bool
	Reset      bool
	Data       *DataChange
	Xattrs     map[string][]byte
	OmapClear  bool
	OmapHeader []byte
	OmapRanges []KeyRange // in order, not empty, and neither overlapping nor touching
	Omap       map[string][]byte
}

// DataChange is the difference between the data that an object had and the data that it gets.
type DataChange struct {
	Keep    int64    // of the old data, bytes [0, Keep) survive; at most the old size and at most Size
	Size    int64    // the new size
	Extents []Extent // in order of their offsets, not overlapping, within Size
}

// Extent is a run of bytes at an offset. Bytes is nil for a run of zeros.
type Extent struct {
	Off   int64
	Len   int64
	Bytes []byte
}

// Written returns about how many bytes a commit of ws writes.
func (ws *WriteSet) Written() int64 {
	n := int64(len(ws.OmapHeader))
	if ws.Data != nil {
		for _, e := range ws.Data.Extents {
			n += int64(len(e.Bytes))
		}
	}
	for name, value := range ws.Xattrs {
		n += int64(len(name) + len(value))
	}
	for _, r := range ws.OmapRanges {
		n += int64(len(r.First) + len(r.End))
	}
	for key, value := range ws.Omap {
		n += int64(len(key) + len(value))
	}
	return n
}

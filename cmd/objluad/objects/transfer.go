// This file is the subcommands that move an object's data to and from files, in pieces where there is much of it.

package objects

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/objluad/objluad/client"
	"github.com/objluad/objluad/cmd/objluad/errno"
)

// pieceSize is how much of an object one command writes or reads. What fits is written and read at once, so nobody sees a part of
// it. All pieces but the first are written and read on the version that the one before had: a change of another client in between
// is an error, and never mixes with them.
const pieceSize = 32 << 20

func newPut(a *commands) *cobra.Command {
	var offset string
	cmd := &cobra.Command{
		Use:   "put OID FILE",
		Short: "Write an object from a file, - is standard input",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("offset") {
				return a.put(cmd.Context(), args[0], args[1])
			}
			at, err := parseOffset(offset)
			if err != nil {
				return err
			}
			return a.putAt(cmd.Context(), args[0], args[1], at)
		},
	}
	cmd.Flags().StringVar(&offset, "offset", "", "`byte` of the object at which to write; the other bytes stay (4K, 4M and 4G are powers of 1024)")
	return cmd
}

// parseOffset reads a number of bytes, with the units of rados.
func parseOffset(text string) (uint64, error) {
	number, shift := text, 0
	for unit, s := range map[string]int{"B": 0, "K": 10, "Ki": 10, "M": 20, "Mi": 20, "G": 30, "Gi": 30} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			number, shift = rest, s
		}
	}
	n, err := strconv.ParseUint(number, 10, 63)
	if err != nil || n > math.MaxInt64>>shift {
		return 0, errno.Errorf(syscall.EINVAL, "an offset is a number of bytes from 0, or of K, M or G, not %q", text)
	}
	return n << shift, nil
}

func (a *commands) put(ctx context.Context, oid, file string) error {
	return a.upload(ctx, file, func(ctx context.Context, ioctx *client.IOContext, piece []byte) (uint64, error) {
		return ioctx.WriteFull(ctx, oid, piece)
	}, func(ctx context.Context, ioctx *client.IOContext, piece []byte, written uint64) (uint64, error) {
		return ioctx.Write(ctx, oid, piece, written)
	})
}

// putAt writes a file at an offset. An empty one replaces the object by as many zeros, as with rados.
func (a *commands) putAt(ctx context.Context, oid, file string, offset uint64) error {
	return a.upload(ctx, file, func(ctx context.Context, ioctx *client.IOContext, piece []byte) (uint64, error) {
		if len(piece) > 0 {
			return ioctx.Write(ctx, oid, piece, offset)
		}
		if version, err := ioctx.WriteFull(ctx, oid, nil); err != nil || offset == 0 {
			return version, err
		}
		return ioctx.Truncate(ctx, oid, offset)
	}, func(ctx context.Context, ioctx *client.IOContext, piece []byte, written uint64) (uint64, error) {
		return ioctx.Write(ctx, oid, piece, offset+written)
	})
}

func (a *commands) append(ctx context.Context, oid, file string) error {
	return a.upload(ctx, file, func(ctx context.Context, ioctx *client.IOContext, piece []byte) (uint64, error) {
		return ioctx.Append(ctx, oid, piece)
	}, func(ctx context.Context, ioctx *client.IOContext, piece []byte, _ uint64) (uint64, error) {
		return ioctx.Append(ctx, oid, piece)
	})
}

// upload has first write the first piece of a file, which is empty if that is, and next each of the others. They return the version
// that the object has then.
func (a *commands) upload(ctx context.Context, file string,
	first func(ctx context.Context, ioctx *client.IOContext, piece []byte) (uint64, error),
	next func(ctx context.Context, ioctx *client.IOContext, piece []byte, written uint64) (uint64, error)) error {
	in, err := a.openFile(file)
	if err != nil {
		return err
	}
	defer in.Close()
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		defer a.Meter.Show("writing", sizeOf(in), true)()
		pieces := &pieceReader{in: in}
		piece, err := pieces.next()
		if err != nil {
			return err
		}
		version, err := first(ctx, ioctx, piece)
		written := uint64(len(piece))
		for err == nil && len(piece) == pieceSize {
			if piece, err = pieces.next(); err != nil {
				return fmt.Errorf("%d bytes of %s were written: %w", written, file, err)
			}
			if len(piece) == 0 {
				break
			}
			if version, err = next(ctx, ioctx.IfVersion(version), piece, written); err != nil {
				return interrupted(err, "the object was changed by another client; %d bytes of %s were written", written, file)
			}
			written += uint64(len(piece))
		}
		if err != nil || !a.JSON {
			return err
		}
		return a.PrintJSON(map[string]any{"version": version, "size": written})
	})
}

// interrupted says of the error of a later piece whether the object has another version than the piece before.
func interrupted(err error, format string, args ...any) error {
	if errors.Is(err, syscall.ERANGE) || errors.Is(err, syscall.EOVERFLOW) || errors.Is(err, syscall.ENOENT) {
		return errno.Errorf(syscall.EAGAIN, format, args...)
	}
	return err
}

// pieceReader cuts a file into pieces.
type pieceReader struct {
	in    io.Reader
	piece []byte
}

// next returns the next piece, which is shorter than pieceSize at the end of the file, and valid until the next call.
func (p *pieceReader) next() ([]byte, error) {
	p.piece = p.piece[:0]
	for len(p.piece) < pieceSize {
		if len(p.piece) == cap(p.piece) {
			grown := make([]byte, len(p.piece), min(max(64<<10, 4*cap(p.piece)), pieceSize))
			copy(grown, p.piece)
			p.piece = grown
		}
		n, err := p.in.Read(p.piece[len(p.piece):cap(p.piece)])
		p.piece = p.piece[:len(p.piece)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return p.piece, nil
}

func (a *commands) get(ctx context.Context, oid, file string) error {
	return a.WithObjects(ctx, func(ctx context.Context, ioctx *client.IOContext) error {
		st, err := ioctx.Stat(ctx, oid)
		if err != nil {
			return err
		}
		defer a.Meter.Show("reading", int64(st.Size), false)()
		if st.Size <= pieceSize {
			data, err := ioctx.ReadFull(ctx, oid)
			if err != nil {
				return err
			}
			return a.saveBytes(file, data)
		}
		return a.save(file, func(out io.Writer) (uint64, error) {
			return st.Size, download(ctx, ioctx.IfVersion(st.Version), oid, st.Size, out)
		})
	})
}

// download writes the data of an object of that size.
func download(ctx context.Context, ioctx *client.IOContext, oid string, size uint64, out io.Writer) error {
	piece := make([]byte, pieceSize)
	for off := uint64(0); off < size; off += pieceSize {
		n, err := ioctx.Read(ctx, oid, piece, off)
		if err != nil {
			return interrupted(err, "the object was changed by another client while it was read; get it again")
		}
		if _, err := out.Write(piece[:n]); err != nil {
			return err
		}
	}
	return nil
}

// saveBytes is save of what is in memory.
func (a *commands) saveBytes(file string, data []byte) error {
	return a.save(file, func(out io.Writer) (uint64, error) {
		n, err := out.Write(data)
		return uint64(n), err
	})
}

// save has write fill a file, - is standard output, and tells how much it has.
func (a *commands) save(file string, write func(io.Writer) (uint64, error)) error {
	if file == "-" {
		_, err := write(a.Out)
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	size, err := write(f)
	if err := errors.Join(err, f.Close()); err != nil || !a.JSON {
		return err
	}
	return a.PrintJSON(map[string]any{"size": size})
}

// openFile opens a file to read; - is standard input.
func (a *commands) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(bufio.NewReader(a.In)), nil
	}
	return os.Open(name)
}

// sizeOf returns the size of what is read from, -1 when that is not known.
func sizeOf(in io.Reader) int64 {
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return -1
}

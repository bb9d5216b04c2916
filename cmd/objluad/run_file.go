// This file is the file that objluad run takes an object's data from, and writes it back to.

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/objluad/objluad/cmd/objluad/errno"
	"github.com/objluad/objluad/store"
)

// maxLinks is how many links one after the other are followed, as by Linux.
const maxLinks = 40

// prepareFile makes sure that the file of --object can be written, before a method runs: links stay links, and what is no regular
// file, or may not be written, stays as it is. Then r.object is the file itself.
func (r *runner) prepareFile() error {
	switch r.object {
	case "":
		return errno.Errorf(syscall.EINVAL, "--write needs --object FILE, the file to write to")
	case "-":
		return errno.Errorf(syscall.EINVAL, "--write needs a file to write to, and --object - is standard input")
	}
	var err error
	if r.object, err = followLinks(r.object); err != nil {
		return err
	}
	info, err := os.Stat(r.object)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errno.Errorf(syscall.EINVAL, "%s is no regular file, which --write would replace", r.object)
	}
	f, err := os.OpenFile(r.object, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// followLinks returns what a link leads to in the end, which may be absent; or the name of what is no link.
func followLinks(name string) (string, error) {
	for range maxLinks {
		target, err := os.Readlink(name)
		switch {
		case errors.Is(err, syscall.EINVAL), errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		case filepath.IsAbs(target):
			name = target
			continue
		}
		folder, err := filepath.EvalSymlinks(filepath.Dir(name))
		if err != nil {
			return "", err
		}
		name = folder + "/" + target
	}
	return "", errno.Errorf(syscall.ELOOP, "%s: too many links that lead to each other", name)
}

// readData reads the object's data, and no more than an object may have.
func (r *runner) readData() ([]byte, error) {
	from := r.In
	if r.object != "-" {
		f, err := os.Open(r.object)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = f
	}
	most := store.Limits{}.WithDefaults().ObjectSize
	data, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && int64(len(data)) > most {
		err = errno.Errorf(syscall.EFBIG, "%s has more than %d bytes, the most that an object has", r.object, most)
	}
	return data, err
}

// replaceFile gives a file another content. A failure leaves it as it was.
func replaceFile(name string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // does nothing once it is renamed
	_, err = temporary.Write(content)
	err = errors.Join(err, takeAfter(temporary, name))
	if err == nil {
		err = temporary.Sync()
	}
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}

// takeAfter gives a new file the owner and the permissions of the file that it is to replace, which may be absent.
func takeAfter(f *os.File, name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.Chmod(0o644)
	}
	if err != nil {
		return err
	}
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	his, own := info.Sys().(*syscall.Stat_t), mine.Sys().(*syscall.Stat_t)
	if his.Uid != own.Uid || his.Gid != own.Gid {
		if err := f.Chown(int(his.Uid), int(his.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(info.Mode().Perm())
}

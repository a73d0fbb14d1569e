package lowlevel

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// descriptor waits on the library's descriptor in the runtime's poller, so that a waiting goroutine holds no
// thread. It is a duplicate: closing it leaves the library's own open.
type descriptor struct {
	file   *os.File
	raw    syscall.RawConn
	closed atomic.Bool
}

func newDescriptor(fd int) (*descriptor, error) {
	syscall.ForkLock.RLock()
	own, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(own)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	file := os.NewFile(uintptr(own), "bullmq events")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &descriptor{file: file, raw: raw}, nil
}

// wait calls try until it answers true: at once, and then whenever the descriptor has become readable. The
// poller reports edges and the descriptor shows a level; asking the library between arming the poller and
// sleeping is what makes them fit: an event before the question is found by it, one after it is an edge.
func (d *descriptor) wait(ctx context.Context, try func() bool) error {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
			d.file.SetReadDeadline(time.Unix(1, 0))
		case <-stop:
		}
	}()
	err := d.raw.Read(func(uintptr) bool { return try() })
	close(stop)
	<-stopped
	if ctx.Err() != nil {
		d.file.SetReadDeadline(time.Time{})
		if err != nil {
			return ctx.Err()
		}
	}
	if err != nil && d.closed.Load() {
		return os.ErrClosed
	}
	return err
}

func (d *descriptor) close() {
	d.closed.Store(true)
	d.file.Close()
}

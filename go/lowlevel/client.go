package lowlevel

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"libbullmq/bullmq/internal/native"
)

// NoLimit as the grace time of a close waits for running jobs however long they take.
const NoLimit time.Duration = -1

// Client is one connection to Redis with its own native thread: the calls of the C library. Any goroutine may
// call; the events are taken by one. A client that nothing refers to any more is freed by the garbage
// collector.
type Client struct {
	lock   sync.RWMutex // native is released only while nobody is inside it
	native native.Client
	events *descriptor
}

// NewClient makes a client with the client's options of docs/options.md, by Node's names and nesting; nil is
// the defaults, 127.0.0.1:6379. Nothing is connected before the first queue is opened. A wrong option is a
// [*Refusal] that names it.
func NewClient(options map[string]any) (*Client, error) {
	conf, err := newConf(ConfClient, options)
	if err != nil {
		return nil, err
	}
	defer native.DeleteConf(conf)
	c := &Client{native: native.NewClient(conf)}
	if !c.native.Is_open() {
		defer native.DeleteClient(c.native)
		if reason := string(conf.Error()); reason != "" {
			return nil, refused(RefusedInval, reason)
		}
		return nil, refused(RefusedSys, "")
	}
	if c.events, err = newDescriptor(c.native.Fd()); err != nil {
		native.DeleteClient(c.native)
		return nil, err
	}
	runtime.SetFinalizer(c, func(c *Client) {
		c.Free()
		native.DeleteClient(c.native)
	})
	return c, nil
}

func newConf(scope int, options map[string]any) (native.Conf, error) {
	text, err := jsonObject("options", options)
	if err != nil {
		return nil, err
	}
	conf := native.NewConf(scope)
	if code := conf.Set_json(text); code < 0 {
		defer native.DeleteConf(conf)
		return nil, refused(code, string(conf.Error()))
	}
	return conf, nil
}

// jsonObject is the text of members, {} for nil; what names it in the error.
func jsonObject(what string, members map[string]any) ([]byte, error) {
	if members == nil {
		return []byte("{}"), nil
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("bullmq: %s: %w", what, err)
	}
	return text, nil
}

// OpenQueue opens a queue with the queue's options of docs/options.md and answers its id. The first queue
// starts the thread and the connection; OpenQueue does not wait for it.
func (c *Client) OpenQueue(name string, options map[string]any) (int64, error) {
	if err := withoutNUL("queue name", name); err != nil {
		return 0, err
	}
	return c.open(ConfQueue, options, func(conf native.Conf) int64 { return c.native.Queue_open(name, conf) })
}

// OpenWorker opens a worker on a queue, with the worker's options of docs/options.md, that is given up to
// concurrency jobs at once, and answers its id. Its jobs arrive as [EventJob].
func (c *Client) OpenWorker(queue int64, options map[string]any, concurrency int) (int64, error) {
	worker, err := c.open(ConfWorker, options, func(conf native.Conf) int64 {
		return c.native.Worker_open(queue, conf)
	})
	if err != nil {
		return 0, err
	}
	_, err = c.ask(func() int64 { return int64(c.native.Worker_credit(worker, concurrency)) })
	return worker, err
}

func (c *Client) open(scope int, options map[string]any, with func(native.Conf) int64) (int64, error) {
	conf, err := newConf(scope, options)
	if err != nil {
		return 0, err
	}
	defer native.DeleteConf(conf)
	c.lock.RLock()
	answer := with(conf)
	c.lock.RUnlock()
	if answer < 0 {
		return 0, refused(int(answer), string(conf.Error()))
	}
	return answer, nil
}

// Call runs a command of docs/commands.md on a queue and answers the operation. The arguments become a JSON
// object; payload is sent as it is. Arguments that the command does not take end as an EventError before
// anything is written.
func (c *Client) Call(queue int64, command string, args map[string]any, payload []byte) (int64, error) {
	if err := withoutNUL("command", command); err != nil {
		return 0, err
	}
	text, err := jsonObject("arguments of "+command, args)
	if err != nil {
		return 0, err
	}
	return c.ask(func() int64 { return c.native.Call(queue, command, text, payload) })
}

// Done says that a job ended well and answers the operation, which succeeds once that is stored. The result is
// JSON text, empty for null. If the job's lock was lost, the operation ends with [CodeJobLockNotExist] or
// [CodeJobLockMismatch]: another worker has the job, or had it.
func (c *Client) Done(job int64, result []byte) (int64, error) {
	return c.ask(func() int64 { return c.native.Job_done(job, result) })
}

// Fail says that a job failed and answers the operation, whose reply tells by [TagOutcome] whether the job
// will run again. Members of failure: message (text), name (text, the error's class; "UnrecoverableError"
// forbids a retry), stack (text, one entry of the job's stack traces), giveBack (true: not a failure, put the
// job back to wait, this attempt uncounted).
func (c *Client) Fail(job int64, failure map[string]any) (int64, error) {
	text, err := jsonObject("failure", failure)
	if err != nil {
		return 0, err
	}
	return c.ask(func() int64 { return c.native.Job_fail(job, text) })
}

// PauseWorker stops taking jobs. The operation succeeds when no job of this worker runs any more or, with
// doNotWait, at once. Other workers of the queue go on.
func (c *Client) PauseWorker(worker int64, doNotWait bool) (int64, error) {
	return c.ask(func() int64 { return c.native.Worker_pause(worker, doNotWait) })
}

// ResumeWorker takes jobs again after [Client.PauseWorker].
func (c *Client) ResumeWorker(worker int64) (int64, error) {
	return c.ask(func() int64 { return c.native.Worker_resume(worker) })
}

// CloseWorker does for one worker what [Client.Close] does for all.
func (c *Client) CloseWorker(worker int64, grace time.Duration) (int64, error) {
	return c.ask(func() int64 { return c.native.Worker_close(worker, milliseconds(grace)) })
}

// Close ends in order: workers stop taking jobs, jobs that run may finish for the grace time ([NoLimit], or 0:
// at once), what is written is flushed, connections end. Jobs that Wait has not handed out are given back;
// those that still run after the grace time are recovered by other workers once their lock has expired. The
// reply to the operation is the client's last event; Free after it.
func (c *Client) Close(grace time.Duration) (int64, error) {
	return c.ask(func() int64 { return c.native.Close(milliseconds(grace)) })
}

func milliseconds(grace time.Duration) int64 {
	if grace < 0 {
		return -1
	}
	return grace.Milliseconds()
}

// ask answers what question does, or its refusal.
func (c *Client) ask(question func() int64) (int64, error) {
	c.lock.RLock()
	defer c.lock.RUnlock()
	answer := question()
	if answer < 0 {
		return 0, refused(int(answer), "")
	}
	return answer, nil
}

// withoutNUL refuses text that C would read as shorter than it is.
func withoutNUL(what, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return refused(RefusedInval, fmt.Sprintf("%s %q contains a NUL byte", what, text))
	}
	return nil
}

// Wait answers the next events, at least one, and holds no thread while it waits. It ends with the context's
// error, which loses no event, or with os.ErrClosed when the client is freed. One goroutine at a time waits.
func (c *Client) Wait(ctx context.Context) ([]Record, error) {
	var run []byte
	err := c.events.wait(ctx, func() bool {
		run = c.take(0)
		return run != nil
	})
	if err != nil {
		return nil, err
	}
	return ReadRecords(run)
}

// Take answers the events that wait now, at most max of them (0: all), none when there are none. It never
// blocks.
func (c *Client) Take(max int) ([]Record, error) {
	return ReadRecords(c.take(max))
}

// take copies the events that wait; nil when there are none.
func (c *Client) take(max int) []byte {
	c.lock.RLock()
	defer c.lock.RUnlock()
	batch := c.native.Take(max)
	if batch == nil || batch.Swigcptr() == 0 {
		return nil
	}
	defer native.DeleteBatch(batch)
	return append([]byte{}, batch.Bytes()...)
}

// Free releases everything at once, waiting for nothing but the native thread. Whoever waits is woken, later
// calls are refused. Jobs that were not finished are recovered by other workers once their lock has expired.
func (c *Client) Free() {
	c.events.close()
	c.lock.Lock()
	defer c.lock.Unlock()
	c.native.Release()
}

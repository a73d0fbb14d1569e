package lowlevel

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"libbullmq/bullmq/internal/native"
)

// client is one connection to Redis with its own native thread: the calls of the C library. Every call
// answers at once with the id of an operation, whose outcome is a record of wait with that id. While Redis
// cannot be reached operations wait, as connection.maxRetriesPerRequest says. Any goroutine may call.
type client struct {
	lock   sync.RWMutex // native is released only while nobody is inside it
	native native.Client
	events *descriptor
}

// newClient takes the client's options of docs/options.md by Node's names.
func newClient(options map[string]any) (*client, error) {
	conf, err := newConf(ConfClient, options)
	if err != nil {
		return nil, err
	}
	defer native.DeleteConf(conf)
	c := &client{native: native.NewClient(conf)}
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
	runtime.SetFinalizer(c, func(c *client) {
		c.free()
		native.DeleteClient(c.native)
	})
	return c, nil
}

func newConf(scope int, options map[string]any) (native.Conf, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("bullmq: options: %w", err)
	}
	if options == nil {
		text = []byte("{}")
	}
	conf := native.NewConf(scope)
	if code := conf.Set_json(text); code < 0 {
		defer native.DeleteConf(conf)
		return nil, refused(code, string(conf.Error()))
	}
	return conf, nil
}

// openQueue opens a queue, which connects, and answers its id.
func (c *client) openQueue(name string, options map[string]any) (int64, error) {
	if strings.IndexByte(name, 0) >= 0 {
		return 0, refused(RefusedInval, fmt.Sprintf("queue name %q contains a NUL byte", name))
	}
	return c.open(ConfQueue, options, func(conf native.Conf) int64 { return c.native.Queue_open(name, conf) })
}

// openWorker opens a worker that runs up to concurrency jobs at once and answers its id.
func (c *client) openWorker(queue int64, options map[string]any, concurrency int) (int64, error) {
	worker, err := c.open(ConfWorker, options, func(conf native.Conf) int64 {
		return c.native.Worker_open(queue, conf)
	})
	if err != nil {
		return 0, err
	}
	_, err = c.ask(func() int64 { return int64(c.native.Worker_credit(worker, concurrency)) })
	return worker, err
}

func (c *client) open(scope int, options map[string]any, with func(native.Conf) int64) (int64, error) {
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

// call runs a command of docs/commands.md on a queue and answers the operation.
func (c *client) call(queue int64, command string, args map[string]any, payload []byte) (int64, error) {
	text, err := json.Marshal(args)
	if err != nil {
		return 0, fmt.Errorf("bullmq: arguments of %s: %w", command, err)
	}
	if args == nil {
		text = []byte("{}")
	}
	return c.ask(func() int64 { return c.native.Call(queue, command, text, payload) })
}

// done says that a job ended well; result is JSON text, empty for null.
func (c *client) done(job int64, result []byte) (int64, error) {
	return c.ask(func() int64 { return c.native.Job_done(job, result) })
}

// fail says that a job failed; failure has message, and optionally name, stack, giveBack.
func (c *client) fail(job int64, failure map[string]any) (int64, error) {
	text, err := json.Marshal(failure)
	if err != nil {
		return 0, fmt.Errorf("bullmq: failure: %w", err)
	}
	return c.ask(func() int64 { return c.native.Job_fail(job, text) })
}

func (c *client) ask(question func() int64) (int64, error) {
	c.lock.RLock()
	defer c.lock.RUnlock()
	answer := question()
	if answer < 0 {
		return 0, refused(int(answer), "")
	}
	return answer, nil
}

// wait answers the next events, at least one. It ends with the context's error, or with os.ErrClosed when
// the client is freed. One goroutine at a time waits.
func (c *client) wait(ctx context.Context) ([]record, error) {
	var run []byte
	err := c.events.wait(ctx, func() bool {
		run = c.take()
		return run != nil
	})
	if err != nil {
		return nil, err
	}
	return ReadRecords(run)
}

// take copies the events that wait; nil when there are none.
func (c *client) take() []byte {
	c.lock.RLock()
	defer c.lock.RUnlock()
	batch := c.native.Take(0)
	if batch == nil || batch.Swigcptr() == 0 {
		return nil
	}
	defer native.DeleteBatch(batch)
	return append([]byte{}, batch.Bytes()...)
}

// free releases everything at once; whoever waits is woken, later calls are refused.
func (c *client) free() {
	c.events.close()
	c.lock.Lock()
	defer c.lock.Unlock()
	c.native.Release()
}

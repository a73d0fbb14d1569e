package lowlevel

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

const limit = 20 * time.Second

// session is a client of a private server, and the events that nobody has asked for yet.
type session struct {
	*client
	t      *testing.T
	redis  *privateRedis
	events []record
}

func openSession(t *testing.T) *session {
	redis := startRedis(t)
	c, err := newClient(redis.options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.free)
	return &session{client: c, t: t, redis: redis}
}

// event is the first event of this kind and, unless id is 0, of this id.
func (s *session) event(kind int, id int64) record {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		for i, r := range s.events {
			if r.kind == kind && (id == 0 || r.id == id) {
				s.events = append(s.events[:i], s.events[i+1:]...)
				return r
			}
			if r.kind == EventError && r.id == id {
				s.t.Fatal(r.text(TagMessage))
			}
		}
		more, err := s.wait(ctx)
		if err != nil {
			s.t.Fatalf("no event of kind %d: %v", kind, err)
		}
		s.events = append(s.events, more...)
	}
}

func (s *session) must(id int64, err error) int64 {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s *session) add(queue int64, name, data string) string {
	s.t.Helper()
	reply := s.event(EventReply, s.must(s.call(queue, "add", map[string]any{"name": name}, []byte(data))))
	return reply.text(TagValue)
}

func equal[T comparable](t *testing.T, what string, found, expected T) {
	t.Helper()
	if found != expected {
		t.Errorf("%s is %v instead of %v", what, found, expected)
	}
}

func TestAJobIsAddedTakenAndFinished(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.openQueue("smoke", nil))
	id := s.add(queue, "welcome", `{"user":7}`)

	worker := s.must(s.openWorker(queue, nil, 1))
	job := s.event(EventJob, 0)
	from, _ := job.integer(TagWorker)
	equal(t, "worker", from, worker)
	equal(t, "job id", job.text(TagJobID), id)
	equal(t, "name", job.text(TagName), "welcome")
	equal(t, "data", job.text(TagData), `{"user":7}`)

	stored := s.event(EventReply, s.must(s.done(job.id, []byte(`{"sent":true}`))))
	equal(t, "outcome", stored.text(TagOutcome), "completed")
	if s.redis.ask("ZSCORE", "bull:smoke:completed", id) == "" {
		t.Error("the job is not in the completed set")
	}
	equal(t, "returnvalue", s.redis.ask("HGET", "bull:smoke:"+id, "returnvalue"), `{"sent":true}`)
}

func TestManyJobsArriveWithoutALostWakeup(t *testing.T) {
	const count = 2000
	s := openSession(t)
	queue := s.must(s.openQueue("many", nil))
	var request []byte
	for i := 0; i < count; i++ {
		request = AppendRecord(request, RequestAdd, 0, TextField(TagName, "n"), TextField(TagData, "{}"))
	}
	s.event(EventReply, s.must(s.call(queue, "addBulk", nil, request)))
	s.must(s.openWorker(queue, nil, 10))
	for i := 0; i < count; i++ {
		s.must(s.done(s.event(EventJob, 0).id, nil))
	}
}

func TestAFailureIsStoredWithItsMessage(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.openQueue("failing", nil))
	id := s.add(queue, "n", "{}")
	s.must(s.openWorker(queue, nil, 1))
	failure := map[string]any{"message": "no such user"}
	stored := s.event(EventReply, s.must(s.fail(s.event(EventJob, 0).id, failure)))
	equal(t, "outcome", stored.text(TagOutcome), "failed")
	equal(t, "failedReason", s.redis.ask("HGET", "bull:failing:"+id, "failedReason"), "no such user")
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	s := openSession(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := s.wait(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("wait ended with %v", err)
	}
	// The next wait works as if nothing had been.
	queue := s.must(s.openQueue("after", nil))
	s.add(queue, "n", "{}")
}

func TestFreeWakesWhoeverWaits(t *testing.T) {
	s := openSession(t)
	ended := make(chan error, 1)
	go func() {
		_, err := s.wait(context.Background())
		ended <- err
	}()
	s.free()
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("wait ended with %v", err)
		}
	case <-time.After(limit):
		t.Fatal("wait did not end")
	}
}

func TestAWrongOptionIsRefusedWithItsName(t *testing.T) {
	_, err := newClient(map[string]any{"connection": map[string]any{"hots": "x"}})
	var r *refusal
	if !errors.As(err, &r) || r.code != RefusedInval || !strings.Contains(r.reason, "connection.hots") {
		t.Errorf("answered %v", err)
	}
}

func TestABadQueueNameIsRefused(t *testing.T) {
	s := openSession(t)
	for _, name := range []string{"", "a:b", "a\x00b"} {
		var r *refusal
		if _, err := s.openQueue(name, nil); !errors.As(err, &r) || r.code != RefusedInval {
			t.Errorf("%q answered %v", name, err)
		}
	}
}

func TestAFreedClientRefusesCalls(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.openQueue("gone", nil))
	s.free()
	s.free()
	var r *refusal
	if _, err := s.call(queue, "pause", nil, nil); !errors.As(err, &r) || r.code != RefusedClosed {
		t.Errorf("answered %v", err)
	}
}

func TestForgottenClientsAreCollected(t *testing.T) {
	redis := startRedis(t)
	before := strings.Count(redis.ask("CLIENT", "LIST"), "\n")
	for i := 0; i < 10; i++ {
		c, err := newClient(redis.options())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.openQueue("forgotten", nil); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(limit); time.Now().Before(end); {
		runtime.GC()
		if strings.Count(redis.ask("CLIENT", "LIST"), "\n") == before {
			return
		}
	}
	t.Error("connections of forgotten clients stay open")
}

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
	*Client
	t      *testing.T
	redis  *PrivateRedis
	events []Record
}

func openSession(t *testing.T) *session {
	redis := startRedis(t)
	c, err := NewClient(redis.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Free)
	return &session{Client: c, t: t, redis: redis}
}

// event is the first event of this kind and, unless id is 0, of this id.
func (s *session) event(kind int, id int64) Record {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		for i, r := range s.events {
			if r.Type == kind && (id == 0 || r.ID == id) {
				s.events = append(s.events[:i], s.events[i+1:]...)
				return r
			}
			if r.Type == EventError && r.ID == id {
				s.t.Fatal(r.Text(TagMessage))
			}
		}
		more, err := s.Wait(ctx)
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
	reply := s.event(EventReply, s.must(s.Call(queue, "add", map[string]any{"name": name}, []byte(data))))
	return reply.Text(TagValue)
}

func equal[T comparable](t *testing.T, what string, found, expected T) {
	t.Helper()
	if found != expected {
		t.Errorf("%s is %v instead of %v", what, found, expected)
	}
}

func TestAJobIsAddedTakenAndFinished(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("smoke", nil))
	id := s.add(queue, "welcome", `{"user":7}`)

	worker := s.must(s.OpenWorker(queue, nil, 1))
	job := s.event(EventJob, 0)
	from, _ := job.Integer(TagWorker)
	equal(t, "worker", from, worker)
	equal(t, "job id", job.Text(TagJobID), id)
	equal(t, "name", job.Text(TagName), "welcome")
	equal(t, "data", job.Text(TagData), `{"user":7}`)

	stored := s.event(EventReply, s.must(s.Done(job.ID, []byte(`{"sent":true}`))))
	equal(t, "outcome", stored.Text(TagOutcome), "completed")
	if s.redis.ask(t, "ZSCORE", "bull:smoke:completed", id) == "" {
		t.Error("the job is not in the completed set")
	}
	equal(t, "returnvalue", s.redis.ask(t, "HGET", "bull:smoke:"+id, "returnvalue"), `{"sent":true}`)
}

func TestManyJobsArriveWithoutALostWakeup(t *testing.T) {
	const count = 2000
	s := openSession(t)
	queue := s.must(s.OpenQueue("many", nil))
	var request []byte
	for i := 0; i < count; i++ {
		request = AppendRecord(request, RequestAdd, 0, TextField(TagName, "n"), TextField(TagData, "{}"))
	}
	s.event(EventReply, s.must(s.Call(queue, "addBulk", nil, request)))
	s.must(s.OpenWorker(queue, nil, 10))
	for i := 0; i < count; i++ {
		s.must(s.Done(s.event(EventJob, 0).ID, nil))
	}
}

func TestAFailureIsStoredWithItsMessage(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("failing", nil))
	id := s.add(queue, "n", "{}")
	s.must(s.OpenWorker(queue, nil, 1))
	failure := map[string]any{"message": "no such user"}
	stored := s.event(EventReply, s.must(s.Fail(s.event(EventJob, 0).ID, failure)))
	equal(t, "outcome", stored.Text(TagOutcome), "failed")
	equal(t, "failedReason", s.redis.ask(t, "HGET", "bull:failing:"+id, "failedReason"), "no such user")
}

func TestAFailureThatIsGivenBackRunsAgain(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("back", nil))
	id := s.add(queue, "n", "{}")
	s.must(s.OpenWorker(queue, nil, 1))
	failure := map[string]any{"message": "not now", "giveBack": true}
	s.event(EventReply, s.must(s.Fail(s.event(EventJob, 0).ID, failure)))
	again := s.event(EventJob, 0)
	equal(t, "job id", again.Text(TagJobID), id)
	made, _ := again.Integer(TagAttemptsMade)
	equal(t, "attempts made", made, 0)
}

func TestAPausedWorkerTakesNothingUntilItIsResumed(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("paused", nil))
	worker := s.must(s.OpenWorker(queue, nil, 1))
	s.event(EventReply, s.must(s.PauseWorker(worker, false)))
	id := s.add(queue, "n", "{}")
	equal(t, "place of the job", s.redis.ask(t, "LRANGE", "bull:paused:wait", "0", "-1"), id)
	s.event(EventReply, s.must(s.ResumeWorker(worker)))
	job := s.event(EventJob, 0)
	equal(t, "job id", job.Text(TagJobID), id)
}

func TestAClosedWorkerLeavesItsClientOpen(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("closed", nil))
	worker := s.must(s.OpenWorker(queue, nil, 1))
	s.event(EventReply, s.must(s.CloseWorker(worker, NoLimit)))
	s.add(queue, "n", "{}")
}

func TestCloseWaitsForTheJobThatRuns(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("running", nil))
	id := s.add(queue, "n", "{}")
	s.must(s.OpenWorker(queue, nil, 1))
	job := s.event(EventJob, 0)
	closing := s.must(s.Close(NoLimit))
	s.event(EventReply, s.must(s.Done(job.ID, nil)))
	s.event(EventReply, closing)
	if s.redis.ask(t, "ZSCORE", "bull:running:completed", id) == "" {
		t.Error("the job is not in the completed set")
	}
	var r *Refusal
	if _, err := s.OpenQueue("late", nil); !errors.As(err, &r) || r.Code != RefusedClosed {
		t.Errorf("a closed client answered %v", err)
	}
}

func TestTakeAnswersNothingWhenNothingWaits(t *testing.T) {
	s := openSession(t)
	records, err := s.Take(0)
	if err != nil || len(records) != 0 {
		t.Errorf("answered %v, %v", records, err)
	}
}

func TestACommandWithANULIsRefused(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("nul", nil))
	var r *Refusal
	if _, err := s.Call(queue, "pause\x00d", nil, nil); !errors.As(err, &r) || r.Code != RefusedInval {
		t.Errorf("answered %v", err)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	s := openSession(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := s.Wait(ctx)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("wait ended with %v", err)
	}
	// The next wait works as if nothing had been.
	queue := s.must(s.OpenQueue("after", nil))
	s.add(queue, "n", "{}")
}

func TestFreeWakesWhoeverWaits(t *testing.T) {
	s := openSession(t)
	ended := make(chan error, 1)
	go func() {
		_, err := s.Wait(context.Background())
		ended <- err
	}()
	s.Free()
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
	_, err := NewClient(map[string]any{"connection": map[string]any{"hots": "x"}})
	var r *Refusal
	if !errors.As(err, &r) || r.Code != RefusedInval || !strings.Contains(r.Reason, "connection.hots") {
		t.Errorf("answered %v", err)
	}
}

func TestABadQueueNameIsRefused(t *testing.T) {
	s := openSession(t)
	for _, name := range []string{"", "a:b", "a\x00b"} {
		var r *Refusal
		if _, err := s.OpenQueue(name, nil); !errors.As(err, &r) || r.Code != RefusedInval {
			t.Errorf("%q answered %v", name, err)
		}
	}
}

func TestAFreedClientRefusesCalls(t *testing.T) {
	s := openSession(t)
	queue := s.must(s.OpenQueue("gone", nil))
	s.Free()
	s.Free()
	var r *Refusal
	if _, err := s.Call(queue, "pause", nil, nil); !errors.As(err, &r) || r.Code != RefusedClosed {
		t.Errorf("answered %v", err)
	}
}

func TestForgottenClientsAreCollected(t *testing.T) {
	redis := startRedis(t)
	before := strings.Count(redis.ask(t, "CLIENT", "LIST"), "\n")
	for i := 0; i < 10; i++ {
		c, err := NewClient(redis.Options())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.OpenQueue("forgotten", nil); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(limit); time.Now().Before(end); {
		runtime.GC()
		if strings.Count(redis.ask(t, "CLIENT", "LIST"), "\n") == before {
			return
		}
	}
	t.Error("connections of forgotten clients stay open")
}

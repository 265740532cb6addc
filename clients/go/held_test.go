package sharedlock_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
)

func sessions(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	name := t.Name()
	session := must2(client.Session(ctx, sharedlock.WithTTL(3*time.Second)))(t)
	if session.TTL() != 3*time.Second {
		t.Fatalf("a TTL of %v", session.TTL())
	}
	first := must2(session.Lock(ctx, name+"/1"))(t)
	second := must2(session.TryLock(ctx, name+"/2"))(t)
	if _, err := session.Lock(ctx, name+"/1"); status.Code(err) != codes.FailedPrecondition {
		t.Fatalf("taken twice: %v", err)
	}
	if err := first.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	first = must2(session.Lock(ctx, name+"/1"))(t)
	// Given up, it is withdrawn, and may be asked for again.
	elsewhere := must2(other.Lock(ctx, name+"/3"))(t)
	impatient, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := session.Lock(impatient, name+"/3"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("given up with %v", err)
	}
	if err := elsewhere.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	_ = must2(session.Lock(ctx, name+"/3"))(t)
	time.Sleep(3500 * time.Millisecond)
	if first.Err() != nil || second.Err() != nil {
		t.Fatal("the session is not kept")
	}
	if err := session.Close(ctx); err != nil {
		t.Fatal(err)
	}
	var lost *sharedlock.LostError
	if !errors.As(context.Cause(first.Context()), &lost) || lost.Cause != sharedlock.CauseRevoked {
		t.Fatalf("its locks ended with %v", context.Cause(first.Context()))
	}
	_ = must2(other.TryLock(ctx, name+"/2"))(t)
}

func elections(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	name := t.Name()
	observing, stop := context.WithCancel(ctx)
	events := make(chan string, 100)
	go func() {
		defer close(events)
		for event, err := range other.Observe(observing, name) {
			if err != nil {
				t.Error(err)
				return
			}
			leader := event.GetLeader()
			if event.GetElection() != nil {
				leader = event.GetElection().GetLeader()
			}
			events <- event.GetKind().String() + ":" + leader.GetCandidate() + ":" + leader.GetValue()
		}
	}()
	expect(t, events, "STATE::")
	leadership := must2(client.Elect(ctx, name, sharedlock.WithCandidate("a"), sharedlock.WithValue("1")))(t)
	expect(t, events, "ELECTED:a:1")
	if err := leadership.Proclaim(ctx, "2"); err != nil {
		t.Fatal(err)
	}
	expect(t, events, "PROCLAIMED:a:2")
	if !must2(other.IsLeader(ctx, name, "a"))(t) {
		t.Fatal("it does not lead")
	}
	_, err := other.Elect(ctx, name, sharedlock.WithCandidate("b"), sharedlock.WithWait(0))
	var held *sharedlock.NotAcquiredError
	if !errors.As(err, &held) || held.Holders[0].GetOwner() != "a" {
		t.Fatalf("two lead: %v", err)
	}
	if err := leadership.Resign(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, events, "VACATED:a:2")
	next := must2(other.Elect(ctx, name, sharedlock.WithCandidate("b")))(t)
	if next.Term() <= leadership.Term() {
		t.Fatalf("term %d after %d", next.Term(), leadership.Term())
	}
	stop()
	for range events {
		continue
	}
}

func hold(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	name := t.Name()
	held := must2(client.Hold(ctx, name))(t)
	_, err := other.Hold(ctx, name, sharedlock.WithWait(0))
	var notAcquired *sharedlock.NotAcquiredError
	if !errors.As(err, &notAcquired) {
		t.Fatalf("held twice: %v", err)
	}
	time.Sleep(5 * time.Second)
	if err := held.Err(); err != nil {
		t.Fatalf("not kept: %v", err)
	}
	waited := make(chan *sharedlock.Hold)
	go func() {
		next, err := other.Hold(ctx, name)
		if err != nil {
			t.Error(err)
		}
		waited <- next
	}()
	untilWaiters(ctx, t, client, name, 1)
	if err := held.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	next := <-waited
	if next.Token() <= held.Token() {
		t.Fatalf("token %d after %d", next.Token(), held.Token())
	}
	if !must2(client.ForceRelease(ctx, name, "maintenance", 0))(t) {
		t.Fatal("nobody held it")
	}
	<-next.Context().Done()
	var lost *sharedlock.LostError
	if !errors.As(context.Cause(next.Context()), &lost) || lost.Cause != sharedlock.CausePreempted {
		t.Fatalf("it ended with %v", context.Cause(next.Context()))
	}
}

func forcedRelease(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	lock := must2(client.Lock(ctx, t.Name(), sharedlock.WithTTL(2*time.Second)))(t)
	if !must2(other.ForceRelease(ctx, t.Name(), "maintenance", lock.Token()))(t) {
		t.Fatal("nobody held it")
	}
	select {
	case <-lock.Context().Done():
	case <-time.After(10 * time.Second):
		t.Fatal("it is not told")
	}
	var lost *sharedlock.LostError
	if !errors.As(lock.Err(), &lost) || lost.Cause != sharedlock.CausePreempted || !strings.Contains(lost.Error(), "maintenance") {
		t.Fatalf("it ended with %v", lock.Err())
	}
	if err := lock.Unlock(ctx); !errors.As(err, &lost) {
		t.Fatalf("released: %v", err)
	}
}

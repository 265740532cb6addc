package sharedlock_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
	"github.com/shared-lock/shared-lock/clients/go/internal/daemontest"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

func connect(t *testing.T, addresses []string, options ...sharedlock.ClientOption) *sharedlock.Client {
	t.Helper()
	client, err := sharedlock.Connect(daemontest.Context(t), addresses, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// On each engine, with and without the stream of calls.
func onEach(t *testing.T, test func(t *testing.T, connect func(...sharedlock.ClientOption) *sharedlock.Client)) {
	engines := map[string]func(*testing.T) *daemontest.Daemon{
		"memory": func(t *testing.T) *daemontest.Daemon { return daemontest.Memory(t) },
		"etcd":   func(t *testing.T) *daemontest.Daemon { return daemontest.OnEtcd(t, daemontest.Etcd(t)) },
	}
	for engine, start := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			daemon := start(t)
			for _, use := range []bool{true, false} {
				t.Run(fmt.Sprintf("stream=%v", use), func(t *testing.T) {
					t.Parallel()
					test(t, func(options ...sharedlock.ClientOption) *sharedlock.Client {
						return connect(t, []string{daemon.Address}, append(options, sharedlock.WithCallStream(use))...)
					})
				})
			}
		})
	}
}

func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%T)", err, err)
	}
	return value
}

func TestClient(t *testing.T) {
	onEach(t, func(t *testing.T, connect func(...sharedlock.ClientOption) *sharedlock.Client) {
		ctx := daemontest.Context(t)
		t.Run("locks", func(t *testing.T) { locks(ctx, t, connect(), connect(sharedlock.WithDefaultOwner("other"))) })
		t.Run("queue", func(t *testing.T) { queue(ctx, t, connect()) })
		t.Run("sessions", func(t *testing.T) { sessions(ctx, t, connect(), connect()) })
		t.Run("elections", func(t *testing.T) { elections(ctx, t, connect(), connect()) })
		t.Run("counters", func(t *testing.T) { counters(ctx, t, connect()) })
		t.Run("configs", func(t *testing.T) { configs(ctx, t, connect()) })
		t.Run("hold", func(t *testing.T) { hold(ctx, t, connect(), connect()) })
		t.Run("forced release", func(t *testing.T) { forcedRelease(ctx, t, connect(), connect()) })
		t.Run("close", func(t *testing.T) { closing(ctx, t, connect(), connect()) })
		t.Run("errors", func(t *testing.T) { faults(ctx, t, connect()) })
	})
}

func locks(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	name := t.Name()
	lock := must2(client.Lock(ctx, name, sharedlock.WithOwner("me"), sharedlock.WithValue("v")))(t)
	if lock.Err() != nil || lock.Context().Err() != nil {
		t.Fatal("it is not held")
	}
	_, err := other.TryLock(ctx, name)
	var held *sharedlock.NotAcquiredError
	if !errors.As(err, &held) || held.Holders[0].GetOwner() != "me" || held.Holders[0].GetFencingToken() != lock.Token() {
		t.Fatalf("not told who holds it: %v", err)
	}
	impatient, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := other.Lock(impatient, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the wait ended with %v", err)
	}
	waited := make(chan *sharedlock.Lock)
	go func() {
		next, err := other.Lock(ctx, name)
		if err != nil {
			t.Error(err)
		}
		waited <- next
	}()
	untilWaiters(ctx, t, client, name, 1)
	if err := lock.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	if err := context.Cause(lock.Context()); !errors.Is(err, sharedlock.ErrUnlocked) {
		t.Fatalf("the context of a released lock ended with %v", err)
	}
	next := <-waited
	if next.Token() <= lock.Token() {
		t.Fatalf("token %d after %d", next.Token(), lock.Token())
	}
	if err := next.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	if err := next.Unlock(next.Context()); err != nil {
		t.Fatal(err)
	}
	err = client.WithLock(ctx, name, func(ctx context.Context, lock *sharedlock.Lock) error { return lock.Confirm(ctx) })
	if err != nil {
		t.Fatal(err)
	}
	if state := must2(client.GetLock(ctx, name))(t); state.GetHeld() {
		t.Fatal("it is still held")
	}
}

// Of what returns a value and an error.
func must2[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		return must(t, value, err)
	}
}

func untilWaiters(ctx context.Context, t *testing.T, client *sharedlock.Client, name string, count uint32) {
	t.Helper()
	for must2(client.GetLock(ctx, name))(t).GetWaiterCount() != count {
		time.Sleep(10 * time.Millisecond)
	}
}

func queue(ctx context.Context, t *testing.T, client *sharedlock.Client) {
	const waiters = 50
	name := t.Name()
	first := must2(client.Lock(ctx, name))(t)
	var mu sync.Mutex
	var tokens []int64
	var all sync.WaitGroup
	for range waiters {
		all.Go(func() {
			lock, err := client.Lock(ctx, name)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			tokens = append(tokens, lock.Token())
			mu.Unlock()
			if err := lock.Unlock(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	untilWaiters(ctx, t, client, name, waiters)
	if err := first.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	for at := 1; at < len(tokens); at++ {
		if tokens[at] <= tokens[at-1] {
			t.Fatalf("tokens fell: %v", tokens)
		}
	}
	if len(tokens) != waiters {
		t.Fatalf("%d of %d were granted", len(tokens), waiters)
	}
}

func expect(t *testing.T, events <-chan string, wanted string) {
	t.Helper()
	select {
	case event := <-events:
		if event != wanted {
			t.Fatalf("%s instead of %s", event, wanted)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("no %s", wanted)
	}
}

func closing(ctx context.Context, t *testing.T, client, other *sharedlock.Client) {
	lock := must2(client.Lock(ctx, t.Name()))(t)
	session := must2(client.Session(ctx))(t)
	_ = must2(session.Lock(ctx, t.Name()+"/in session"))(t)
	waiting := make(chan error)
	go func() {
		_, err := client.Lock(ctx, t.Name())
		waiting <- err
	}()
	untilWaiters(ctx, t, other, t.Name(), 1)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; !errors.Is(err, sharedlock.ErrClosed) {
		t.Fatalf("the wait ended with %v", err)
	}
	if !errors.Is(context.Cause(lock.Context()), sharedlock.ErrClosed) {
		t.Fatalf("the lock ended with %v", context.Cause(lock.Context()))
	}
	for _, name := range []string{t.Name(), t.Name() + "/in session"} {
		_ = must2(other.TryLock(ctx, name))(t)
	}
	if _, err := client.Lock(ctx, t.Name()); !errors.Is(err, sharedlock.ErrClosed) {
		t.Fatalf("a closed client: %v", err)
	}
}

func faults(ctx context.Context, t *testing.T, client *sharedlock.Client) {
	_, err := client.Lock(ctx, "")
	var wrong *sharedlock.Error
	if !errors.As(err, &wrong) || wrong.Code != codes.InvalidArgument || wrong.Field != "name" {
		t.Fatalf("a bad name: %v", err)
	}
	// Raw stubs go the same way.
	answer, err := pb.NewLeaseServiceClient(client.Conn()).ListLeases(ctx, &pb.ListLeasesRequest{})
	if err != nil || answer == nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancelCause(ctx)
	why := errors.New("why")
	cancel(why)
	if _, err := client.Lock(cancelled, t.Name()); !errors.Is(err, why) {
		t.Fatalf("not the context's cause: %v", err)
	}
}

package sharedlock_test

import (
	"runtime"
	"testing"
	"time"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
	"github.com/shared-lock/shared-lock/clients/go/internal/daemontest"
)

// Not beside others, whose goroutines would count.
func TestACloseLeavesNothingRunning(t *testing.T) {
	ctx := daemontest.Context(t)
	daemon := daemontest.Memory(t)
	before := runtime.NumGoroutine()
	for range 5 {
		client := must2(sharedlock.Connect(ctx, []string{daemon.Address}))(t)
		_ = must2(client.Lock(ctx, t.Name(), sharedlock.WithTTL(time.Second)))(t)
		session := must2(client.Session(ctx))(t)
		_ = must2(session.Lock(ctx, t.Name()+"/1"))(t)
		_ = must2(client.Hold(ctx, t.Name()+"/2"))(t)
		_ = must2(client.Elect(ctx, t.Name()))(t)
		go func() {
			for range client.WatchLock(ctx, t.Name()) {
				continue
			}
		}()
		time.Sleep(300 * time.Millisecond)
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines instead of %d:\n%s",
				runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

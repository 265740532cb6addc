package sharedlock_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
)

func counters(ctx context.Context, t *testing.T, client *sharedlock.Client) {
	counter := client.Counter(t.Name())
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, _, err := counter.Add(ctx, 2); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if value := must2(counter.Get(ctx))(t); value != 200 {
		t.Fatalf("%d", value)
	}
	if _, _, err := counter.Add(ctx, 1, sharedlock.WithBounds(0, 200)); status.Code(err) != codes.OutOfRange {
		t.Fatalf("beyond its bounds: %v", err)
	}
	if _, err := counter.Set(ctx, 5, sharedlock.WithExpected(7)); status.Code(err) != codes.FailedPrecondition {
		t.Fatalf("not as expected: %v", err)
	}
	lock := must2(client.Lock(ctx, t.Name()))(t)
	if value, _, err := counter.Add(ctx, 1, sharedlock.WithFence(lock)); err != nil || value != 201 {
		t.Fatalf("%d, %v", value, err)
	}
	if err := lock.Unlock(ctx); err != nil {
		t.Fatal(err)
	}
	_, _, err := counter.Add(ctx, 1, sharedlock.WithFence(lock))
	var refused *sharedlock.Error
	if !errors.As(err, &refused) || refused.Reason != "STALE_TOKEN" {
		t.Fatalf("a stale token: %v", err)
	}
	for listed, err := range client.Counters(ctx, t.Name()) {
		if err != nil || listed.GetValue() != 201 {
			t.Fatalf("%v, %v", listed, err)
		}
	}
	for state, err := range counter.Watch(ctx) {
		if err != nil || state.GetValue() != 201 {
			t.Fatalf("%v, %v", state, err)
		}
		break
	}
}

func configs(ctx context.Context, t *testing.T, client *sharedlock.Client) {
	configs := client.Configs(strings.ReplaceAll(t.Name(), "/", "."))
	first := must2(configs.Put(ctx, "a", `{"x": 1}`))(t)
	patched := must2(configs.Patch(ctx, "a", `{"y":2}`, sharedlock.WithIfMatch(first.GetEtag())))(t)
	if patched.GetVersion() != 1 {
		t.Fatalf("version %d", patched.GetVersion())
	}
	_, err := configs.Put(ctx, "a", `{}`, sharedlock.WithIfMatch(first.GetEtag()))
	var refused *sharedlock.Error
	if !errors.As(err, &refused) || refused.Reason != "ETAG_MISMATCH" {
		t.Fatalf("an old etag: %v", err)
	}
	if read := must2(configs.Get(ctx, "a", sharedlock.Linearizable()))(t); read.GetDocument() != `{"x":1,"y":2}` {
		t.Fatal(read.GetDocument())
	}
	if read := must2(configs.Get(ctx, "a", sharedlock.AtVersion(0)))(t); read.GetDocument() != `{"x": 1}` {
		t.Fatal(read.GetDocument())
	}
	kinds := make(chan string, 10)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for change, err := range configs.Watch(watching, "") {
			if err != nil {
				t.Error(err)
				return
			}
			kinds <- change.GetKind().String() + change.GetName() + change.GetConfig().GetName()
		}
	}()
	expect(t, kinds, "PUTa")
	expect(t, kinds, "SYNCED")
	if err := configs.Delete(ctx, "a", sharedlock.WithForce()); err != nil {
		t.Fatal(err)
	}
	expect(t, kinds, "DELETEDa")
}

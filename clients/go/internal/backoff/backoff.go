// Package backoff has the pauses between tries.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	first   = 50 * time.Millisecond
	longest = time.Second
)

// Before the nth try, from 1: half of it at random, so that many clients don't keep step.
func Before(try int) time.Duration {
	full := min(first<<min(max(try-1, 0), 10), longest)
	return full/2 + rand.N(full/2+1)
}

// Sleep returns early, with the context's error, if that is done.
func Sleep(ctx context.Context, pause time.Duration) error {
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

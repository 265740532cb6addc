package wire

import (
	"context"
	"slices"
	"sync"
)

const (
	// Short calls under way at one daemon; more at once would be answered no sooner, and each so late that it seems lost.
	maxShort = 64
	// The same where they go over a stream, which costs a daemon a third.
	maxShortInStream = 512
)

// turns are places for short calls; whoever came before goes first.
type turns struct {
	limit func() int

	mu      sync.Mutex
	taken   int
	waiting []chan error
}

// enter waits for a place. It fails if ctx is done before, or those who wait are sent away.
func (t *turns) enter(ctx context.Context) error {
	t.mu.Lock()
	if t.taken < t.limit() && len(t.waiting) == 0 {
		t.taken++
		t.mu.Unlock()
		return nil
	}
	turn := make(chan error, 1)
	t.waiting = append(t.waiting, turn)
	t.mu.Unlock()
	select {
	case err := <-turn:
		return err
	case <-ctx.Done():
	}
	t.mu.Lock()
	at := slices.Index(t.waiting, turn)
	if at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
	}
	t.mu.Unlock()
	if at < 0 && <-turn == nil {
		t.leave() // It got its place in the same moment.
	}
	return ctx.Err()
}

// leave gives a place back.
func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken--
	for len(t.waiting) > 0 && t.taken < t.limit() {
		t.taken++
		t.waiting[0] <- nil
		t.waiting = t.waiting[1:]
	}
}

// sendAway fails those who wait: the daemon does not answer, so they may go elsewhere.
func (t *turns) sendAway(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, turn := range t.waiting {
		turn <- err
	}
	t.waiting = nil
}

package sharedlock

import (
	"context"
	"fmt"
	"sync"
)

// What goes on while nobody waits for it, but Close.
type background struct {
	mu    sync.Mutex
	count int
	idles []chan struct{}
}

func (b *background) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
}

func (b *background) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count--
	if b.count > 0 {
		return
	}
	for _, idle := range b.idles {
		close(idle)
	}
	b.idles = nil
}

// idle is closed as soon as nothing goes on.
func (b *background) idle() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	idle := make(chan struct{})
	if b.count == 0 {
		close(idle)
	} else {
		b.idles = append(b.idles, idle)
	}
	return idle
}

// inBackground does something while nobody waits for it. What it can't do is told as a warning. The channel is closed at its end.
func (c *Client) inBackground(what string, do func(ctx context.Context) error) <-chan struct{} {
	ended := make(chan struct{})
	c.background.begin()
	go func() {
		defer c.background.end()
		defer close(ended)
		if err := do(c.closing); err != nil {
			c.warn(fmt.Errorf("%s: %w", what, err))
		}
	}()
	return ended
}

// unlessDone gives the result of work that can't be called off, unless ctx is done first: then the work goes on, and its result is
// undone.
func unlessDone[T any](
	ctx context.Context, c *Client, what string,
	work func(context.Context) (T, error), undo func(context.Context, T) error,
) (T, error) {
	type result struct {
		value T
		err   error
	}
	results, abandoned := make(chan result), make(chan struct{})
	c.inBackground(what, func(closing context.Context) error {
		value, err := work(context.WithoutCancel(ctx))
		select {
		case results <- result{value, err}:
			return nil
		case <-abandoned:
		}
		if err != nil {
			return nil
		}
		return undo(closing, value)
	})
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
		close(abandoned)
		var none T
		return none, context.Cause(ctx)
	}
}

package sharedlock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

// ErrUnlocked is the cause of the context of what its holder gave back.
var ErrUnlocked = fmt.Errorf("it was given back: %w", context.Canceled)

// Whose business it is to end the lease with the lock.
type leaseOwner int

const (
	byDaemon leaseOwner = iota
	byClient
	bySession
)

// Lock is a lock that this client holds, and keeps by renewing its lease.
type Lock struct {
	client   *Client
	claim    claim
	token    int64
	lease    *heldLease
	owner    leaseOwner
	ctx      context.Context
	cancel   context.CancelCauseFunc
	unlisten func()
	// Closed once it is given back or lost, and nothing of it is left: of a session, for sure.
	over chan struct{}

	mu   sync.Mutex
	lost *LostError
	// Since the doubt about the lease has passed, the daemon has not yet said whether it holds the lock.
	isUnconfirmed bool
	isConfirming  bool
	isOver        bool
	release       *release
}

// Lock takes a lock, and keeps it until it is given back or lost. It waits, first come, first served, until ctx is done. A
// name has 1 to 1024 bytes of UTF-8, without control characters, characters that can not be seen, and segments `..`.
//
// It returns the cause of ctx if that is done; a *NotAcquiredError if others hold it until WithWait is over; an *Error:
// InvalidArgument for a bad name or option, ResourceExhausted if too many wait, Unavailable if no daemon can be reached.
func (c *Client) Lock(ctx context.Context, name string, options ...Option) (*Lock, error) {
	o := c.taken(options)
	return c.acquire(ctx, c.lockClaim(name, o), o, o.deadline(deadline{never: true}))
}

// TryLock takes a lock if it is free, or gets free within WithWait. It returns a *NotAcquiredError if others hold it until then; else
// as Lock.
func (c *Client) TryLock(ctx context.Context, name string, options ...Option) (*Lock, error) {
	o := c.taken(options)
	return c.acquire(ctx, c.lockClaim(name, o), o, o.deadline(deadline{at: time.Now()}))
}

// WithLock takes a lock as Lock does, runs work, and gives the lock back however that ends. The context of the work is done when ctx
// is, or when the lock is lost. It returns what the work returns; a *LostError if the lock was lost before the work came to its end.
func (c *Client) WithLock(
	ctx context.Context, name string, work func(ctx context.Context, lock *Lock) error, options ...Option,
) error {
	lock, err := c.Lock(ctx, name, options...)
	if err != nil {
		return err
	}
	working, stop := c.waiting(ctx, lock.ctx)
	defer stop()
	isDone := false
	defer func() {
		if !isDone { // The work panics.
			lock.begin(ErrUnlocked)
		}
	}()
	err = work(working, lock)
	isDone = true
	unlockErr := lock.Unlock(context.WithoutCancel(ctx))
	if lost := lock.loss(); lost != nil {
		return lost
	}
	if unlockErr != nil {
		c.warn(fmt.Errorf("%s was not released; others get it when its TTL is over: %w", lock.claim.title, unlockErr))
	}
	return err
}

func (c *Client) newLock(ctx context.Context, claim claim, token int64, lease *heldLease, owner leaseOwner) *Lock {
	l := &Lock{client: c, claim: claim, token: token, lease: lease, owner: owner, over: make(chan struct{})}
	cancellable, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	l.cancel = cancel
	l.ctx = &heldContext{Context: cancellable, look: func() { lease.State() }}
	// Who is told of a loss meanwhile waits until there is something to end the listening with.
	l.mu.Lock()
	l.unlisten = lease.Listen(l.follow)
	l.mu.Unlock()
	if state := lease.State(); state.Kind == leasestate.Lost {
		l.lose(state.Loss)
	}
	return l
}

// Name is that of the lock.
func (l *Lock) Name() string { return l.claim.name }

// Token is higher than every fencing token granted for this name before. Give it along with what you write: WithFence of counters and
// configs, or a comparison of your own.
func (l *Lock) Token() int64 { return l.token }

// Context is done when the lock is lost, with a *LostError as its context.Cause: by this process's own clock, before anybody else can
// be granted the lock. Also when its session is closed; when the client is (ErrClosed); and when it is given back (ErrUnlocked). Its Err looks
// at the clock, so that it is right also after the process stood still; that of a context made from it does not. It has the
// values of the context that Lock was called with, and neither its deadline nor its end.
func (l *Lock) Context() context.Context { return l.ctx }

// Err is nil while the lock is held, by this process's own clock: for the last moment before something that must not be done without the
// lock. Else it is what is the cause of Context.
func (l *Lock) Err() error {
	if l.ctx.Err() == nil {
		return nil
	}
	return context.Cause(l.ctx)
}

// Confirm asks a daemon whether the token is still the holder's. Linearizable. It returns a *LostError if it is not; an *Error
// (Unavailable) if nobody answers: then only the clock decides.
func (l *Lock) Confirm(ctx context.Context) error {
	if err := l.Err(); err != nil {
		return err
	}
	isCurrent, err := l.claim.isCurrent(ctx, l.token)
	if err != nil {
		return errorOf(err)
	}
	if !isCurrent && !l.isReleased() {
		l.lose(l.whyGone(ctx))
	}
	return l.Err()
}

// Unlock gives the lock back, once Context is done; that goes on when ctx is done, which only ends the waiting for it. Idempotent. It never
// touches a lock that somebody else holds by now.
//
// It returns a *LostError if the lock was lost before; an *Error (Unavailable) if no daemon answers in time: others then get it when
// the TTL is over; of a session, which lives on, it is tried again until a daemon answers.
func (l *Lock) Unlock(ctx context.Context) error {
	r := l.begin(ErrUnlocked)
	isOwn := errors.Is(context.Cause(ctx), ErrUnlocked)
	if isOwn {
		ctx = context.WithoutCancel(ctx)
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *Lock) isReleased() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.release != nil
}

func (l *Lock) callOff(cause error) { l.cancel(cause) }

func (l *Lock) giveBack(ctx context.Context) error { return l.Unlock(ctx) }

// A context that looks at the clock when it is asked.
type heldContext struct {
	context.Context
	look func()
}

func (c *heldContext) Err() error {
	c.look()
	return c.Context.Err()
}

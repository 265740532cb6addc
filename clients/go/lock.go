package sharedlock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

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

// A loss is told after this at the latest, with its cause or without.
const causeLimit = 300 * time.Millisecond

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

// A release that is under way, or has ended.
type release struct {
	done chan struct{}
	err  error
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

// begin begins to give it back; the cause is what its context ends with.
func (l *Lock) begin(cause error) *release {
	l.lease.State()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.release != nil {
		return l.release
	}
	r := &release{done: make(chan struct{})}
	l.release = r
	if l.lost != nil {
		r.err = l.lost
		close(r.done)
		return r
	}
	l.cancel(cause)
	l.client.inBackground("releasing "+l.claim.title, func(ctx context.Context) error {
		defer close(r.done)
		r.err = l.giveUp(ctx)
		return nil
	})
	return r
}

func (l *Lock) giveUp(ctx context.Context) error {
	l.unlisten()
	l.client.disown(l)
	if l.owner != bySession {
		l.lease.letGo(ErrUnlocked)
	}
	loss, err := l.tryGiveBack(ctx)
	if l.owner == byClient {
		l.client.inBackground("ending the lease of a lock", func(ctx context.Context) error {
			_, err := l.lease.revoke(ctx)
			return err
		})
	}
	switch {
	case err != nil && l.owner == bySession:
		// A lease of its own ends by itself; a session would hold it on and on.
		l.client.inBackground("releasing "+l.claim.title, func(ctx context.Context) error {
			defer l.end()
			return l.client.giveBackSurely(ctx, l.claim, l.lease, grantName{token: l.token})
		})
		return err
	case err != nil:
		l.end()
		return err
	case loss != nil:
		l.lose(*loss)
		return l.loss()
	default:
		l.end()
		return nil
	}
}

// tryGiveBack says why there is nothing to give back; nil if it was given back.
func (l *Lock) tryGiveBack(ctx context.Context) (*leasestate.Loss, error) {
	wasHeld, err := l.claim.giveBack(ctx, l.lease.ID, grantName{token: l.token})
	if err == nil {
		if wasHeld {
			return nil, nil
		}
		return &leasestate.Loss{Cause: CauseEnded}, nil
	}
	err = errorOf(err)
	var said *Error
	if !errors.As(err, &said) {
		return nil, err
	}
	switch {
	case said.Reason == string(CausePreempted):
		return &leasestate.Loss{Cause: CausePreempted, Reason: said.Message}, nil
	case said.Code == codes.FailedPrecondition:
		return &leasestate.Loss{Cause: CauseNotHolder}, nil
	case said.Code == codes.NotFound:
		return &leasestate.Loss{Cause: CauseEnded}, nil
	default:
		return nil, err
	}
}

// A release of what is not held harms nobody, and says why it isn't. That it is lost is certain without an answer.
func (l *Lock) whyGone(ctx context.Context) leasestate.Loss {
	ctx, cancel := context.WithTimeout(ctx, causeLimit)
	defer cancel()
	if loss, err := l.tryGiveBack(ctx); err == nil && loss != nil {
		return *loss
	}
	return leasestate.Loss{Cause: CauseNotHolder}
}

func (l *Lock) follow(before, after leasestate.State) {
	if after.Kind == leasestate.Lost {
		l.lose(after.Loss)
		return
	}
	if after.Kind != leasestate.Held {
		return
	}
	// A lease that was renewed may hold its locks no more. Of one that was made for the lock alone an operator who takes the lock away
	// ends the lease too; of a session only the lock goes.
	l.mu.Lock()
	l.isUnconfirmed = l.isUnconfirmed || before.Kind == leasestate.Suspect
	asks := (l.isUnconfirmed || l.owner == bySession) && !l.isConfirming && l.release == nil
	l.isConfirming = l.isConfirming || asks
	l.mu.Unlock()
	if asks {
		go l.confirmSoon()
	}
}

func (l *Lock) confirmSoon() {
	l.lease.confirming <- struct{}{}
	err := l.Confirm(l.client.stopping)
	<-l.lease.confirming
	// If it is lost the context says so; if there was no answer, the next renewal asks again.
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isConfirming = false
	l.isUnconfirmed = l.isUnconfirmed && err != nil
}

func (l *Lock) lose(loss leasestate.Loss) {
	l.mu.Lock()
	if l.lost != nil {
		l.mu.Unlock()
		return
	}
	title := fmt.Sprintf("%s (fencing token %d)", l.claim.title, l.token)
	l.lost = lostBy(title, l.claim.name, l.token, loss)
	isReleased := l.release != nil
	l.mu.Unlock()
	l.cancel(l.lost)
	l.unlisten()
	l.client.disown(l)
	l.end()
	if l.owner == bySession || isReleased || l.lease.IsOver() {
		return
	}
	// There was no other use for it.
	l.lease.Fail(loss)
	l.client.inBackground("ending the lease of a lost lock", func(ctx context.Context) error {
		_, err := l.lease.revoke(ctx)
		return err
	})
}

func (l *Lock) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isOver {
		l.isOver = true
		close(l.over)
	}
}

func (l *Lock) loss() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == nil {
		return nil
	}
	return l.lost
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

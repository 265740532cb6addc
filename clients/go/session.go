package sharedlock

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

const maxSessionLocks = 10_000

// Session is one lease for any number of locks: when it ends, they are all given back at once.
type Session struct {
	client *Client
	lease  *heldLease
	ctx    context.Context

	mu sync.Mutex
	// What a name is taken for: awaited ─▶ held ─▶ given back ─▶ free. A daemon gives a lease the same grant again; so while one is
	// being given back the name stays taken, and who asks for it again has to wait for that first.
	uses   map[string]*use
	closed chan struct{}
	err    error
}

type use struct {
	// Nil while it is awaited, or given back.
	lock *Lock
	// Closed when nothing of it is left, not even a request on its way; nil while it is awaited.
	ended <-chan struct{}
}

// Session makes a lease for up to 10,000 locks, and keeps it until it is closed or lost. Of the options WithTTL, WithOwner and
// WithLabels count.
func (c *Client) Session(ctx context.Context, options ...Option) (*Session, error) {
	waiting, stop := c.waiting(ctx)
	defer stop()
	lease, err := c.openLease(waiting, c.taken(options))
	if err != nil {
		return nil, err
	}
	s := &Session{client: c, lease: lease, uses: make(map[string]*use)}
	s.ctx = &heldContext{Context: lease.ctx, look: func() { lease.State() }}
	lease.Listen(func(_, after leasestate.State) {
		if after.Kind == leasestate.Lost {
			c.disown(s)
		}
	})
	if err := c.own(s); err != nil {
		s.begin()
		return nil, err
	}
	return s, nil
}

// TTL is what was granted.
func (s *Session) TTL() time.Duration { return s.lease.TTL }

// Context is as that of a lock: done when the lease is lost, or the session, or its client, is closed.
func (s *Session) Context() context.Context { return s.ctx }

// Lock is as that of a client, with the session's lease. If the lock was just given back, or an attempt to take it given up, it begins when
// that has ended at the daemon too. It returns also the *LostError of the session if that is lost meanwhile, and an *Error: FailedPrecondition
// if the session holds that lock, or waits for it, already.
func (s *Session) Lock(ctx context.Context, name string, options ...Option) (*Lock, error) {
	o := s.client.taken(options)
	return s.acquire(ctx, name, o, o.deadline(deadline{never: true}))
}

// TryLock is as that of a client, with the session's lease.
func (s *Session) TryLock(ctx context.Context, name string, options ...Option) (*Lock, error) {
	o := s.client.taken(options)
	return s.acquire(ctx, name, o, o.deadline(deadline{at: time.Now()}))
}

// Close ends the session, and all that it holds; the contexts of its locks are done before, with a *LostError (CauseRevoked). That goes on when
// ctx is done. Idempotent. It returns an *Error (Unavailable) if no daemon answers in time: then it ends when its TTL is over.
func (s *Session) Close(ctx context.Context) error {
	closed := s.begin()
	if errors.Is(context.Cause(ctx), ErrUnlocked) {
		ctx = context.WithoutCancel(ctx)
	}
	select {
	case <-closed:
		return s.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) begin() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed != nil {
		return s.closed
	}
	s.closed = make(chan struct{})
	locks := s.locks()
	s.client.inBackground("closing a session", func(ctx context.Context) error {
		defer close(s.closed)
		for _, lock := range locks {
			lock.lose(leasestate.Loss{Cause: CauseRevoked})
		}
		s.client.disown(s)
		if _, err := s.lease.revoke(ctx); err != nil {
			s.err = err
		}
		return nil
	})
	return s.closed
}

func (s *Session) locks() []*Lock {
	var locks []*Lock
	for _, use := range s.uses {
		if use.lock != nil {
			locks = append(locks, use.lock)
		}
	}
	return locks
}

func (s *Session) acquire(ctx context.Context, name string, o *takeOptions, until deadline) (*Lock, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, context.Cause(s.ctx)
	}
	before, err := s.take(name)
	if err != nil {
		return nil, err
	}
	claim := s.client.lockClaim(name, o)
	ctx, stop := s.client.waiting(ctx, s.lease.ctx)
	defer stop()
	if before != nil {
		if err := untilEnded(ctx, before, until.left()+s.client.deadline, claim); err != nil {
			s.setUse(name, &use{ended: before})
			return nil, err
		}
	}
	lastID := ""
	got, err := s.client.waitUnder(ctx, claim, s.lease, until, func() string {
		lastID = requestID()
		return lastID
	})
	if err == nil && got.grant != nil {
		lock := s.client.newLock(ctx, claim, got.grant.GetFencingToken(), s.lease, bySession)
		s.setUse(name, &use{lock: lock, ended: lock.over})
		return lock, s.unlessClosing(lock)
	}
	if err == nil {
		err = notAcquired(claim, got)
	}
	s.withdraw(name, claim, lastID, err)
	return nil, err
}

// A grant that comes all the same is given back; if others hold it, there is none to come.
func (s *Session) withdraw(name string, claim claim, requestID string, err error) {
	if isHeld(err) || requestID == "" || !mayBeGranted(err) {
		s.free(name)
		return
	}
	ended := s.client.inBackground("giving "+claim.title+" back, which is not wanted any more", func(ctx context.Context) error {
		return s.client.giveBackSurely(ctx, claim, s.lease, grantName{requestID: requestID})
	})
	s.setUse(name, &use{ended: ended})
}

// A client that closes has called off what it knew of, and not what was granted meanwhile; so has a session.
func (s *Session) unlessClosing(lock *Lock) error {
	s.mu.Lock()
	isClosed := s.closed != nil
	s.mu.Unlock()
	if isClosed {
		lock.lose(leasestate.Loss{Cause: CauseRevoked})
		return lock.Err()
	}
	return nil
}

// From here on the name is awaited. What of its last use must have ended first is returned; nil: nothing.
func (s *Session) take(name string) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.uses[name]
	if before == nil && len(s.uses) >= maxSessionLocks {
		return nil, refused(fmt.Sprintf("this session has %d locks already", maxSessionLocks))
	}
	if before != nil && (before.ended == nil || (before.lock != nil && before.lock.Err() == nil)) {
		return nil, refused(fmt.Sprintf("this session holds or awaits lock %q already", name))
	}
	s.uses[name] = &use{}
	if before == nil {
		return nil, nil
	}
	return before.ended, nil
}

// The name is free again when that has ended.
func (s *Session) setUse(name string, as *use) {
	s.mu.Lock()
	s.uses[name] = as
	s.mu.Unlock()
	go func() {
		<-as.ended
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.uses[name] == as {
			delete(s.uses, name)
		}
	}()
}

func (s *Session) free(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.uses, name)
}

func untilEnded(ctx context.Context, ended <-chan struct{}, limit time.Duration, claim claim) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return unavailable("RELEASE_PENDING",
			fmt.Sprintf("whether %s was given back by this session before is not known yet; ask again", claim.title), nil)
	}
}

func (s *Session) callOff(cause error) {
	s.lease.cancel(cause)
	s.mu.Lock()
	locks := s.locks()
	s.mu.Unlock()
	for _, lock := range locks {
		lock.callOff(cause)
	}
}

func (s *Session) giveBack(ctx context.Context) error { return s.Close(ctx) }

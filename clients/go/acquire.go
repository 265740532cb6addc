package sharedlock

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

// Daemons keep a waiter for so long by default.
const maxWait = time.Hour

// When a wait is over; never if it has no limit.
type deadline struct {
	at    time.Time
	never bool
}

func (o *takeOptions) deadline(byDefault deadline) deadline {
	if o.hasWait {
		return deadline{at: time.Now().Add(o.wait)}
	}
	return byDefault
}

func (d deadline) left() time.Duration {
	if d.never {
		return maxWait
	}
	return min(max(time.Until(d.at), 0), maxWait)
}

func (d deadline) isOver() bool { return !d.never && !time.Now().Before(d.at) }

// acquire takes a lock with a lease of its own. First a try, which is one call. To wait, the client makes the lease itself: then it can
// be revoked, whatever became of the waiting, so that no grant is left behind that nobody heard of; and a waiter whose daemon
// dies goes on at another one with the same lease.
func (c *Client) acquire(ctx context.Context, claim claim, o *takeOptions, until deadline) (*Lock, error) {
	waiting, stop := c.waiting(ctx)
	defer stop()
	if waiting.Err() != nil {
		return nil, context.Cause(waiting)
	}
	if err := c.checkRoom(); err != nil {
		return nil, err
	}
	lock, err := unlessDone(waiting, c, "releasing "+claim.title+", which came too late",
		func(ctx context.Context) (*Lock, error) { return c.tryOnce(ctx, claim, o) },
		func(ctx context.Context, lock *Lock) error { return lock.Unlock(ctx) })
	if isHeld(err) && !until.isOver() {
		lock, err = c.waitWithLease(waiting, claim, o, until)
	}
	if err != nil {
		return nil, err
	}
	if err := c.own(lock); err != nil {
		lock.begin(err)
		return nil, err
	}
	return lock, nil
}

func (c *Client) tryOnce(ctx context.Context, claim claim, o *takeOptions) (*Lock, error) {
	var failure error
	for range maxTries {
		sentAt := time.Now()
		got, err := claim.take(ctx, c.caller, takeRequest{ttl: o.ttl, requestID: requestID()})
		if failure = errorOf(err); codeOf(failure) == codes.NotFound {
			continue // The grant was over before its holder heard of it.
		}
		if failure != nil {
			return nil, failure
		}
		if got.grant == nil {
			return nil, notAcquired(claim, got)
		}
		lease, err := c.keptLease(ctx, got.grant, sentAt)
		if err != nil {
			return nil, err
		}
		if lease != nil {
			return c.newLock(ctx, claim, got.grant.GetFencingToken(), lease, byDaemon), nil
		}
	}
	return nil, tooLate(failure)
}

func (c *Client) waitWithLease(ctx context.Context, claim claim, o *takeOptions, until deadline) (*Lock, error) {
	for {
		lease, err := c.openLease(ctx, o)
		if err != nil {
			return nil, err
		}
		got, err := c.waitUnder(ctx, claim, lease, until, func() string { return "" })
		if err == nil && got.grant != nil {
			return c.newLock(ctx, claim, got.grant.GetFencingToken(), lease, byClient), nil
		}
		isLost := lease.State().Kind == leasestate.Lost || codeOf(err) == codes.NotFound
		c.inBackground("ending the lease of a waiter", func(ctx context.Context) error {
			_, err := lease.revoke(ctx)
			return err
		})
		switch {
		case err == nil:
			return nil, notAcquired(claim, got)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		// The lease was lost while it waited, and nothing else: with another one it goes on.
		case !isLost:
			return nil, err
		case until.isOver():
			return nil, unavailable("WAIT_INTERRUPTED", fmt.Sprintf("whether %s could be had in time is not known: "+
				"the daemons, or their storage, were out of reach at the end of the wait", claim.title), err)
		}
	}
}

// waitUnder waits with a lease that is there, at one daemon after the other if they go. The end of the lease ends the waiting.
// newID: for each request, over all its tries, so that it can be withdrawn; empty: the lease is of this claim alone.
func (c *Client) waitUnder(
	ctx context.Context, claim claim, lease *heldLease, until deadline, newID func() string,
) (tried, error) {
	ctx, stop := c.waiting(ctx, lease.ctx)
	defer stop()
	for {
		request := takeRequest{leaseID: lease.ID, requestID: newID()}
		var got tried
		err := c.caller.Wait(ctx, until.left()+c.deadline, func(ctx context.Context, conn grpc.ClientConnInterface) (err error) {
			request.wait = until.left()
			got, err = claim.take(ctx, conn, request)
			return err
		})
		if err != nil {
			return tried{}, errorOf(err)
		}
		if got.grant != nil || until.isOver() {
			return got, nil
		}
	}
}

func notAcquired(claim claim, got tried) error {
	return &NotAcquiredError{Name: claim.name, Holders: got.holders, title: claim.title}
}

func isHeld(err error) bool {
	_, is := err.(*NotAcquiredError)
	return is
}

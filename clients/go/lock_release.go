package sharedlock

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

// A release that is under way, or has ended.
type release struct {
	done chan struct{}
	err  error
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

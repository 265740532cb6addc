package sharedlock

import (
	"context"
	"fmt"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

// A loss is told after this at the latest, with its cause or without.
const causeLimit = 300 * time.Millisecond

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

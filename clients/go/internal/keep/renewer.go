package keep

import (
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
)

const (
	maxHedge          = time.Second
	maxBetweenHedges  = 30 * time.Second
	answersQueued     = 64
	never             = time.Duration(1<<63 - 1)
	hedgesAfterShare  = 10 // a tenth of the TTL
	renewsAfterShare  = 3  // a third of the TTL
	termShareDividend = 5  // of leases of less than 5 s the margin takes a large part: 5/12 of the time that is left
	termShareDivisor  = 12
)

// One try: a renewal that was sent.
type try struct {
	round, number int
	sentAt        time.Time
}

type answer struct {
	try
	Answer
}

// renewer renews one lease every third of its TTL, a short one more often. A renewal that is not answered soon is sent again
// another way beside the first one, and so on until one is answered or the lease is lost; the first answer counts.
type renewer struct {
	ways    Ways
	lease   *Lease
	answers chan answer

	// Answers to tries of earlier rounds don't move this one.
	round int
	tries int
	doubt func()
	// When the next try is due.
	due time.Time
}

// run returns when the lease is lost or given back.
func (r *renewer) run(sentAt time.Time) {
	r.nextRound(sentAt)
	timer := time.NewTimer(never)
	defer timer.Stop()
	for {
		timer.Reset(r.untilNext())
		select {
		case <-r.lease.done:
			return
		case <-timer.C:
			if !time.Now().Before(r.due) {
				r.try()
			}
		case <-r.lease.doubt:
			// Don't wait for the pace, unless a round is under way.
			if r.tries == 0 {
				r.try()
			}
		case a := <-r.answers:
			r.take(a)
		}
	}
}

// Looks at the clock, so that the lease is lost in time, too.
func (r *renewer) untilNext() time.Duration {
	next := r.due
	if tick := r.lease.State().NextTick(); !tick.IsZero() && tick.Before(next) {
		next = tick
	}
	return time.Until(next)
}

func (r *renewer) nextRound(sentAt time.Time) {
	r.tries = 0
	r.round++
	ttl := r.lease.TTL
	term := ttl - leasestate.Margin(ttl)
	r.due = sentAt.Add(min(ttl/renewsAfterShare, term*termShareDividend/termShareDivisor))
}

func (r *renewer) try() {
	if r.lease.State().Kind == leasestate.Lost {
		return
	}
	if r.tries > 0 && r.doubt != nil {
		r.doubt()
	}
	r.tries++
	sent := try{round: r.round, number: r.tries, sentAt: time.Now()}
	r.due = sent.sentAt.Add(r.hedgeAfter(r.tries))
	r.doubt = r.ways.Renew(r.lease.ID, func(a Answer) {
		select {
		case r.answers <- answer{sent, a}:
		case <-r.lease.done:
		default:
			// So many answers are unread only if this goroutine did not run; a renewal more does no harm.
		}
	})
}

func (r *renewer) take(a answer) {
	isLatest := a.round == r.round && a.number == r.tries
	switch {
	case a.IsDoubted:
		// Unless it was sent again already.
		if isLatest {
			r.doubt = nil
			r.try()
		}
	case a.Err == nil:
		r.lease.renewed(a.sentAt, a.TTL)
		if a.round == r.round {
			r.nextRound(a.sentAt)
		}
	default:
		if loss, hasEnded := r.ways.HasEnded(a.Err); hasEnded {
			r.lease.Fail(loss)
			return
		}
		if refusal := r.ways.Refusal(a.Err); refusal != "" {
			r.lease.refused(refusal)
		}
		// Nothing is known of the lease. If no other try is under way, don't wait as long as for an answer.
		if isLatest {
			r.doubt = nil
			r.due = time.Now().Add(backoff.Before(r.tries))
		}
	}
}

func (r *renewer) hedgeAfter(tries int) time.Duration {
	share := r.lease.TTL / hedgesAfterShare
	first := min(share, maxHedge)
	longest := max(first, min(share, maxBetweenHedges))
	return min(first<<min(tries-1, 20), longest)
}

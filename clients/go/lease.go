package sharedlock

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/keep"
	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

const (
	// A grant that ended before it was heard of is asked for anew so often.
	maxTries = 3
	// Questions about locks at once, after a renewal: what their user asks himself must not have to wait behind thousands.
	maxConfirming = 32
)

// A lease that is kept alive.
type heldLease struct {
	*keep.Lease
	client *Client
	// Done, with a *LostError as its cause, when it is lost; and when it is given back.
	ctx        context.Context
	cancel     context.CancelCauseFunc
	confirming chan struct{}
}

// openLease makes a bare lease, and keeps it. If ctx is done, none is left.
func (c *Client) openLease(ctx context.Context, o *takeOptions) (*heldLease, error) {
	if err := c.checkRoom(); err != nil {
		return nil, err
	}
	return unlessDone(ctx, c, "ending a lease that is not wanted any more",
		func(ctx context.Context) (*heldLease, error) { return c.createLease(ctx, o) },
		func(ctx context.Context, lease *heldLease) error {
			_, err := lease.revoke(ctx)
			return err
		})
}

func (c *Client) createLease(ctx context.Context, o *takeOptions) (*heldLease, error) {
	for range maxTries {
		sentAt := time.Now()
		answer, err := c.leases.CreateLease(ctx, &pb.CreateLeaseRequest{
			Owner: o.owner, Labels: o.labels, Ttl: durationOf(o.ttl), RequestId: requestID(),
		})
		if err != nil {
			return nil, errorOf(err)
		}
		if lease, err := c.keptLease(ctx, answer.GetGrant(), sentAt); lease != nil || err != nil {
			return lease, err
		}
	}
	return nil, tooLate(nil)
}

// keptLease keeps the lease of a grant. One that was heard of late may be over already: renewed first, it is known. Nil if it is over.
func (c *Client) keptLease(ctx context.Context, grant *pb.Grant, sentAt time.Time) (*heldLease, error) {
	id, ttl := grant.GetLeaseId(), grant.GetTtl().AsDuration()
	if time.Since(sentAt) >= ttl/2 {
		sentAt = time.Now()
		_, err := c.leases.KeepAlive(ctx, &pb.KeepAliveRequest{LeaseId: id})
		if err = errorOf(err); codeOf(err) == codes.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	lease := &heldLease{Lease: c.keeper.Keep(id, ttl, sentAt), client: c, confirming: make(chan struct{}, maxConfirming)}
	lease.ctx, lease.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	lease.Listen(func(_, after leasestate.State) { lease.follow(after) })
	lease.follow(lease.State())
	return lease, nil
}

func (l *heldLease) follow(state leasestate.State) {
	if state.Kind == leasestate.Lost {
		l.cancel(lostBy("the session", "", 0, state.Loss))
	}
}

// letGo stops the renewals: it ended with its lock, or is about to.
func (l *heldLease) letGo(cause error) {
	l.Stop()
	l.cancel(cause)
}

// revoke ends it, and all that it holds. False if it had ended before.
func (l *heldLease) revoke(ctx context.Context) (bool, error) {
	l.letGo(ErrUnlocked)
	answer, err := l.client.leases.RevokeLease(ctx, &pb.RevokeLeaseRequest{LeaseId: l.ID})
	return answer.GetRevoked(), errorOf(err)
}

func (c *Client) checkRoom() error {
	if err := c.keeper.CheckRoom(); err != nil {
		return &Error{Code: codes.ResourceExhausted, Message: err.Error(), Reason: "LEASES_LIMIT", cause: err}
	}
	return nil
}

func lostBy(title, name string, token int64, loss leasestate.Loss) *LostError {
	return &LostError{Name: name, Token: token, Cause: loss.Cause, Reason: loss.Reason, Late: loss.Late, title: title}
}

func tooLate(cause error) error {
	return unavailable("GRANT_TOO_LATE", "grants come so late that they are over already; ask for a longer TTL", cause)
}

package sharedlock

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// How a claim is taken in one call.
type takeRequest struct {
	// 0: a lease of its own, with that TTL; 0: the default.
	leaseID   int64
	ttl, wait time.Duration
	// Empty: a lease that asks again gets the same grant.
	requestID string
}

// What came of one try: a grant, or those that hold it. No holders: only waiters are before the caller.
type tried struct {
	grant   *pb.Grant
	holders []*pb.Holder
}

// Which grant is given back. Never "whatever the lease holds": a release that arrives late would meet a later grant. Whoever gave up
// does not know the token, and names the request instead, which is then granted nothing any more.
type grantName struct {
	token     int64
	requestID string
}

// What one may hold: a lock, or an election, which is a lock too.
type claim struct {
	name, title string
	take        func(ctx context.Context, conn grpc.ClientConnInterface, request takeRequest) (tried, error)
	isCurrent   func(ctx context.Context, token int64) (bool, error)
	// False if nobody held it.
	giveBack func(ctx context.Context, leaseID int64, grant grantName) (bool, error)
}

func (c *Client) lockClaim(name string, o *takeOptions) claim {
	return claim{
		name:  name,
		title: fmt.Sprintf("lock %q", name),
		take: func(ctx context.Context, conn grpc.ClientConnInterface, r takeRequest) (tried, error) {
			answer, err := pb.NewLockServiceClient(conn).Acquire(ctx, &pb.AcquireRequest{
				Name: name, Mode: o.mode, Permits: o.permits, Limit: o.limit,
				Owner: o.owner, Value: o.value, Labels: o.labels,
				LeaseId: r.leaseID, Ttl: durationOf(r.ttl), Wait: durationOf(r.wait), RequestId: r.requestID,
			})
			if err != nil {
				return tried{}, err
			}
			if !answer.GetAcquired() {
				return tried{holders: answer.GetHolders()}, nil
			}
			return tried{grant: answer.GetGrant()}, nil
		},
		isCurrent: func(ctx context.Context, token int64) (bool, error) {
			answer, err := c.locks.CheckToken(ctx, &pb.CheckTokenRequest{Name: name, FencingToken: token})
			return answer.GetCurrent(), err
		},
		giveBack: func(ctx context.Context, leaseID int64, grant grantName) (bool, error) {
			answer, err := c.locks.Release(ctx, &pb.ReleaseRequest{
				Name: name, LeaseId: leaseID, FencingToken: grant.token, GrantRequestId: grant.requestID, RequestId: requestID(),
			})
			return answer.GetReleased(), err
		},
	}
}

func (c *Client) electionClaim(name string, o *takeOptions) claim {
	return claim{
		name:  name,
		title: fmt.Sprintf("election %q", name),
		take: func(ctx context.Context, conn grpc.ClientConnInterface, r takeRequest) (tried, error) {
			answer, err := pb.NewElectionServiceClient(conn).Campaign(ctx, &pb.CampaignRequest{
				Name: name, Candidate: o.candidate, Value: o.value, Labels: o.labels,
				// Absent it would be the longest wait.
				LeaseId: r.leaseID, Ttl: durationOf(r.ttl), Wait: durationpb.New(r.wait), RequestId: r.requestID,
			})
			if err != nil {
				return tried{}, err
			}
			if answer.GetElected() {
				return tried{grant: answer.GetGrant()}, nil
			}
			return tried{holders: asHolders(answer.GetLeader())}, nil
		},
		isCurrent: func(ctx context.Context, token int64) (bool, error) {
			answer, err := c.elections.AmLeader(ctx, &pb.AmLeaderRequest{Name: name, Term: token})
			return answer.GetLeader(), err
		},
		giveBack: func(ctx context.Context, leaseID int64, grant grantName) (bool, error) {
			answer, err := c.elections.Resign(ctx, &pb.ResignRequest{
				Name: name, LeaseId: leaseID, Term: grant.token, GrantRequestId: grant.requestID, RequestId: requestID(),
			})
			return answer.GetResigned(), err
		},
	}
}

func asHolders(leader *pb.Leader) []*pb.Holder {
	if leader == nil {
		return nil
	}
	return []*pb.Holder{{
		Owner: leader.GetCandidate(), FencingToken: leader.GetTerm(), Value: leader.GetValue(), Labels: leader.GetLabels(),
		Permits: 1, AcquiredAt: leader.GetElectedAt(), Age: leader.GetAge(), RemainingTtl: leader.GetRemainingTtl(),
	}}
}

// Absent if it is 0: the default.
func durationOf(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

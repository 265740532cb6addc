package sharedlock

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// Leadership is a term of this process as the leader of an election, kept by renewing its lease.
type Leadership struct{ lock *Lock }

// Elect stands for election, and waits until elected, or ctx is done. Options: WithCandidate, WithValue, WithTTL, WithWait, WithLabels. It
// returns a *NotAcquiredError if somebody else leads until WithWait is over; else as Lock.
func (c *Client) Elect(ctx context.Context, name string, options ...Option) (*Leadership, error) {
	o := c.taken(options)
	lock, err := c.acquire(ctx, c.electionClaim(name, o), o, o.deadline(deadline{never: true}))
	if err != nil {
		return nil, err
	}
	return &Leadership{lock}, nil
}

// Name is that of the election.
func (l *Leadership) Name() string { return l.lock.Name() }

// Term is its fencing token: higher than the term of every leader before it.
func (l *Leadership) Term() int64 { return l.lock.Token() }

// Context is as that of a lock: done when the term is lost.
func (l *Leadership) Context() context.Context { return l.lock.Context() }

// Err is nil while it leads, by this process's own clock.
func (l *Leadership) Err() error { return l.lock.Err() }

// Confirm asks a daemon whether it leads, as that of a lock.
func (l *Leadership) Confirm(ctx context.Context) error { return l.lock.Confirm(ctx) }

// Proclaim changes the published value (at most 64 KiB), and keeps the term. It returns a *LostError if the term is lost, an *Error
// (FailedPrecondition) if it does not lead any more.
func (l *Leadership) Proclaim(ctx context.Context, value string) error {
	if err := l.Err(); err != nil {
		return err
	}
	_, err := l.lock.client.elections.Proclaim(ctx, &pb.ProclaimRequest{
		Name: l.Name(), LeaseId: l.lock.lease.ID, Term: l.Term(), Value: value, RequestId: requestID(),
	})
	return errorOf(err)
}

// Resign gives up the term: who waits longest is elected at once. As Unlock.
func (l *Leadership) Resign(ctx context.Context) error { return l.lock.Unlock(ctx) }

// GetLeader is who leads, and who waits. Linearizable. A name that nobody uses is an election without a leader.
func (c *Client) GetLeader(ctx context.Context, election string) (*pb.Election, error) {
	answer, err := c.elections.GetLeader(ctx, &pb.GetLeaderRequest{Name: election})
	return answer, errorOf(err)
}

// IsLeader asks whether a candidate leads now. Linearizable.
func (c *Client) IsLeader(ctx context.Context, election, candidate string) (bool, error) {
	answer, err := c.elections.AmLeader(ctx, &pb.AmLeaderRequest{Name: election, Candidate: candidate})
	return answer.GetLeader(), errorOf(err)
}

// Unseat ends the leader's term, who is told why. False if nobody led, or in another term (0: any).
func (c *Client) Unseat(ctx context.Context, election, reason string, term int64) (bool, error) {
	answer, err := c.elections.Unseat(ctx, &pb.UnseatRequest{
		Name: election, Reason: reason, Term: term, RequestId: requestID(),
	})
	return answer.GetUnseated(), errorOf(err)
}

// Observe tells the state of an election, then every leader once, in order, with each change of its value and the moments without a leader;
// where some were missed, RESYNC with the state. It goes on over lost connections, until the loop is left or ctx is done.
func (c *Client) Observe(ctx context.Context, election string) iter.Seq2[*pb.ObserveResponse, error] {
	return watch(ctx, c, watched[pb.ObserveResponse]{
		open: func(ctx context.Context, conn grpc.ClientConnInterface, from int64) (receiver[pb.ObserveResponse], error) {
			return pb.NewElectionServiceClient(conn).Observe(ctx, &pb.ObserveRequest{Name: election, FromRevision: from})
		},
		isState: func(m *pb.ObserveResponse) bool { return m.GetElection() != nil },
		resync: func(first *pb.ObserveResponse) []*pb.ObserveResponse {
			if first.GetKind() == pb.ObserveResponse_STATE {
				first.Kind = pb.ObserveResponse_RESYNC
			}
			return []*pb.ObserveResponse{first}
		},
	})
}

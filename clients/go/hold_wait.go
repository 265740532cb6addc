package sharedlock

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// take waits for the grant, over as many streams as it takes.
func (h *Hold) take(ctx context.Context, o *takeOptions) error {
	until := o.deadline(deadline{never: true})
	failedSince := time.Time{}
	for try := 1; ; try++ {
		stream, begun, err := h.open(&pb.HoldRequest{
			Name: h.name, Mode: o.mode, Permits: o.permits, Limit: o.limit, Ttl: durationOf(o.ttl),
			Wait: durationOf(until.left()), Owner: o.owner, Value: o.value, Labels: o.labels,
		})
		if err == nil {
			failedSince = time.Time{}
			var holders []*pb.Holder
			if holders, err = h.awaitGrant(stream); err == nil && h.grant != nil {
				return nil
			}
			if err == nil && until.isOver() {
				return notAcquired(claim{name: h.name, title: h.title}, tried{holders: holders})
			}
			if err == nil {
				continue // The longest wait that a daemon takes is over.
			}
			err = begun.Ended(err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if failedSince.IsZero() {
			failedSince = time.Now()
		}
		if !wire.MayRepeat(err) || time.Since(failedSince) > h.client.deadline || until.isOver() {
			return errorOf(err)
		}
		_ = backoff.Sleep(ctx, backoff.Before(try))
	}
}

func (h *Hold) open(request *pb.HoldRequest) (holdStream, *wire.Begun, error) {
	return wire.Stream(h.streams, h.client.caller, func(ctx context.Context, conn grpc.ClientConnInterface) (holdStream, error) {
		stream, err := pb.NewLockServiceClient(conn).Hold(ctx)
		if err == nil {
			err = stream.Send(request)
		}
		return stream, err
	})
}

// Nil and no grant: it is held by those, or by nobody but waiters.
func (h *Hold) awaitGrant(stream holdStream) ([]*pb.Holder, error) {
	for {
		event, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		switch event := event.GetEvent().(type) {
		case *pb.HoldResponse_NotAcquired_:
			return event.NotAcquired.GetHolders(), nil
		case *pb.HoldResponse_Acquired_:
			h.acquired(stream, event.Acquired)
			return nil, nil
		}
	}
}

func (h *Hold) acquired(stream holdStream, event *pb.HoldResponse_Acquired) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.grant == nil { // Resumed, it is the same.
		h.grant = event.GetGrant()
	}
	h.quiet = event.GetQuiet().AsDuration()
	h.heardAt = time.Now()
	h.stream = stream
}

package sharedlock

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// GetLock is who holds a lock and who waits for it. Linearizable. A name that nobody uses is a lock that is not held.
func (c *Client) GetLock(ctx context.Context, name string) (*pb.Lock, error) {
	answer, err := c.locks.GetLock(ctx, &pb.GetLockRequest{Name: name})
	return answer, errorOf(err)
}

// Locks are those that are held or waited for, whose names begin with prefix.
func (c *Client) Locks(ctx context.Context, prefix string) iter.Seq2[*pb.Lock, error] {
	return pages(func(token string) ([]*pb.Lock, string, error) {
		page, err := c.locks.ListLocks(ctx, &pb.ListLocksRequest{Prefix: prefix, PageToken: token})
		return page.GetLocks(), page.GetNextPageToken(), err
	})
}

// WatchLock tells the state of a lock, then every change once, in order, over lost connections and daemons; where changes were missed, RESYNC
// with the state. It goes on until the loop is left or ctx is done.
func (c *Client) WatchLock(ctx context.Context, name string) iter.Seq2[*pb.WatchLockResponse, error] {
	return watch(ctx, c, watched[pb.WatchLockResponse]{
		open: func(ctx context.Context, conn grpc.ClientConnInterface, from int64) (receiver[pb.WatchLockResponse], error) {
			return pb.NewLockServiceClient(conn).WatchLock(ctx, &pb.WatchLockRequest{Name: name, FromRevision: from})
		},
		isState: func(m *pb.WatchLockResponse) bool { return m.GetLock() != nil },
		resync: func(first *pb.WatchLockResponse) []*pb.WatchLockResponse {
			if first.GetKind() == pb.WatchLockResponse_STATE {
				first.Kind = pb.WatchLockResponse_RESYNC
			}
			return []*pb.WatchLockResponse{first}
		},
	})
}

// CheckToken asks whether a fencing token is still the one of a holder. Linearizable: for resources that can't compare tokens.
func (c *Client) CheckToken(ctx context.Context, name string, token int64) (bool, error) {
	answer, err := c.locks.CheckToken(ctx, &pb.CheckTokenRequest{Name: name, FencingToken: token})
	return answer.GetCurrent(), errorOf(err)
}

// ForceRelease takes a lock from its holders, who are told why. Only if that is its token; 0: whoever holds it. False if nobody did.
func (c *Client) ForceRelease(ctx context.Context, name, reason string, token int64) (bool, error) {
	answer, err := c.locks.ForceRelease(ctx, &pb.ForceReleaseRequest{
		Name: name, Reason: reason, FencingToken: token, RequestId: requestID(),
	})
	return answer.GetReleased(), errorOf(err)
}

// PutMessage stores a text of at most 1 MiB under its SHA-256, which it returns.
func (c *Client) PutMessage(ctx context.Context, message string) (digest string, err error) {
	answer, err := c.messages.PutMessage(ctx, &pb.PutMessageRequest{Message: &message, RequestId: requestID()})
	return answer.GetDigest(), errorOf(err)
}

// GetMessage finds a text by its digest; NotFound if there is none.
func (c *Client) GetMessage(ctx context.Context, digest string) (string, error) {
	answer, err := c.messages.GetMessage(ctx, &pb.GetMessageRequest{Digest: digest})
	return answer.GetMessage(), errorOf(err)
}

// pages tells what lists have, page by page as the loop goes on.
func pages[T any](page func(token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token := ""; ; {
			items, next, err := page(token)
			if err != nil {
				var none T
				yield(none, errorOf(err))
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			token = next
		}
	}
}

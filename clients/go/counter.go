package sharedlock

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// Fencer is what a write can be done under: a *Lock, a *Leadership, a *Hold.
type Fencer interface{ fence() *pb.Fence }

func (l *Lock) fence() *pb.Fence { return &pb.Fence{Lock: l.Name(), Token: l.Token()} }

func (l *Leadership) fence() *pb.Fence { return &pb.Fence{Election: l.Name(), Token: l.Term()} }

func (h *Hold) fence() *pb.Fence { return &pb.Fence{Lock: h.name, Token: h.Token()} }

// WriteOption is a condition on a write of a counter or a document.
type WriteOption func(*writeOptions)

type writeOptions struct {
	fence       *pb.Fence
	min, max    *int64
	expected    *int64
	ifMatch     string
	ifNoneMatch string
	schema      *string
	force       bool
}

func written(options []WriteOption) *writeOptions {
	o := &writeOptions{}
	for _, option := range options {
		option(o)
	}
	return o
}

// WithFence: only while this lock is held, or this term lasts: else FailedPrecondition (STALE_TOKEN), and nothing is written.
func WithFence(under Fencer) WriteOption { return func(o *writeOptions) { o.fence = under.fence() } }

// WithBounds: of Add, the result must be from least to most: else OutOfRange (COUNTER_BOUNDS). Default: 64 bits.
func WithBounds(least, most int64) WriteOption {
	return func(o *writeOptions) { o.min, o.max = proto.Int64(least), proto.Int64(most) }
}

// WithExpected: of Set and Delete of a counter, only if it has this value: else FailedPrecondition (COUNTER_CHANGED).
func WithExpected(value int64) WriteOption {
	return func(o *writeOptions) { o.expected = proto.Int64(value) }
}

// Counter is one counter: a signed 64-bit integer, 0 before the first write. Linearizable; each write counts once, however often the
// client has to send it.
type Counter struct {
	client *Client
	name   string
}

// Counter is the counter of that name. It asks nobody: a bad name fails at the first call.
func (c *Client) Counter(name string) *Counter { return &Counter{c, name} }

// Get is the value of now.
func (c *Counter) Get(ctx context.Context) (int64, error) {
	answer, err := c.client.counters.GetCounter(ctx, &pb.GetCounterRequest{Name: c.name})
	return answer.GetValue(), errorOf(err)
}

// Add adds, or with a delta below 0 subtracts. Of many at the same time each gets values of its own. Options: WithFence, WithBounds.
func (c *Counter) Add(ctx context.Context, delta int64, options ...WriteOption) (value, previous int64, err error) {
	o := written(options)
	answer, err := c.client.counters.Add(ctx, &pb.AddRequest{
		Name: c.name, Delta: delta, Min: o.min, Max: o.max, Fence: o.fence, RequestId: requestID(),
	})
	return answer.GetValue(), answer.GetPrevious(), errorOf(err)
}

// Set sets the value. Options: WithFence, WithExpected.
func (c *Counter) Set(ctx context.Context, value int64, options ...WriteOption) (previous int64, err error) {
	o := written(options)
	answer, err := c.client.counters.SetCounter(ctx, &pb.SetCounterRequest{
		Name: c.name, Value: value, Expected: o.expected, Fence: o.fence, RequestId: requestID(),
	})
	return answer.GetPrevious(), errorOf(err)
}

// Delete makes it 0 again, and takes it from lists. Options: WithFence, WithExpected.
func (c *Counter) Delete(ctx context.Context, options ...WriteOption) (previous int64, err error) {
	o := written(options)
	answer, err := c.client.counters.DeleteCounter(ctx, &pb.DeleteCounterRequest{
		Name: c.name, Expected: o.expected, Fence: o.fence, RequestId: requestID(),
	})
	return answer.GetPrevious(), errorOf(err)
}

// Watch tells the value of now, then every change once, in order; where some were missed, the value of now with Resync. It goes on over lost
// connections, until the loop is left or ctx is done.
func (c *Counter) Watch(ctx context.Context) iter.Seq2[*pb.Counter, error] {
	return watch(ctx, c.client, watched[pb.Counter]{
		open: func(ctx context.Context, conn grpc.ClientConnInterface, from int64) (receiver[pb.Counter], error) {
			return pb.NewCounterServiceClient(conn).WatchCounter(ctx, &pb.WatchCounterRequest{Name: c.name, FromRevision: from})
		},
		isState: func(*pb.Counter) bool { return true },
		resync: func(first *pb.Counter) []*pb.Counter {
			first.Resync = proto.Bool(true)
			return []*pb.Counter{first}
		},
	})
}

// Counters are those that were written, whose names begin with prefix, in the order of their names.
func (c *Client) Counters(ctx context.Context, prefix string) iter.Seq2[*pb.Counter, error] {
	return pages(func(token string) ([]*pb.Counter, string, error) {
		page, err := c.counters.ListCounters(ctx, &pb.ListCountersRequest{Prefix: prefix, PageToken: token})
		return page.GetCounters(), page.GetNextPageToken(), err
	})
}

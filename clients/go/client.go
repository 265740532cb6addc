package sharedlock

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/shared-lock/shared-lock/clients/go/internal/keep"
	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// Client is a client of the daemons at one or several addresses, on one storage. It goes on at the next address when one fails, and
// repeats what may safely be repeated. Its methods may be called from any number of goroutines.
type Client struct {
	owner    string
	deadline time.Duration
	warn     func(error)
	daemons  *wire.Daemons
	renewals *wire.Renewals
	keeper   *keep.Keeper
	caller   *wire.Caller

	locks     pb.LockServiceClient
	leases    pb.LeaseServiceClient
	elections pb.ElectionServiceClient
	counters  pb.CounterServiceClient
	configs   pb.ConfigServiceClient
	messages  pb.MessageServiceClient

	// Done when Close begins, and when it ends.
	stopping, closing context.Context
	stop              context.CancelCauseFunc
	close             context.CancelFunc
	background        background
	closeOnce         sync.Once
	mu                sync.Mutex
	held              map[held]struct{}
}

// What a client gives back when it closes.
type held interface {
	callOff(cause error)
	giveBack(ctx context.Context) error
}

// Connect makes a client, and waits until one of the daemons answers: until ctx is done, or for the client's deadline.
// It returns an *Error: InvalidArgument for an address or option that can't be used, Unavailable if no daemon answers.
func Connect(ctx context.Context, addresses []string, options ...ClientOption) (*Client, error) {
	c, err := New(addresses, options...)
	if err != nil {
		return nil, err
	}
	_, err = healthpb.NewHealthClient(c.caller).Check(ctx, &healthpb.HealthCheckRequest{})
	// Any other answer is one, too.
	if err = errorOf(err); isOfContext(err) || codeOf(err) == codes.Unavailable || codeOf(err) == codes.DeadlineExceeded {
		c.shut()
		return nil, err
	}
	return c, nil
}

// New makes a client, and asks nobody: it connects with the first call. It returns an *Error (InvalidArgument) for an address or option
// that can't be used.
func New(addresses []string, options ...ClientOption) (*Client, error) {
	o, err := completed(addresses, options)
	if err != nil {
		return nil, err
	}
	c := &Client{owner: o.owner, deadline: o.wire.Deadline, warn: o.warn, held: make(map[held]struct{})}
	c.stopping, c.stop = context.WithCancelCause(context.Background())
	c.closing, c.close = context.WithCancel(context.Background())
	c.daemons = wire.NewDaemons(o.wire)
	c.renewals = wire.NewRenewals(c.daemons)
	c.keeper = keep.New(c.renewals)
	c.caller = wire.NewCaller(o.wire, c.daemons, c.closing)
	c.locks = pb.NewLockServiceClient(c.caller)
	c.leases = pb.NewLeaseServiceClient(c.caller)
	c.elections = pb.NewElectionServiceClient(c.caller)
	c.counters = pb.NewCounterServiceClient(c.caller)
	c.configs = pb.NewConfigServiceClient(c.caller)
	c.messages = pb.NewMessageServiceClient(c.caller)
	return c, nil
}

// Conn is the client's way to its daemons, for the generated stubs of package sharedlockv1 and what this package has no method
// for. It repeats a unary call until a daemon answers: so give each write a request_id.
func (c *Client) Conn() grpc.ClientConnInterface { return c.caller }

// Close cancels the contexts of all that the client holds, with ErrClosed as their cause, gives it back, and closes the
// connections; that takes as long as the client's deadline at most. What is not given back by then ends with its TTL. What waits ends
// with ErrClosed. Idempotent.
func (c *Client) Close() error {
	var failure error
	c.closeOnce.Do(func() { failure = c.end() })
	return failure
}

func (c *Client) end() error {
	c.stop(ErrClosed)
	c.mu.Lock()
	all := make([]held, 0, len(c.held))
	for each := range c.held {
		all = append(all, each)
	}
	c.mu.Unlock()
	// First those are told who work under what it holds.
	for _, each := range all {
		each.callOff(ErrClosed)
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.deadline)
	defer cancel()
	failures := make(chan error, len(all))
	for _, each := range all {
		go func() { failures <- each.giveBack(ctx) }()
	}
	var failure error
	for range all {
		if err := <-failures; err != nil && failure == nil {
			failure = err
		}
	}
	select {
	case <-c.background.idle():
	case <-ctx.Done():
	}
	c.shut()
	return failure
}

func (c *Client) shut() {
	c.close()
	c.renewals.Close()
	c.daemons.Close()
}

// own notes what is to be given back at the end, unless it is before. It fails if the client is closed already.
func (c *Client) own(each held) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping.Err() != nil {
		return ErrClosed
	}
	c.held[each] = struct{}{}
	return nil
}

func (c *Client) disown(each held) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, each)
}

// waiting is ctx, done too when the client closes, or any of the others is done.
func (c *Client) waiting(ctx context.Context, others ...context.Context) (context.Context, func()) {
	linked, cancel := context.WithCancelCause(ctx)
	stops := make([]func() bool, 0, len(others)+1)
	for _, other := range append(others, c.stopping) {
		if other.Err() != nil {
			cancel(context.Cause(other)) // At once, not in a goroutine of its own.
		}
		stops = append(stops, context.AfterFunc(other, func() { cancel(context.Cause(other)) }))
	}
	return linked, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// For one request, and hard to guess.
func requestID() string { return rand.Text() }

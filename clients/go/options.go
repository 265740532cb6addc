package sharedlock

import (
	"context"
	"crypto/tls"
	"os"
	"time"

	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

const (
	defaultDeadline = 10 * time.Second
	minDeadline     = 100 * time.Millisecond
	maxDeadline     = time.Hour
	maxAddresses    = 100
)

// ClientOption is an option of Connect.
type ClientOption func(*clientOptions)

type clientOptions struct {
	wire  wire.Settings
	token func(context.Context) (string, error)
	owner string
	warn  func(error)
}

// WithTLS speaks TLS: `&tls.Config{}` trusts the authorities of the system. Default: none.
func WithTLS(config *tls.Config) ClientOption {
	return func(o *clientOptions) { o.wire.TLS = config }
}

// WithToken says who calls, where daemons want to know: the source gives a bearer token, such as the text of a file. It is asked once a
// minute at most, and when a daemon refuses the token. Over plain TCP a token is sent to daemons on this machine only: else Connect refuses it.
func WithToken(source func(ctx context.Context) (string, error)) ClientOption {
	return func(o *clientOptions) { o.token = source }
}

// WithDeadline is how long a call may take that does not wait, with all its tries: 100 ms to 1 h, default 10 s.
func WithDeadline(deadline time.Duration) ClientOption {
	return func(o *clientOptions) { o.wire.Deadline = deadline }
}

// WithCallStream says whether calls go together over one stream, where the daemon has it. Default: true.
func WithCallStream(use bool) ClientOption {
	return func(o *clientOptions) { o.wire.CallStream = use }
}

// WithDefaultOwner is who asks, for people who look at the locks; at most 1024 bytes. Default: the name of this host.
func WithDefaultOwner(owner string) ClientOption {
	return func(o *clientOptions) { o.owner = owner }
}

// WithWarnings is told what went wrong where there is nobody to return it to: e.g. a lock that could not be given back after
// its caller had gone, and that others get when its TTL is over. Default: nobody is told.
func WithWarnings(warn func(error)) ClientOption {
	return func(o *clientOptions) { o.warn = warn }
}

func completed(addresses []string, options []ClientOption) (*clientOptions, error) {
	o := &clientOptions{warn: func(error) {}}
	o.wire.Deadline = defaultDeadline
	o.wire.CallStream = true
	o.owner, _ = os.Hostname()
	for _, option := range options {
		option(o)
	}
	if len(addresses) == 0 || len(addresses) > maxAddresses {
		return nil, wrong("give 1 to %d addresses of daemons, not %d", maxAddresses, len(addresses))
	}
	for _, address := range addresses {
		if err := wire.CheckAddress(address); err != nil {
			return nil, wrong("%v", err)
		}
		if o.token != nil && o.wire.TLS == nil && !wire.IsLocal(address) {
			return nil, wrong("a token is not sent to %s over plain TCP, where others can read it; use WithTLS", address)
		}
	}
	if o.wire.Deadline < minDeadline || o.wire.Deadline > maxDeadline {
		return nil, wrong("the deadline must be from %v to %v, not %v", minDeadline, maxDeadline, o.wire.Deadline)
	}
	o.wire.Addresses = addresses
	if o.token != nil {
		o.wire.Tokens = wire.NewTokens(o.token)
	}
	return o, nil
}

// Option is an option of what is taken: a lock, a session, a term.
type Option func(*takeOptions)

type takeOptions struct {
	mode      pb.LockMode
	limit     uint32
	permits   uint32
	ttl       time.Duration
	wait      time.Duration
	hasWait   bool
	owner     string
	candidate string
	value     string
	labels    map[string]string
}

// WithTTL is how long the lease, and with it the lock, outlives this process: 1 s to 24 h by the daemon's default, rounded up to
// whole seconds. It is renewed every third of it. Default: the daemon's, 10 s. Of no account in a session, which has one lease.
func WithTTL(ttl time.Duration) Option { return func(o *takeOptions) { o.ttl = ttl } }

// WithWait is how long to wait at most: then a *NotAcquiredError is returned. 0: no time at all. Default: until the lock is there, or
// the context is done; of TryLock 0.
func WithWait(wait time.Duration) Option {
	return func(o *takeOptions) { o.wait, o.hasWait = max(wait, 0), true }
}

// WithOwner is who asks, for people; at most 1024 bytes. Default: that of the client.
func WithOwner(owner string) Option { return func(o *takeOptions) { o.owner = owner } }

// WithCandidate is who stands for an election, e.g. the pod's name; 1 to 1024 bytes. Each process needs one of its own.
// Default: the client's owner.
func WithCandidate(candidate string) Option { return func(o *takeOptions) { o.candidate = candidate } }

// WithValue is stored with the lock, or published while one leads; at most 64 KiB. Default: empty.
func WithValue(value string) Option { return func(o *takeOptions) { o.value = value } }

// WithLabels are for who looks at locks: at most 32; names and values at most 256 bytes each. Default: none.
func WithLabels(labels map[string]string) Option { return func(o *takeOptions) { o.labels = labels } }

// Shared takes a lock together with other shared holders, and no exclusive one beside them.
func Shared() Option { return func(o *takeOptions) { o.mode = pb.LockMode_SHARED } }

// Permits makes the lock a semaphore: it takes so many of the limit, which is 1 to 10,000 and the same for all its holders.
func Permits(permits, limit uint32) Option {
	return func(o *takeOptions) { o.permits, o.limit = permits, limit }
}

func (c *Client) taken(options []Option) *takeOptions {
	o := &takeOptions{owner: c.owner, candidate: c.owner}
	for _, option := range options {
		option(o)
	}
	return o
}

// Package callstream carries calls over one stream: sharedlock.v1.CallService/CallStream. A call of gRPC costs its headers,
// a stream of HTTP/2 and many objects on both sides; in a stream of calls it costs a few bytes, and many go together.
//
// A Conn stands in for the connection that generated stubs are made of:
//
//	cc, err := grpc.NewClient("localhost:50051", …)
//	conn := callstream.New(cc)
//	defer conn.Close()
//	locks := sharedlockv1.NewLockServiceClient(conn)
//
// The stream opens with the second call. Until it is open, at a daemon that does not have it (UNIMPLEMENTED), for requests
// of more than 16 KiB, for calls with call options, and for streams, calls go by themselves.
package callstream

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	// A daemon that takes the stream says so at once; until then calls go by themselves.
	openingLimit = 3 * time.Second
	// A stream that is over is followed by another one, but not at once: it may be refused again.
	reopenAfter = time.Second
	// At a daemon that does not know it; the next one at this address may.
	unknownFor = time.Minute
)

// Conn is a grpc.ClientConnInterface whose unary calls go over a stream of calls, as soon as that is open.
type Conn struct {
	cc grpc.ClientConnInterface

	mu        sync.Mutex
	stream    *stream
	opening   bool
	hadCall   bool
	mayOpenAt time.Time
	closed    bool
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// New makes a Conn over a connection to one daemon, which stays its owner's to close.
func New(cc grpc.ClientConnInterface) *Conn {
	return &Conn{cc: cc}
}

// Invoke makes a unary call; as grpc.ClientConn does, it returns errors of the package status.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	if s := c.usable(); s != nil && areOfStubs(opts) {
		request, isProto := args.(proto.Message)
		response, isProtoToo := reply.(proto.Message)
		if isProto && isProtoToo {
			if sent, err := s.invoke(ctx, method, request, response); sent {
				return err
			}
		}
	}
	return c.cc.Invoke(ctx, method, args, reply, opts...)
}

// What generated stubs say of each call says nothing of this one.
func areOfStubs(opts []grpc.CallOption) bool {
	for _, opt := range opts {
		if _, is := opt.(grpc.StaticMethodCallOption); !is {
			return false
		}
	}
	return true
}

// NewStream begins a stream by itself.
func (c *Conn) NewStream(
	ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return c.cc.NewStream(ctx, desc, method, opts...)
}

// IsOpen says whether calls go over a stream now.
func (c *Conn) IsOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream != nil
}

// HasRoom says whether the stream is open and takes another call.
func (c *Conn) HasRoom() bool {
	c.mu.Lock()
	s := c.stream
	c.mu.Unlock()
	return s != nil && s.hasRoom()
}

// Close ends the stream. Calls under way over it end with UNAVAILABLE; later ones go by themselves.
func (c *Conn) Close() {
	c.mu.Lock()
	c.closed = true
	s := c.stream
	c.mu.Unlock()
	if s != nil {
		s.cancel()
	}
}

// The open stream; nil if there is none. With the second call it is opened: whoever makes one call may make no other.
func (c *Conn) usable() *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil && !c.opening && c.hadCall && !c.closed && !time.Now().Before(c.mayOpenAt) {
		c.opening = true
		go c.open()
	}
	c.hadCall = true
	return c.stream
}

func (c *Conn) open() {
	ctx, cancel := context.WithCancel(context.Background())
	timer := time.AfterFunc(openingLimit, cancel)
	s, err := open(ctx, cancel, c.cc)
	if !timer.Stop() && err == nil {
		err = status.Error(codes.Unavailable, "the stream of calls opened too late")
	}
	if err != nil {
		cancel()
		c.left(nil, err)
		return
	}
	c.mu.Lock()
	c.opening = false
	isClosed := c.closed
	if !isClosed {
		c.stream = s
	}
	c.mu.Unlock()
	if isClosed {
		cancel()
	}
	go s.write(ctx)
	// Answers still come after it has left.
	s.read(func(err error) { c.left(s, err) })
}

// s takes no calls any more, or did not open.
func (c *Conn) left(s *stream, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pause := reopenAfter
	if status.Code(err) == codes.Unimplemented {
		pause = unknownFor
	}
	if s == nil {
		c.opening = false
		c.mayOpenAt = time.Now().Add(pause)
	} else if c.stream == s {
		c.stream = nil
		c.mayOpenAt = time.Now().Add(pause)
	}
}

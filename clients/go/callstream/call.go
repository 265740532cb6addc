package callstream

import (
	"context"
	"math"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

const (
	// Daemons that are short of memory refuse larger messages, and the stream with them; so a larger request goes by itself.
	maxFrameBytes = 16 * 1024
	// Of a call in a frame, beside its request and metadata.
	callOverhead = 40
)

// One call under way. It keeps its id until it is answered, also when it was given up.
type call struct {
	message   *pb.Call
	size      int
	done      chan *pb.Answer
	isSent    bool
	isGivenUp bool
}

// Nil if it can't go this way.
func (s *stream) newCall(ctx context.Context, method string, request proto.Message) (*call, error) {
	number, isKnown := s.numbers[strings.TrimPrefix(method, "/")]
	metadata, metadataSize, fits := metadataOf(ctx, int(s.welcome.GetMaxMetadataBytes()))
	if !isKnown || !fits {
		return nil, nil
	}
	bytes, err := proto.Marshal(request)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "the request can't be written: %v", err)
	}
	size := len(bytes) + metadataSize + callOverhead
	if size > s.frameBytes() {
		return nil, nil
	}
	message := &pb.Call{Method: number, Request: bytes, Metadata: metadata}
	if deadline, has := ctx.Deadline(); has {
		left := time.Until(deadline).Milliseconds()
		if left <= 0 {
			return nil, status.FromContextError(context.DeadlineExceeded).Err()
		}
		message.TimeoutMs = proto.Uint32(uint32(min(left, math.MaxUint32)))
	}
	return &call{message: message, size: size, done: make(chan *pb.Answer, 1)}, nil
}

func (s *stream) frameBytes() int {
	return min(maxFrameBytes, int(s.welcome.GetMaxFrameBytes()))
}

func outcome(answer *pb.Answer, response proto.Message) error {
	if failed := answer.GetError(); failed != nil {
		return status.ErrorProto(failed)
	}
	if err := proto.Unmarshal(answer.GetResponse(), response); err != nil {
		return status.Errorf(codes.Internal, "the daemon's answer can't be read: %v", err)
	}
	return nil
}

package sharedlock

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/shared-lock/shared-lock/clients/go/internal/leasestate"
	"github.com/shared-lock/shared-lock/clients/go/internal/wire"
	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// ErrClosed is what calls end with when their client is closed, and the cause of the contexts of what it held.
var ErrClosed = wire.ErrClosed

// Error is a call that failed. What was asked may have been done all the same if the code is Unavailable or
// DeadlineExceeded: the client has repeated it, as far as that is safe, until its time was over. A call whose context is done ends
// with that context's cause instead.
type Error struct {
	// By google.rpc.Code. Any call may end with InvalidArgument (see Field), ResourceExhausted (a limit is reached: see Reason),
	// Unavailable (no daemon, or not its storage, can be reached), DeadlineExceeded, Unauthenticated and PermissionDenied,
	// Internal (a defect, with a reference into the daemon's log) or DataLoss (what is stored is damaged).
	Code codes.Code
	// What went wrong, for people.
	Message string
	// One stable word for programs, such as QUEUE_FULL.
	Reason string
	// The field of the request that was wrong, as the .proto files spell it.
	Field string
	// Facts that go with the reason.
	Metadata map[string]string
	// After so long it makes sense to ask again; 0 if nothing is known of that.
	RetryAfter time.Duration
	cause      error
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the error of gRPC.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus makes status.Code and status.FromError understand it.
func (e *Error) GRPCStatus() *status.Status { return status.New(e.Code, e.Message) }

// NotAcquiredError is returned if others held the lock, or led the election, for as long as WithWait says.
type NotAcquiredError struct {
	// Of the lock, or the election.
	Name string
	// Who holds it; empty if only waiters were before the caller.
	Holders []*pb.Holder
	title   string
}

func (e *NotAcquiredError) Error() string {
	owners := make([]string, 0, len(e.Holders))
	for _, holder := range e.Holders {
		owner := holder.GetOwner()
		if owner == "" {
			owner = "somebody without a name"
		}
		owners = append(owners, owner)
	}
	if len(owners) == 0 {
		return e.title + " was not acquired in time: others wait for it"
	}
	return fmt.Sprintf("%s was not acquired in time: it is held by %s", e.title, strings.Join(owners, ", "))
}

// Cause is why something was lost.
type Cause = leasestate.Cause

// The causes that there are.
const (
	// CauseUnreachable: no renewal succeeded in time.
	CauseUnreachable = leasestate.Unreachable
	// CauseEnded: the daemon knows no such lease; it has expired or was revoked.
	CauseEnded = leasestate.Ended
	// CauseExpired: nobody renewed it within its TTL. Of a Hold, as the daemon says.
	CauseExpired Cause = "EXPIRED"
	// CauseRevoked: its session was closed.
	CauseRevoked = leasestate.Revoked
	// CausePreempted: an operator took the lock away; Reason says why.
	CausePreempted = leasestate.Preempted
	// CauseNotHolder: the lease lives, but it does not hold the lock any more.
	CauseNotHolder = leasestate.NotHolder
)

// LostError is the cause of the context of a lock, a session or a term that was lost: its holder did not give it back.
type LostError struct {
	// Of the lock, or the election; empty for a session.
	Name string
	// The token that is not good any more; 0 for a session.
	Token int64
	Cause Cause
	// What the operator said, or what the renewals were refused with.
	Reason string
	// Of CauseUnreachable: how long after the deadline it was noticed; much, if the process stood still.
	Late  time.Duration
	title string
}

func (e *LostError) Error() string {
	return fmt.Sprintf("%s was lost: %s", e.title, e.explanation())
}

func (e *LostError) explanation() string {
	switch e.Cause {
	case CauseUnreachable:
		if e.Reason != "" {
			return "its lease was not renewed: " + e.Reason
		}
		if e.Late >= time.Second {
			return fmt.Sprintf("its lease was not renewed in time; this process stood still, until %v after the deadline", e.Late.Round(time.Millisecond))
		}
		return "its lease could not be renewed in time"
	case CausePreempted:
		return e.Reason
	case CauseExpired:
		return "its lease has expired"
	case CauseRevoked:
		return "its session was closed"
	case CauseNotHolder:
		return "its lease does not hold it any more"
	default:
		return "its lease has expired or was revoked"
	}
}

// What a caller is told of an error of gRPC. Errors of contexts and of the client itself stay as they are.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	if _, isStatus := err.(interface{ GRPCStatus() *status.Status }); !isStatus {
		return err
	}
	said := wire.SaidIn(err)
	return &Error{
		Code:       said.Code,
		Message:    said.Message,
		Reason:     said.Reason,
		Field:      said.Field,
		Metadata:   said.Metadata,
		RetryAfter: said.RetryAfter,
		cause:      err,
	}
}

func unavailable(reason, message string, cause error) *Error {
	return &Error{Code: codes.Unavailable, Message: message, Reason: reason, cause: cause}
}

func refused(message string) *Error {
	return &Error{Code: codes.FailedPrecondition, Message: message, Reason: "FAILED_PRECONDITION"}
}

func wrong(format string, words ...any) *Error {
	return &Error{Code: codes.InvalidArgument, Message: fmt.Sprintf(format, words...), Reason: "INVALID_ARGUMENT"}
}

func codeOf(err error) codes.Code {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Code
	}
	return codes.Unknown
}

func isOfContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

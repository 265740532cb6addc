package wire

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Said is what a daemon said of a call that failed, or the connection in its place.
type Said struct {
	Code    codes.Code
	Message string
	// One stable word for programs.
	Reason string
	// The field of the request that was wrong.
	Field    string
	Metadata map[string]string
	// Zero if nothing is known of when it makes sense to ask again.
	RetryAfter time.Duration
}

func (s *Said) Error() string { return s.Message }

// SaidIn reads an error of gRPC. One that is none has the code Unknown.
func SaidIn(err error) Said {
	var said *Said
	if errors.As(err, &said) {
		return *said
	}
	of := status.Convert(err)
	read := Said{Code: of.Code(), Message: of.Message()}
	for _, detail := range of.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			read.Reason = detail.GetReason()
			read.Metadata = detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				read.Field = violation.GetField()
			}
		case *errdetails.RetryInfo:
			read.RetryAfter = detail.GetRetryDelay().AsDuration()
		}
	}
	return read
}

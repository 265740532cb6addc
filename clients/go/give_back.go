package sharedlock

import (
	"context"

	"google.golang.org/grpc/codes"

	"github.com/shared-lock/shared-lock/clients/go/internal/backoff"
)

// giveBackSurely gives a grant of a session back until it is certain that nothing of it is left: by an answer, or since the session is
// over. Until then the session must not ask for that name again: it might be told of this very grant.
func (c *Client) giveBackSurely(ctx context.Context, claim claim, lease *heldLease, grant grantName) error {
	for try := 1; !lease.IsOver(); try++ {
		_, err := claim.giveBack(ctx, lease.ID, grant)
		err = errorOf(err)
		switch code := codeOf(err); {
		// That there is nothing to give back is as good.
		case err == nil, code == codes.FailedPrecondition, code == codes.NotFound:
			return nil
		case c.stopping.Err() != nil, code == codes.PermissionDenied:
			return err
		}
		if err := backoff.Sleep(ctx, backoff.Before(try)); err != nil {
			return err
		}
	}
	return nil
}

// Whether a request that ended so may have been, or may yet be, granted. Also one that was refused: another daemon, which did not answer,
// may have granted it before. But not one that all daemons refuse.
func mayBeGranted(err error) bool {
	code := codeOf(err)
	return code != codes.InvalidArgument && code != codes.PermissionDenied
}

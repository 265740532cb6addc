package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A token is asked for anew after so long, and when a daemon refuses it.
const tokenAge = time.Minute

// Tokens are what says who calls. A nil one says nothing.
type Tokens struct {
	source func(context.Context) (string, error)

	mu    sync.Mutex
	value string
	gotAt time.Time
}

// NewTokens asks the source when a token is needed.
func NewTokens(source func(context.Context) (string, error)) *Tokens {
	return &Tokens{source: source}
}

// into puts the token into a call's metadata, unless there is one.
func (t *Tokens) into(ctx context.Context) (context.Context, error) {
	if t == nil {
		return ctx, nil
	}
	if outgoing, _ := metadata.FromOutgoingContext(ctx); len(outgoing.Get("authorization")) > 0 {
		return ctx, nil
	}
	token, err := t.get(ctx)
	if err != nil {
		return nil, err
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}

func (t *Tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && time.Since(t.gotAt) < tokenAge {
		return t.value, nil
	}
	value, err := t.source(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return "", status.FromContextError(ctx.Err()).Err()
		}
		return "", status.Error(codes.Unauthenticated, fmt.Sprintf("the token can't be had: %v", err))
	}
	value, err = checked(value)
	if err != nil {
		return "", status.Error(codes.Unauthenticated, fmt.Sprintf("the token can't be had: %v", err))
	}
	t.value, t.gotAt = value, time.Now()
	return value, nil
}

// checked is without the line end that a file has. What no header can carry would be told in words that say nothing of a token.
func checked(token string) (string, error) {
	token = strings.TrimSpace(token)
	if token == "" {
		return "", errors.New("it is empty")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("it has characters that no bearer token has, such as a space")
	}
	return token, nil
}

// refused hears how a call ended that was sent with a token. If a daemon does not take that, it is asked for anew, unless it was since.
// It returns whether there may be a better one.
func (t *Tokens) refused(err error, sentAt time.Time) bool {
	if t == nil || status.Code(err) != codes.Unauthenticated {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.gotAt.After(sentAt) {
		t.value = ""
	}
	return true
}

// The driver of the Go client for the suite of all clients: see clients/conformance/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
)

const maxLine = 4 << 20

var errCancelled = errors.New("the command was cancelled")

// A line of the suite; which members count depends on Do.
type command struct {
	ID         int      `json:"id"`
	Do         string   `json:"do"`
	Addresses  []string `json:"addresses"`
	DeadlineMs int      `json:"deadline_ms"`
	Owner      string   `json:"owner"`
	Lock       string   `json:"lock"`
	Name       string   `json:"name"`
	TTLMs      int      `json:"ttl_ms"`
	WaitMs     *int     `json:"wait_ms"`
	Session    string   `json:"session"`
	Candidate  string   `json:"candidate"`
	Value      string   `json:"value"`
	EveryMs    int      `json:"every_ms"`
	Call       int      `json:"call"`
	Delta      string   `json:"delta"`
	Under      string   `json:"under"`
	Namespace  string   `json:"namespace"`
	Document   string   `json:"document"`
	IfMatch    string   `json:"if_match"`
	Patch      string   `json:"patch"`
	Watch      string   `json:"watch"`
}

type answer map[string]any

type driver struct {
	client *sharedlock.Client

	mu       sync.Mutex
	out      *json.Encoder
	underWay map[int]context.CancelCauseFunc
	held     map[string]held
	sessions map[string]*sharedlock.Session
}

func main() {
	d := &driver{
		out:      json.NewEncoder(os.Stdout),
		underWay: make(map[int]context.CancelCauseFunc),
		held:     make(map[string]held),
		sessions: make(map[string]*sharedlock.Session),
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			fmt.Fprintln(os.Stderr, "a line that is no command:", err)
			os.Exit(1)
		}
		ctx, cancel := context.WithCancelCause(context.Background())
		d.mu.Lock()
		d.underWay[c.ID] = cancel
		d.mu.Unlock()
		go d.answer(ctx, &c)
	}
}

func (d *driver) answer(ctx context.Context, c *command) {
	ok, err := d.run(ctx, c)
	d.mu.Lock()
	delete(d.underWay, c.ID)
	d.mu.Unlock()
	if err == nil {
		d.tell(answer{"id": c.ID, "ok": ok})
		return
	}
	d.tell(answer{"id": c.ID, "error": failure(err)})
}

func failure(err error) answer {
	if errors.Is(err, errCancelled) || errors.Is(err, sharedlock.ErrClosed) {
		return answer{"code": "CANCELLED", "reason": "", "message": err.Error()}
	}
	var lost *sharedlock.LostError
	if errors.As(err, &lost) {
		return answer{"code": "UNKNOWN", "reason": string(lost.Cause), "message": err.Error()}
	}
	var said *sharedlock.Error
	reason := ""
	if errors.As(err, &said) {
		reason = said.Reason
	}
	return answer{"code": nameOf(status.Code(err)), "reason": reason, "message": err.Error()}
}

// As google.rpc.Code has it: InvalidArgument is INVALID_ARGUMENT.
func nameOf(code codes.Code) string {
	if code == codes.Canceled {
		return "CANCELLED"
	}
	name := []rune{}
	for at, letter := range code.String() {
		if letter >= 'A' && letter <= 'Z' && at > 0 {
			name = append(name, '_')
		}
		if letter >= 'a' && letter <= 'z' {
			letter += 'A' - 'a'
		}
		name = append(name, letter)
	}
	return string(name)
}

func (d *driver) tell(line answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.out.Encode(line); err != nil {
		os.Exit(1) // The suite has gone.
	}
}

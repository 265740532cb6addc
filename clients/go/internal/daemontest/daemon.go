// Package daemontest runs real daemons and etcd members for tests.
package daemontest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const readyLimit = 60 * time.Second

// Daemon is a daemon as a process of its own, on a port that it keeps when it is started again.
type Daemon struct {
	Address string
	t       testing.TB
	env     []string
	command *exec.Cmd
	output  *lastOutput
}

// Memory starts a daemon that keeps all in its memory.
func Memory(t testing.TB, env ...string) *Daemon {
	return start(t, append(env, "SHARED_LOCK_STORAGE_TYPE=memory"))
}

// OnEtcd starts a daemon on an etcd.
func OnEtcd(t testing.TB, endpoint string, env ...string) *Daemon {
	return start(t, append(env, "SHARED_LOCK_STORAGE_TYPE=etcd", "SHARED_LOCK_ETCD_ADDR_LIST="+endpoint))
}

func start(t testing.TB, env []string) *Daemon {
	t.Helper()
	d := &Daemon{Address: freeAddress(t), t: t, env: env}
	d.Start()
	t.Cleanup(d.Kill)
	return d
}

// Start starts it (again), and waits until it is ready.
func (d *Daemon) Start() {
	d.t.Helper()
	_, port, _ := net.SplitHostPort(d.Address)
	_, httpPort, _ := net.SplitHostPort(freeAddress(d.t))
	d.output = &lastOutput{}
	d.command = exec.Command("node", filepath.Join(root(), "dist", "cmd", "shared-lock.js"), "serve")
	d.command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.t.TempDir(),
		"SHARED_LOCK_SERVER_PORT=" + httpPort, "SHARED_LOCK_GRPC_PORT=" + port,
	}, d.env...)
	d.command.Stdout, d.command.Stderr = d.output, d.output
	if err := d.command.Start(); err != nil {
		d.t.Fatalf("the daemon does not start (npm run build?): %v", err)
	}
	for end := time.Now().Add(readyLimit); !strings.Contains(d.output.String(), `"msg":"ready"`); {
		if time.Now().After(end) {
			d.t.Fatalf("the daemon did not get ready:\n%s", d.output)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Pause stops it with SIGSTOP; Resume goes on.
func (d *Daemon) Pause() { d.signal(syscall.SIGSTOP) }

// Resume goes on after Pause.
func (d *Daemon) Resume() { d.signal(syscall.SIGCONT) }

// Kill ends it with SIGKILL.
func (d *Daemon) Kill() {
	d.signal(syscall.SIGKILL)
	_ = d.command.Wait()
}

func (d *Daemon) signal(signal os.Signal) { _ = d.command.Process.Signal(signal) }

// Etcd starts a member of its own. It returns its endpoint.
func Etcd(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("etcd")
	if err != nil {
		t.Fatal("these tests need etcd on the PATH: `node scripts/setup-etcd.mjs` installs it")
	}
	client, peer := "http://"+freeAddress(t), "http://"+freeAddress(t)
	command := exec.Command(program,
		"--data-dir", t.TempDir(), "--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer,
	)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return client
}

// Context ends with the test, or after two minutes.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// The folder of the whole project.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return fmt.Sprint(listener.Addr())
}

const keptOutput = 40_000

// What a daemon printed, the last of it.
type lastOutput struct {
	mu   sync.Mutex
	text []byte
}

func (o *lastOutput) Write(bytes []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, bytes...)
	if extra := len(o.text) - keptOutput; extra > 0 {
		o.text = o.text[extra:]
	}
	return len(bytes), nil
}

func (o *lastOutput) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

package sharedlock_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shared-lock/shared-lock/clients/go/internal/daemontest"
)

// What stands around a snippet of a README.
const program = `package main

import (
	"context"
	"fmt"
	"log"
	"time"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func write(ctx context.Context, token int64) error {
	fmt.Println("written with token", token)
	return ctx.Err()
}

func run(ctx context.Context) error {
	_ = time.Second
`

func TestTheGoOfTheREADMEs(t *testing.T) {
	t.Parallel()
	daemon := daemontest.Memory(t)
	for _, file := range []string{"../../README.md", "README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		snippets := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(text, -1)
		if len(snippets) == 0 {
			t.Errorf("%s has no Go", file)
		}
		for _, snippet := range snippets {
			said := runSnippet(t, strings.ReplaceAll(string(snippet[1]), "localhost:50051", daemon.Address))
			if !regexp.MustCompile(`written with token \d+\n`).MatchString(said) {
				t.Errorf("a snippet of %s said %s", file, said)
			}
		}
	}
}

// In a folder of this module that `./...` leaves out.
func runSnippet(t *testing.T, snippet string) string {
	t.Helper()
	if err := os.MkdirAll(".bin", 0o755); err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp(".bin", "readme")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(program+snippet+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "run", "./"+folder).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, output)
	}
	return string(output)
}

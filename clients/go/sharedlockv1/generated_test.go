package sharedlockv1_test

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// What is checked in is what proto/ says now; else `clients/go/generate.sh` writes it anew.
func TestIsGeneratedFromTheProtoFilesOfNow(t *testing.T) {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..", "..")
	buf := exec.Command(filepath.Join(root, "node_modules", ".bin", "buf"), "build", "proto", "--exclude-source-info", "-o", "-#format=binpb")
	buf.Dir = root
	bytes, err := buf.Output()
	if err != nil {
		t.Fatalf("buf can't read proto/ (npm ci?): %v", err)
	}
	var all descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(bytes, &all); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, wanted := range all.GetFile() {
		if !strings.HasPrefix(wanted.GetName(), "sharedlock/") {
			continue
		}
		compared++
		generated, err := protoregistry.GlobalFiles.FindFileByPath(wanted.GetName())
		if err != nil {
			t.Fatalf("%v: run clients/go/generate.sh", err)
		}
		// Extensions of the image, which are no part of a file.
		wanted.ProtoReflect().SetUnknown(nil)
		if !proto.Equal(protodesc.ToFileDescriptorProto(generated), wanted) {
			t.Errorf("%s has changed: run clients/go/generate.sh", wanted.GetName())
		}
	}
	if compared < 8 {
		t.Fatalf("only %d files", compared)
	}
}

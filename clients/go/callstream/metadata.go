package callstream

import (
	"context"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/metadata"
)

// The metadata of one call. It does not fit if a name has several values, or if there is more of it than the daemon takes.
func metadataOf(ctx context.Context, limit int) (fields map[string]string, size int, fits bool) {
	outgoing, _ := metadata.FromOutgoingContext(ctx)
	if len(outgoing) == 0 {
		return nil, 0, true
	}
	fields = make(map[string]string, len(outgoing))
	for name, values := range outgoing {
		if len(values) != 1 {
			return nil, 0, false
		}
		value := values[0]
		if strings.HasSuffix(name, "-bin") {
			value = base64.RawStdEncoding.EncodeToString([]byte(value))
		}
		fields[name] = value
		size += len(name) + len(value) + 8
	}
	return fields, size, size <= limit
}

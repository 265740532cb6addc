package sharedlock

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	pb "github.com/shared-lock/shared-lock/clients/go/sharedlockv1"
)

// WithIfMatch: only if the document has this etag, or `*`: else FailedPrecondition (ETAG_MISMATCH).
func WithIfMatch(etag string) WriteOption { return func(o *writeOptions) { o.ifMatch = etag } }

// WithIfNoneMatch: of Put, only if the document has another etag; `*`: only if there is no such document.
func WithIfNoneMatch(etag string) WriteOption { return func(o *writeOptions) { o.ifNoneMatch = etag } }

// WithSchema: of Create and Put, the JSON Schema as JSON text that every version must satisfy; empty: none. Default: it stays as it was.
func WithSchema(schema string) WriteOption { return func(o *writeOptions) { o.schema = &schema } }

// WithForce: of Delete, also if the document is enabled.
func WithForce() WriteOption { return func(o *writeOptions) { o.force = true } }

// Configs are the JSON documents of one namespace, with versions from 0, of which the last 1000 are kept. A document is JSON text of at most
// 1 MiB, and comes back as it was written.
type Configs struct {
	client    *Client
	namespace string
}

// Configs are the documents of a namespace. It asks nobody: a bad name fails at the first call.
func (c *Client) Configs(namespace string) *Configs { return &Configs{c, namespace} }

// Create makes an enabled document, version 0; AlreadyExists if there is one. Options: WithFence, WithSchema.
func (c *Configs) Create(ctx context.Context, name, document string, options ...WriteOption) (*pb.Config, error) {
	o := written(options)
	request := &pb.CreateConfigRequest{
		Namespace: c.namespace, Name: name, Document: document, Fence: o.fence, RequestId: requestID(),
	}
	if o.schema != nil {
		request.Schema = *o.schema
	}
	answer, err := c.client.configs.CreateConfig(ctx, request)
	return answer, errorOf(err)
}

// Put writes the next version; it creates the document if there is none and WithIfMatch is not given. Options: WithFence, WithIfMatch,
// WithIfNoneMatch, WithSchema.
func (c *Configs) Put(ctx context.Context, name, document string, options ...WriteOption) (*pb.Config, error) {
	o := written(options)
	answer, err := c.client.configs.PutConfig(ctx, &pb.PutConfigRequest{
		Namespace: c.namespace, Name: name, Document: document, Schema: o.schema,
		IfMatch: o.ifMatch, IfNoneMatch: o.ifNoneMatch, Fence: o.fence, RequestId: requestID(),
	})
	return answer, errorOf(err)
}

// Patch applies a merge patch (RFC 7396) to the latest version, which makes the next one. Options: WithFence, WithIfMatch.
func (c *Configs) Patch(ctx context.Context, name, patch string, options ...WriteOption) (*pb.Config, error) {
	return c.patch(ctx, name, patch, pb.PatchType_MERGE_PATCH, options)
}

// JSONPatch applies a list of operations (RFC 6902): all of them, or none. Options as of Patch.
func (c *Configs) JSONPatch(ctx context.Context, name, patch string, options ...WriteOption) (*pb.Config, error) {
	return c.patch(ctx, name, patch, pb.PatchType_JSON_PATCH, options)
}

func (c *Configs) patch(
	ctx context.Context, name, patch string, kind pb.PatchType, options []WriteOption,
) (*pb.Config, error) {
	o := written(options)
	answer, err := c.client.configs.PatchConfig(ctx, &pb.PatchConfigRequest{
		Namespace: c.namespace, Name: name, Type: kind, Patch: patch, IfMatch: o.ifMatch, Fence: o.fence, RequestId: requestID(),
	})
	return answer, errorOf(err)
}

// Delete deletes a document with all its versions: only if it is disabled, or WithForce. Options: WithFence, WithIfMatch, WithForce.
func (c *Configs) Delete(ctx context.Context, name string, options ...WriteOption) error {
	o := written(options)
	_, err := c.client.configs.DeleteConfig(ctx, &pb.DeleteConfigRequest{
		Namespace: c.namespace, Name: name, Force: o.force, IfMatch: o.ifMatch, Fence: o.fence, RequestId: requestID(),
	})
	return errorOf(err)
}

// SetEnabled enables or disables a document: a mark for its readers. Options: WithFence, WithIfMatch.
func (c *Configs) SetEnabled(ctx context.Context, name string, enabled bool, options ...WriteOption) (*pb.Config, error) {
	o := written(options)
	answer, err := c.client.configs.SetConfigEnabled(ctx, &pb.SetConfigEnabledRequest{
		Namespace: c.namespace, Name: name, Enabled: enabled, IfMatch: o.ifMatch, Fence: o.fence, RequestId: requestID(),
	})
	return answer, errorOf(err)
}

// Rollback makes an older version the next one. Options: WithFence, WithIfMatch.
func (c *Configs) Rollback(ctx context.Context, name string, version uint32, options ...WriteOption) (*pb.Config, error) {
	o := written(options)
	answer, err := c.client.configs.RollbackConfig(ctx, &pb.RollbackConfigRequest{
		Namespace: c.namespace, Name: name, Version: proto.Uint32(version), IfMatch: o.ifMatch, Fence: o.fence, RequestId: requestID(),
	})
	return answer, errorOf(err)
}

// ReadOption is an option of Get.
type ReadOption func(*pb.GetConfigRequest)

// Linearizable reads always from the storage. Default: from the daemon's memory, if it has the document there; that is never older than its
// own last write, and Age says how old if it can't reach its storage.
func Linearizable() ReadOption {
	return func(r *pb.GetConfigRequest) { r.Consistency = pb.Consistency_LINEARIZABLE }
}

// AtVersion reads a certain version, from 0. Default: the latest.
func AtVersion(version uint32) ReadOption {
	return func(r *pb.GetConfigRequest) { r.Version = proto.Uint32(version) }
}

// Get reads a document; NotFound if there is no such document, or version.
func (c *Configs) Get(ctx context.Context, name string, options ...ReadOption) (*pb.Config, error) {
	request := &pb.GetConfigRequest{Namespace: c.namespace, Name: name}
	for _, option := range options {
		option(request)
	}
	answer, err := c.client.configs.GetConfig(ctx, request)
	return answer, errorOf(err)
}

// List tells the documents whose names begin with prefix, in the order of their names, without their text.
func (c *Configs) List(ctx context.Context, prefix string) iter.Seq2[*pb.Config, error] {
	return pages(func(token string) ([]*pb.Config, string, error) {
		page, err := c.client.configs.ListConfigs(ctx, &pb.ListConfigsRequest{
			Namespace: c.namespace, Prefix: prefix, PageToken: token,
		})
		return page.GetConfigs(), page.GetNextPageToken(), err
	})
}

// Versions are those that are kept, newest first, without their text.
func (c *Configs) Versions(ctx context.Context, name string) iter.Seq2[*pb.ConfigVersion, error] {
	return pages(func(token string) ([]*pb.ConfigVersion, string, error) {
		page, err := c.client.configs.ListConfigVersions(ctx, &pb.ListConfigVersionsRequest{
			Namespace: c.namespace, Name: name, PageToken: token,
		})
		return page.GetVersions(), page.GetNextPageToken(), err
	})
}

// Watch tells the documents of now whose names begin with prefix, SYNCED, then every change once, in order, over lost connections; or RESYNC,
// and all of that anew. It goes on until the loop is left or ctx is done.
func (c *Configs) Watch(ctx context.Context, prefix string) iter.Seq2[*pb.WatchConfigsResponse, error] {
	type change = pb.WatchConfigsResponse
	return watch(ctx, c.client, watched[change]{
		open: func(ctx context.Context, conn grpc.ClientConnInterface, from int64) (receiver[change], error) {
			return pb.NewConfigServiceClient(conn).WatchConfigs(ctx, &pb.WatchConfigsRequest{
				Namespace: c.namespace, Prefix: prefix, FromRevision: from,
			})
		},
		// The documents of the beginning have revision 0: cut among them, a watch begins anew.
		isState: func(m *change) bool {
			return m.GetRevision() == 0 || m.GetKind() == pb.WatchConfigsResponse_RESYNC || m.GetKind() == pb.WatchConfigsResponse_SYNCED
		},
		resync: func(first *change) []*change {
			return []*change{{Kind: pb.WatchConfigsResponse_RESYNC}, first}
		},
	})
}

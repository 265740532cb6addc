package sharedlock_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sharedlock "github.com/shared-lock/shared-lock/clients/go"
	"github.com/shared-lock/shared-lock/clients/go/internal/daemontest"
)

// A certificate for 127.0.0.1, and its key, as files; and an authority that trusts it.
func certificate(t *testing.T) (certPath, keyPath string, trusted *x509.CertPool) {
	t.Helper()
	key := must2(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der := must2(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	keyDER := must2(x509.MarshalPKCS8PrivateKey(key))(t)
	folder := t.TempDir()
	certPath, keyPath = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{
		certPath: {Type: "CERTIFICATE", Bytes: der}, keyPath: {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trusted = x509.NewCertPool()
	trusted.AddCert(must2(x509.ParseCertificate(der))(t))
	return certPath, keyPath, trusted
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ctx := daemontest.Context(t)
	certPath, keyPath, trusted := certificate(t)
	daemon := daemontest.Memory(t, "SHARED_LOCK_TLS_CERT_PATH="+certPath, "SHARED_LOCK_TLS_KEY_PATH="+keyPath)
	client := connect(t, []string{daemon.Address}, sharedlock.WithTLS(&tls.Config{RootCAs: trusted}))
	lock := must2(client.Lock(ctx, t.Name(), sharedlock.WithTTL(2*time.Second)))(t)
	time.Sleep(3 * time.Second)
	if err := lock.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string][]sharedlock.ClientOption{
		"that trusts others": {sharedlock.WithTLS(&tls.Config{})}, "without TLS": nil,
	} {
		_, err := sharedlock.Connect(ctx, []string{daemon.Address}, append(options, sharedlock.WithDeadline(time.Second))...)
		if status.Code(err) != codes.Unavailable {
			t.Errorf("a client %s: %v", name, err)
		}
	}
}

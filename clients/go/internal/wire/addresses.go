package wire

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// CheckAddress takes host:port, [::1]:50051, or unix:/path/of/a/socket.
func CheckAddress(address string) error {
	if path, isUnix := strings.CutPrefix(address, "unix:"); isUnix && path != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || number == 0 || host == "" || strings.ContainsAny(host, "/ \t") {
		return fmt.Errorf("%q is no address of a daemon; give host:port, such as localhost:50051, or unix:/path", address)
	}
	return nil
}

// IsLocal says whether what is sent there stays on this machine.
func IsLocal(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// As gRPC takes it: without a scheme of its own a name is looked up by DNS.
func targetOf(address string) string {
	if strings.HasPrefix(address, "unix:") {
		return address
	}
	return "dns:///" + address
}
